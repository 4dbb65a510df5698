"""The fields of a new patient, defined once; their treatment elsewhere is derived.

Derived are the vocabulary of dialects, the limits in `POST /appointments`, the fields that a status
callback can do without, the stored fields of a callback that cannot be booked, the stored request,
the parameters of Clinicea's call and of the doctor's search. Clinicea's name of a field, with its
evidence, is in `documents/call_table.json`. Mobile and consent have rules of their own and are not
among these fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from convox_clinicea.privacy import Personal, PersonalDate, PersonalGender, PersonalText

Limits = Literal["name", "gender", "birth_date", "email"]
"""The kinds of limits; `convox/fields.py` has their checks."""


class FieldRules(NamedTuple):
    """Treatment of a field on its way from ConVox to Clinicea.

    Attributes:
        limits: kind of limits of its values.
        form: typed `text`, a `date`, or a `choice` from a list, in which 0 means none.
        spared: whether a status callback is booked without it if its value is unusable.
    """

    limits: Limits
    form: Literal["text", "date", "choice"]
    spared: bool


class NewPatientFields(BaseModel):
    """The fields. A field with a default is optional for ConVox and for Clinicea."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)

    first_name: Annotated[PersonalText, FieldRules("name", "text", spared=False)]
    last_name: Annotated[PersonalText | None, FieldRules("name", "text", spared=False)] = None
    gender: Annotated[PersonalGender | None, FieldRules("gender", "choice", spared=True)] = None
    date_of_birth: Annotated[PersonalDate | None, FieldRules("birth_date", "date", spared=True)] = None
    email: Annotated[PersonalText | None, FieldRules("email", "text", spared=True)] = None

    def revealed(self) -> dict[str, str | date | None]:
        """Return the plain values, for Clinicea only; None for missing ones."""
        values: dict[str, Personal[str | date] | None] = {name: getattr(self, name) for name in RULES}
        return {name: None if value is None else value.reveal() for name, value in values.items()}


RULES: Mapping[str, FieldRules] = {
    name: next(rules for rules in field.metadata if isinstance(rules, FieldRules))
    for name, field in NewPatientFields.model_fields.items()
}
"""Rules by field name."""
OPTIONAL = frozenset(name for name, field in NewPatientFields.model_fields.items() if not field.is_required())
NEEDED = tuple(name for name, rules in RULES.items() if not rules.spared)
SPARED = tuple(name for name, rules in RULES.items() if rules.spared)
TEXTS = frozenset(name for name, rules in RULES.items() if rules.form == "text")
DATES = frozenset(name for name, rules in RULES.items() if rules.form == "date")
CHOICES = frozenset(name for name, rules in RULES.items() if rules.form == "choice")
