"""Requests of a person about their own data: access, erasure, withdrawal."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, TypeAdapter, field_validator, model_validator

from convox_clinicea import aws
from convox_clinicea.bookings.audit import Keeping, Noted
from convox_clinicea.bookings.call import key_of_call
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.desk_records import DeskRecord, DeskRecords
from convox_clinicea.bookings.ledger import ledger_from
from convox_clinicea.bookings.operator_requests import CliniceaId, Order, PersonsOrder, shown, validated
from convox_clinicea.bookings.person_search import Part, Subject, SubjectSearch
from convox_clinicea.bookings.personal_data import Erasure, NotErasedReason, PersonalData
from convox_clinicea.bookings.record import Booking, key_of, timestamp
from convox_clinicea.convox.request import identity_key
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import FieldProblem, InvalidRequest, raise_alone
from convox_clinicea.function import Function
from convox_clinicea.mobile import InvalidMobile, Mobile, parse_mobile
from convox_clinicea.privacy import PersonalText
from convox_clinicea.settings import DataRequestSettings
from convox_clinicea.table import Table

LONGEST_KEY = 2048
"""Bytes; DynamoDB's limit for a key."""


class _Order(Order):
    """A request about one person.

    Attributes:
        after: the position from the previous answer. It may name another person's record, so it is never shown.
    """

    mobile: PersonalText | None = None
    patient_id: CliniceaId | None = None
    after: PersonalText | None = None

    @field_validator("after")
    @classmethod
    def _is_a_key(cls, after: PersonalText | None) -> PersonalText | None:
        if after is not None and not 0 < len(after.reveal().encode("utf-8", "replace")) <= LONGEST_KEY:
            raise ValueError("must be the value from the previous answer")
        return after

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.mobile is None and self.patient_id is None:
            raise ValueError("must name a mobile, a patient_id or both")
        return self

    def subject(self, default_country: str) -> Subject:
        """Return the person that the request is about; raises InvalidRequest."""
        return Subject(self._number(default_country), self.patient_id)

    @property
    def start(self) -> str | None:
        return None if self.after is None else self.after.reveal()

    def _number(self, default_country: str) -> Mobile | None:
        if self.mobile is None:
            return None
        try:
            return parse_mobile(self.mobile.reveal(), default_country=default_country)
        except InvalidMobile as error:
            raise_alone(InvalidRequest(FieldProblem("mobile", str(error))))


class HoldsOrder(_Order):
    """Request for what the next part of the ledger holds on the person."""

    action: Literal["holds"]

    def carry_out(self, holdings: PersonalData, default_country: str) -> dict[str, Any]:
        held = holdings.find(self.subject(default_country), self.start)
        return {
            "bookings": [
                shown(booking) | {"holds": holds(booking), "patient_id": booking.patient_id}
                for booking in held.found.bookings
            ],
            "calls": [call.call_id for call in held.found.calls],
            "desk": [_of_the_desk(each) for each in held.found.desk],
            "consents": held.consents,
            **_progress(held.found),
        }


class CountOrder(_Order):
    """Request for the number of consents of a mobile, or of disclosures of a patient."""

    action: Literal["count"]

    @model_validator(mode="after")
    def _counts_one_thing(self) -> Self:
        if self.mobile is not None and self.patient_id is not None:
            raise ValueError("must name a mobile or a patient_id, not both")
        return self

    def carry_out(self, holdings: PersonalData, default_country: str) -> dict[str, Any]:
        if self.patient_id is not None:
            count, after = holdings.disclosures(self.patient_id, self.start)
        else:
            count, after = holdings.consents(self.subject(default_country), self.start)
        return {"count": count, "after": after}


class EraseOrder(_Order, PersonsOrder):
    """Request to erase what the next part of the ledger holds."""

    action: Literal["erase"]
    open_too: bool = False

    def carry_out(self, holdings: PersonalData, default_country: str) -> dict[str, Any]:
        subject = self.subject(default_country)
        done = holdings.erase(subject, self.person, open_too=self.open_too, after=self.start)
        return {
            "results": [outcome(each) for each in done.bookings],
            "calls": [{"call_id": each.call.call_id, "kept": _word(each.kept)} for each in done.calls],
            "desk": [{"kind": each.record.kind, "kept": _word(each.kept)} for each in done.desk],
            **_progress(done.found),
        }


class WithdrawOrder(_Order, PersonsOrder):
    """Request to record a withdrawal of consent. Erasure is a request of its own."""

    action: Literal["withdraw"]

    @model_validator(mode="after")
    def _names_the_number(self) -> Self:
        if self.mobile is None:
            raise ValueError("must name the mobile: consents are found by it")
        return self

    def carry_out(self, holdings: PersonalData, default_country: str) -> dict[str, Any]:
        at = holdings.note(Noted.WITHDRAWAL, Subject(self._number(default_country)), self.person)
        return {"withdrawn_at": timestamp(at)}


