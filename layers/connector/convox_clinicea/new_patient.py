"""The fields of a new patient: each is defined here alone, and its treatment is derived.

Derived are the vocabulary of dialects, the limits in `POST /appointments`, the fields that a status
callback is booked without, what is kept of a callback that cannot be booked, the stored request,
the parameters of Clinicea's call and those that the doctor looks for. Clinicea's name of a field,
with its evidence, is data: `documents/call_table.json`. The mobile and the consent have rules of
their own and are not among these fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from convox_clinicea.privacy import Personal, PersonalDate, PersonalGender, PersonalText

Limits = Literal["name", "gender", "birth_date", "email"]
"""The kinds of limits, for which `convox/fields.py` has the checks."""


class FieldRules(NamedTuple):
    """How a field is treated on its way from ConVox to Clinicea.

    Attributes:
        limits: what a request may hold in it.
        form: `text` that people typed, a `date`, or a `choice` from a list, in which 0 is nothing chosen.
        spared: whether a status callback is booked without it, where its value cannot be used.
    """

    limits: Limits
    form: Literal["text", "date", "choice"]
    spared: bool


class NewPatientFields(BaseModel):
    """The definition. A field with a default is optional for ConVox and for Clinicea."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)

    first_name: Annotated[PersonalText, FieldRules("name", "text", spared=False)]
    last_name: Annotated[PersonalText | None, FieldRules("name", "text", spared=False)] = None
    gender: Annotated[PersonalGender | None, FieldRules("gender", "choice", spared=True)] = None
    date_of_birth: Annotated[PersonalDate | None, FieldRules("birth_date", "date", spared=True)] = None
    email: Annotated[PersonalText | None, FieldRules("email", "text", spared=True)] = None

    def revealed(self) -> dict[str, str | date | None]:
        """Return the values themselves, for Clinicea alone; None where the patient told nothing."""
        values: dict[str, Personal[str | date] | None] = {name: getattr(self, name) for name in RULES}
        return {name: None if value is None else value.reveal() for name, value in values.items()}


RULES: Mapping[str, FieldRules] = {
    name: next(rules for rules in field.metadata if isinstance(rules, FieldRules))
    for name, field in NewPatientFields.model_fields.items()
}
"""By the field's name."""
OPTIONAL = frozenset(name for name, field in NewPatientFields.model_fields.items() if not field.is_required())
NEEDED = tuple(name for name, rules in RULES.items() if not rules.spared)
SPARED = tuple(name for name, rules in RULES.items() if rules.spared)
TEXTS = frozenset(name for name, rules in RULES.items() if rules.form == "text")
DATES = frozenset(name for name, rules in RULES.items() if rules.form == "date")
CHOICES = frozenset(name for name, rules in RULES.items() if rules.form == "choice")
