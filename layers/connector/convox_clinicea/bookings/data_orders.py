"""What a person's questions about their own data ask of `data_requests`, and the answers: no name, no number."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from convox_clinicea.bookings.holdings import Erasure, Holdings
from convox_clinicea.bookings.orders import Order, PersonsOrder, shown, validated
from convox_clinicea.bookings.record import Booking
from convox_clinicea.errors import FieldProblem, InvalidRequest, raise_alone
from convox_clinicea.mobile import InvalidMobile, Mobile, parse_mobile
from convox_clinicea.privacy import PersonalText


class _ByMobile(Order):
    mobile: PersonalText

    def number(self, default_country: str) -> Mobile:
        """Return the parsed number; raises InvalidRequest."""
        try:
            return parse_mobile(self.mobile.reveal(), default_country=default_country)
        except InvalidMobile as error:
            raise_alone(InvalidRequest(FieldProblem("mobile", str(error))))


class HoldsOrder(_ByMobile):
    """What do you hold on me?"""

    action: Literal["holds"]

    def carry_out(self, holdings: Holdings, default_country: str) -> dict[str, Any]:
        held = holdings.of(self.number(default_country))
        bookings = [shown(booking) | {"holds": holds(booking)} for booking in held.bookings]
        return {
            "bookings": bookings,
            "calls": [call.call_id for call in held.calls],
            "consents": held.consents,
            "disclosures": held.disclosures,
        }


class EraseOrder(_ByMobile, PersonsOrder):
    """Erase it."""

    action: Literal["erase"]
    open_too: bool = False

    def carry_out(self, holdings: Holdings, default_country: str) -> dict[str, Any]:
        done = holdings.erase(self.number(default_country), self.person, open_too=self.open_too)
        return {"results": [outcome(each) for each in done]}


AnyOrder = HoldsOrder | EraseOrder
_ORDERS: TypeAdapter[AnyOrder] = TypeAdapter(Annotated[AnyOrder, Field(discriminator="action")])


def read(event: dict[str, Any]) -> AnyOrder:
    """Read an order; raises InvalidRequest that names what is wrong, never its value."""
    return validated(_ORDERS, event)


def holds(booking: Booking) -> list[str]:
    """Return what of the person a booking's record holds, in words."""
    held = {
        "the request, encrypted": booking.request,
        "an HMAC of the mobile": booking.number_key,
        "Clinicea's id of the patient": booking.patient_id,
    }
    return [name for name, value in held.items() if value is not None]


def outcome(erasure: Erasure) -> dict[str, Any]:
    """Return what became of one booking."""
    return {
        "booking": shown(erasure.booking),
        "kept": erasure.kept.value if erasure.kept else None,
        "act": erasure.act.line if erasure.act else None,
    }