class CopyOrder(_Order, PersonsOrder):
    """Request for the next part of the data itself, encrypted for whoever may decrypt it."""

    action: Literal["copy"]

    def carry_out(self, holdings: PersonalData, default_country: str) -> dict[str, Any]:
        subject = self.subject(default_country)
        if self.start is None:  # before any data leaves
            holdings.note(Noted.COPY, subject, self.person)
        held = holdings.find(subject, self.start)
        found = held.found
        return {
            "bookings": [
                {
                    **shown(booking),
                    "patient_id": booking.patient_id,
                    "clinic_id": booking.clinic_id,
                    "practitioner_id": booking.practitioner_id,
                    "sealed": _sealed(key_of(booking.booking_id), booking.request),
                }
                for booking in found.bookings
            ],
            "calls": [
                {
                    "caller": call.caller,
                    "call_id": call.call_id,
                    "agent_id": leg.agent_id,
                    "received_at": timestamp(call.received_at),
                    "sealed": _sealed(key_of_call(call.caller, call.call_id), leg.kept),
                }
                for call in found.calls
                for leg in held.traces_of(call)
            ],
            "desk": [
                {**_of_the_desk(each), "sealed": _sealed(each.key, sealed)}
                for each in found.desk
                for sealed in each.sealed
            ],
            **_progress(found),
        }


class EntriesOrder(_Order):
    """Request for the register's next entries on the person: consents, withdrawals, disclosures, copies."""

    action: Literal["entries"]

    def carry_out(self, holdings: PersonalData, default_country: str) -> dict[str, Any]:
        entries, after = holdings.entries(self.subject(default_country), self.start)
        return {"entries": entries, "after": after}


class CallNameOrder(Order):
    """Request for the register's name of a call whose id holds a number or an address."""

    action: Literal["call_name"]
    call_id: PersonalText

    def carry_out(self, holdings: PersonalData, _default_country: str) -> dict[str, Any]:
        return {"name": holdings.name_of_call(self.call_id.reveal())}


AnyOrder = CallNameOrder | HoldsOrder | CountOrder | EraseOrder | WithdrawOrder | CopyOrder | EntriesOrder
_ORDERS: TypeAdapter[AnyOrder] = TypeAdapter(Annotated[AnyOrder, Field(discriminator="action")])


def read(event: dict[str, Any]) -> AnyOrder:
    """Read a request; raises InvalidRequest, which names the invalid fields but never their values."""
    return validated(_ORDERS, event)


def holds(booking: Booking) -> list[str]:
    """Return descriptions of the personal data in a booking's record."""
    held = {
        "the request, encrypted": booking.request,
        "an HMAC of the mobile": booking.number_key,
        "HMACs of the name and the birth date": booking.newcomer or None,
        "Clinicea's id of the patient": booking.patient_id,
    }
    return [name for name, value in held.items() if value is not None]


def outcome(erasure: Erasure) -> dict[str, Any]:
    """Return the result for one booking."""
    return {
        "booking": shown(erasure.booking),
        "kept": _word(erasure.kept),
        "act": erasure.act.line if erasure.act else None,
    }


def _of_the_desk(record: DeskRecord) -> dict[str, str | None]:
    """Return what an item of the desk is, and when it is gone."""
    return {"kind": record.kind, "until": None if record.until is None else timestamp(record.until)}


def _progress(found: Part) -> dict[str, Any]:
    """Return the progress of the search."""
    return {"unreadable": found.unreadable, "pages": found.pages, "after": found.after}


def _sealed(item: str, sealed: bytes | None) -> dict[str, str] | None:
    """Return the ciphertext and its encryption context."""
    return None if sealed is None else {"item": item, "data": b64encode(sealed).decode()}


def _word(kept: NotErasedReason | None) -> str | None:
    return None if kept is None else kept.value


Parts = tuple[DataRequestSettings, PersonalData]


def personal_data_from(settings: DataRequestSettings, clock: Clock) -> PersonalData:
    """Return it."""
    retention = timedelta(days=settings.retention_days)
    ledger_table = Table(aws.dynamodb(), settings.ledger_table)
    return PersonalData(
        search=SubjectSearch(ledger_table, lambda: identity_key(settings.identity_secret_arn), clock),
        ledger=ledger_from(settings.ledger_table, clock, retention),
        calls=Calls(ledger_table, clock, retention),
        register=Table(aws.dynamodb(), settings.disclosures_table),
        desk=DeskRecords(ledger_table, clock),
        clock=clock,
        retention=retention,
        keeping=Keeping(timedelta(days=settings.consent_retention_days), ZoneInfo(settings.time_zone)),
    )


def data_requests_of(function: Function[Parts]) -> Parts:
    """Build settings and service from the function's environment."""
    settings = DataRequestSettings.from_environment()
    return settings, personal_data_from(settings, function.clock)
