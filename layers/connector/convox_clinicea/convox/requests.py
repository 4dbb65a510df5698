"""Requests as they arrive, in the contract's canonical names, and their passage into our own words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from convox_clinicea.bookings.request import BookingRequest, Caller, Consent, PatientDetails
from convox_clinicea.clinics import Clinics
from convox_clinicea.convox import fields
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.errors import ConsentRequired, FieldProblem, InvalidRequest, raise_alone
from convox_clinicea.mobile import InvalidCountryCode, InvalidMobile, Mobile, parse_mobile
from convox_clinicea.patients.completed import LAST_VISITS
from convox_clinicea.privacy import PersonalText


@dataclass(frozen=True)
class Place:
    """What a request leaves to the deployment, and to its caller.

    Attributes:
        zone: the caller's own time zone, where its dialect states one.
    """

    clinics: Clinics
    default_country: str
    default_duration_minutes: int = 30
    zone: ZoneInfo | None = None

    def of(self, dialect: Dialect) -> Self:
        """Return the same for one caller."""
        return replace(self, zone=dialect.zone)

    def zone_at(self, clinic_id: str) -> ZoneInfo:
        """Return the zone of an appointment's time: the clinic's, else the caller's, else the deployment's."""
        return self.clinics.zone(clinic_id, self.zone)

    @property
    def zone_of_calls(self) -> ZoneInfo:
        """The zone of the call's own times: the caller's, else the deployment's."""
        return self.clinics.zone(None, self.zone)


class _Inbound(BaseModel):
    # Unknown fields are ignored: ConVox sends more than we asked for.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class WithCall(_Inbound):
    """Every request names its call and its agent, unless the deployment relaxes that."""

    call_id: fields.Reference | None = None
    agent_id: fields.Reference | None = None

    def with_context(self, *, required: bool) -> Self:
        """Return itself; raises InvalidRequest if the context is required and missing."""
        missing = [name for name in ("call_id", "agent_id") if required and getattr(self, name) is None]
        if missing:
            raise InvalidRequest(*(FieldProblem(name, "is required") for name in missing))
        return self


class SearchRequest(WithCall):
    """`POST /patients/search`, `GET /patients`."""

    mobile: fields.WrittenMobile
    country_code: fields.CountryCode | None = None

    def number(self, place: Place) -> Mobile:
        """Return the parsed number; raises InvalidRequest."""
        return number(self.mobile, self.country_code, place)


class CompletedRequest(WithCall):
    """`GET /patients/{patient_id}/appointments/completed`."""

    patient_id: fields.PatientId
    limit: fields.Limit = LAST_VISITS


class CallRequest(_Inbound):
    """`GET /calls/{call_id}/bookings`."""

    call_id: fields.Reference


class _Booking(WithCall):
    clinic_id: fields.OwnId
    start: fields.Start
    duration_minutes: fields.DurationMinutes | None = None
    practitioner_id: fields.OwnId | None = None
    service: fields.Service | None = None
    notes: fields.Notes | None = None
    country_code: fields.CountryCode | None = None

    def _common(self, caller: str, place: Place) -> dict[str, Any]:
        return {
            "caller": Caller(name=caller, call_id=self.call_id, agent_id=self.agent_id),
            "clinic_id": self.clinic_id,
            "start": moment_in("start", self.start, place.zone_at(self.clinic_id)),
            "duration_minutes": self.duration_minutes or place.default_duration_minutes,
            "practitioner_id": self.practitioner_id,
            "service": self.service,
            "notes": self.notes,
        }


class KnownPatientBooking(_Booking):
    """`POST /patients/{patient_id}/appointments`."""

    patient_id: fields.PatientId
    mobile: fields.WrittenMobile | None = None

    def canonical(self, caller: str, place: Place) -> BookingRequest:
        """Return the booking request; raises InvalidRequest."""
        mobile = None if self.mobile is None else number(self.mobile, self.country_code, place)
        return BookingRequest(**self._common(caller, place), patient_id=self.patient_id, mobile=mobile)


class ConsentGiven(_Inbound):
    """`consent` of a new patient."""

    given: fields.Given = False
    at: fields.Start | None = None
    text_version: fields.Reference | None = None


class NewPatientBooking(_Booking):
    """`POST /appointments`."""

    mobile: fields.WrittenMobile
    first_name: fields.Name
    last_name: fields.Name | None = None
    gender: fields.Gender | None = None
    date_of_birth: fields.BirthDate | None = None
    email: fields.Email | None = None
    consent: ConsentGiven | None = None

    def canonical(self, caller: str, place: Place) -> BookingRequest:
        """Return the booking request; raises InvalidRequest, ConsentRequired."""
        if self.consent is None or not self.consent.given:
            raise ConsentRequired("consent.given is not true")
        at = self.consent.at
        details = PatientDetails(
            mobile=number(self.mobile, self.country_code, place),
            first_name=self.first_name,
            last_name=self.last_name,
            gender=self.gender,
            date_of_birth=self.date_of_birth,
            email=self.email,
            consent=Consent(
                given=True,
                at=None if at is None else moment_in("consent.at", at, place.zone_of_calls),
                text_version=self.consent.text_version,
            ),
        )
        return BookingRequest(**self._common(caller, place), new_patient=details)


def number(written: PersonalText, country_code: str | None, place: Place) -> Mobile:
    """Parse a number as it was written; raises InvalidRequest."""
    try:
        return parse_mobile(written.reveal(), default_country=place.default_country, country_code=country_code)
    except InvalidCountryCode as error:
        raise_alone(InvalidRequest(FieldProblem("country_code", str(error))))
    except InvalidMobile as error:
        raise_alone(InvalidRequest(FieldProblem("mobile", str(error))))


def moment_in(field: str, text: str, zone: ZoneInfo) -> datetime:
    """Read ISO 8601 to the second; without an offset it is the time in `zone`. Raises InvalidRequest."""
    try:
        moment = datetime.fromisoformat(text.upper()).replace(microsecond=0)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        # To UTC and back: what the clocks skip comes back as another time, what no calendar holds not at all.
        back = moment.astimezone(UTC).astimezone(moment.tzinfo)
        exists = back.replace(tzinfo=None) == moment.replace(tzinfo=None)
    except (ValueError, OverflowError):
        exists = False
    if not exists:
        raise InvalidRequest(FieldProblem(field, "must be a date and time that exists"))
    return moment
