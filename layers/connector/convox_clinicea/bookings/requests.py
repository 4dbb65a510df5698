"""Request models for bookings of known and new patients."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pydantic import create_model

from convox_clinicea.bookings.request import BookingRequest, Caller, Consent, PatientDetails
from convox_clinicea.convox import fields
from convox_clinicea.convox.defaults import RequestDefaults, moment_in, number, start_in
from convox_clinicea.convox.request import Inbound, WithCall
from convox_clinicea.errors import ConsentRequired, FieldProblem, InvalidRequest, NoCallerNumber
from convox_clinicea.mobile import Mobile
from convox_clinicea.new_patient import RULES, NewPatientFields

OF_AGE = 18
"""Years; as in the DPDP Act and Indian law."""


class _Booking(WithCall):
    clinic_id: fields.OwnId
    start: fields.Start
    duration_minutes: fields.DurationMinutes | None = None
    practitioner_id: fields.OwnId | None = None
    service: fields.Service | None = None
    notes: fields.Notes | None = None
    country_code: fields.CountryCode | None = None

    def _common(self, caller: str, defaults: RequestDefaults, request_id: str | None) -> dict[str, Any]:
        return {
            "caller": Caller(name=caller, call_id=self.call_id, agent_id=self.agent_id, request_id=request_id),
            "clinic_id": self.clinic_id,
            "start": start_in(self.start, defaults.zone_at(self.clinic_id)),
            "duration_minutes": self.duration_minutes or defaults.default_duration_minutes,
            "practitioner_id": self.practitioner_id,
            "service": self.service,
            "notes": self.notes,
        }


class KnownPatientBooking(_Booking):
    """`POST /patients/{patient_id}/appointments`."""

    patient_id: fields.PatientId
    mobile: fields.WrittenMobile | None = None

    def canonical(self, caller: str, defaults: RequestDefaults, request_id: str | None = None) -> BookingRequest:
        """Return the booking request; raises InvalidRequest."""
        common = self._common(caller, defaults, request_id)
        return BookingRequest(**common, patient_id=self.patient_id, mobile=self._number(defaults))

    def _number(self, defaults: RequestDefaults) -> Mobile | None:
        """Return the number; None if it is missing or an exchange's text for a withheld one. Raises InvalidRequest."""
        try:
            return None if self.mobile is None else number(self.mobile, self.country_code, defaults)
        except NoCallerNumber:
            return None


class ConsentGiven(Inbound):
    """`consent` of a new patient."""

    given: fields.Given = False
    at: fields.Start | None = None
    text_version: fields.Reference | None = None
    given_by: fields.WhoGave | None = None


def is_under_age(born: date) -> bool:
    """Return whether a person born on that day is under 18 today, in UTC."""
    today = datetime.now(UTC).date()
    return (today.year - born.year, today.month, today.day) < (OF_AGE, born.month, born.day)


class _WithMobile(_Booking):
    mobile: fields.WrittenMobile


if TYPE_CHECKING:

    class _WithPatient(_WithMobile, NewPatientFields): ...
else:
    _WithPatient = create_model("_WithPatient", __base__=_WithMobile, **fields.of_a_new_patient())


class NewPatientBooking(_WithPatient):
    """`POST /appointments`."""

    consent: ConsentGiven | None = None

    def canonical(
        self, caller: str, defaults: RequestDefaults, request_id: str | None = None, *, asks_back: bool = True
    ) -> BookingRequest:
        """Return the booking request.

        Args:
            request_id: API Gateway's, for the proof of consent.
            asks_back: whether the agent can still say who consents for a child; False for a callback.

        Raises:
            ConsentRequired, InvalidRequest: it cannot be booked.
        """
        if self.consent is None or not self.consent.given:
            raise ConsentRequired("consent.given is not true")
        at, text_version = self.consent.at, self.consent.text_version
        wrong = []
        if text_version is not None and defaults.texts is not None and not defaults.texts.lists(text_version):
            wrong.append(FieldProblem("consent.text_version", "is not a configured version of the consent text"))
        born = None if self.date_of_birth is None else self.date_of_birth.reveal()
        if asks_back and born is not None and is_under_age(born) and self.consent.given_by in (None, "self"):
            wrong.append(FieldProblem("consent.given_by", "must be parent or guardian: the patient is under 18"))
        if wrong:
            raise InvalidRequest(*wrong)
        consent = Consent(
            given=True,
            at=None if at is None else moment_in("consent.at", at, defaults.zone_of_calls),
            text_version=text_version,
            given_by=self.consent.given_by,
        )
        return BookingRequest(
            **self._common(caller, defaults, request_id), new_patient=self._details(defaults, consent)
        )

    def canonical_of_registered(
        self, caller: str, defaults: RequestDefaults, request_id: str | None = None
    ) -> BookingRequest:
        """Return the booking request of a caller who says to be a patient already; raises InvalidRequest."""
        return BookingRequest(**self._common(caller, defaults, request_id), new_patient=self._details(defaults, None))

    def _details(self, defaults: RequestDefaults, consent: Consent | None) -> PatientDetails:
        mobile = number(self.mobile, self.country_code, defaults)
        return PatientDetails(mobile=mobile, **{name: getattr(self, name) for name in RULES}, consent=consent)
