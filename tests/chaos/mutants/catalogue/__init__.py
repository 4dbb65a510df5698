"""All mutants, and the safeguards that others cover."""

from __future__ import annotations

from tests.chaos.mutants.catalogue.answers import ANSWERED
from tests.chaos.mutants.catalogue.desk import OF_THE_DESK
from tests.chaos.mutants.catalogue.holds import HOLDS, REDUNDANT_HOLDS
from tests.chaos.mutants.catalogue.looks import LOOKS
from tests.chaos.mutants.catalogue.minds import MINDS
from tests.chaos.mutants.catalogue.numbers import NUMBERS
from tests.chaos.mutants.catalogue.records import RECORDS
from tests.chaos.mutants.catalogue.waits import REDUNDANT_WAITS, WAITS
from tests.chaos.mutants.mutant import Mutant, Redundant

MUTANTS: tuple[Mutant, ...] = (*LOOKS, *HOLDS, *ANSWERED, *WAITS, *NUMBERS, *MINDS, *RECORDS, *OF_THE_DESK)
REDUNDANT: tuple[Redundant, ...] = (*REDUNDANT_HOLDS, *REDUNDANT_WAITS)
