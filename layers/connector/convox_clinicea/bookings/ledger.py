"""The ledger: the DynamoDB table of bookings, the only authority on a booking's state.

Every write is one conditional write on the record's version. A condition that fails returns the item as it
stands; if that bears the token of this very write, the SDK had repeated it and it succeeded.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from convox_clinicea import chance
from convox_clinicea.aws import AWS_ERRORS, error_code
from convox_clinicea.bookings.record import Booking, Item, from_item, key_of, to_item
from convox_clinicea.bookings.states import TRANSITIONS, State
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import ConnectorError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEFAULT_RETENTION = timedelta(days=30)
_UNCHANGED = "#version = :expected"


class LedgerUnavailable(ConnectorError):
    """DynamoDB did not answer, or refused; what was to be written may or may not stand."""

    retryable = True
    outcome_known = False


class Overtaken(ConnectorError):
    """Somebody else has changed the booking since it was read."""

    retryable = True


class AppointmentOwned(ConnectorError):
    """The appointment already belongs to another booking."""


class Ledger:
    """Bookings in DynamoDB."""

    def __init__(
        self, client: DynamoDBClient, table: str, clock: Clock, retention: timedelta = DEFAULT_RETENTION
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention

    def get(self, booking_id: str) -> Booking | None:
        """Return the booking as it stands now (a consistent read)."""
        try:
            answer = self._client.get_item(TableName=self._table, Key=key_of(booking_id), ConsistentRead=True)
        except AWS_ERRORS as error:
            raise _unavailable(error) from None
        item = answer.get("Item")
        return None if item is None else from_item(item)

    def put_if_absent(self, booking: Booking) -> Booking | None:
        """Store a new booking. Returns None if it now stands, else the one that stood already."""
        fresh = self._stamped(booking)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(fresh),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_ERRORS as error:
            standing = _standing_item(error)
            if standing is None:
                raise _unavailable(error) from None
            return None if _is_own(standing, fresh) else from_item(standing)
        return None

    def move(self, booking: Booking, to: State, **changes: Any) -> Booking:
        """Take `booking`, as it was read, to another state; returns it as it now stands.

        Raises:
            Overtaken: it was changed meanwhile.
        """
        moved = self._moved(booking, to, changes)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(moved),
                ConditionExpression=_UNCHANGED,
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues={":expected": {"N": str(booking.version)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_ERRORS as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise _unavailable(error) from None
            standing = _standing_item(error)
            if standing is None or not _is_own(standing, moved):
                raise Overtaken("the booking was changed meanwhile") from None
        return moved

    def book(self, booking: Booking, appointment_id: str, **changes: Any) -> Booking:
        """Take `booking` to `booked` and make the appointment its own, in one transaction.

        Raises:
            AppointmentOwned: the appointment belongs to another booking.
            Overtaken: the booking was changed meanwhile.
        """
        moved = self._moved(booking, State.BOOKED, {**changes, "appointment_id": appointment_id})
        owned: Item = {"pk": {"S": f"appointment#{appointment_id}"}, "booking_id": {"S": booking.booking_id}}
        if "expires_at" in to_item(moved):
            owned["expires_at"] = to_item(moved)["expires_at"]
        try:
            self._client.transact_write_items(
                ClientRequestToken=moved.write_token,
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": owned,
                            "ConditionExpression": "attribute_not_exists(pk) OR booking_id = :booking",
                            "ExpressionAttributeValues": {":booking": {"S": booking.booking_id}},
                        }
                    },
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": to_item(moved),
                            "ConditionExpression": _UNCHANGED,
                            "ExpressionAttributeNames": {"#version": "version"},
                            "ExpressionAttributeValues": {":expected": {"N": str(booking.version)}},
                            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        }
                    },
                ],
            )
        except AWS_ERRORS as error:
            appointment, own = _cancellations(error)
            if own.get("Code") == "ConditionalCheckFailed":
                if not _is_own(own.get("Item") or {}, moved):
                    raise Overtaken("the booking was changed meanwhile") from None
            elif appointment.get("Code") == "ConditionalCheckFailed":
                raise AppointmentOwned("the appointment belongs to another booking") from None
            else:
                raise _unavailable(error) from None
        return moved

    def _moved(self, booking: Booking, to: State, changes: dict[str, Any]) -> Booking:
        if to not in TRANSITIONS[booking.state]:
            raise ValueError(f"no transition from {booking.state} to {to}")
        if to is not State.SENDING:
            changes = {"owner": None, "lease_until": None, **changes}
        if to.ended:
            # Not before the appointment has passed: a late repeat must still find its booking.
            expiry = max(self._clock.now() + self._retention, booking.start + timedelta(days=2))
            changes = {**changes, "request": None, "expires_at": expiry}
        return self._stamped(replace(booking, **changes, state=to, version=booking.version + 1))

    def _stamped(self, booking: Booking) -> Booking:
        return replace(booking, updated_at=self._clock.now(), write_token=chance.token())


def _unavailable(error: BaseException) -> LedgerUnavailable:
    return LedgerUnavailable(f"dynamodb: {error_code(error) or type(error).__name__}")


def _standing_item(error: BaseException) -> Item | None:
    if not isinstance(error, ClientError) or error_code(error) != "ConditionalCheckFailedException":
        return None
    item: Item | None = error.response.get("Item")  # type: ignore[assignment]
    return item


def _cancellations(error: BaseException) -> tuple[dict[str, Any], dict[str, Any]]:
    reasons = error.response.get("CancellationReasons", []) if isinstance(error, ClientError) else []
    return (dict(reasons[0]), dict(reasons[1])) if len(reasons) == 2 else ({}, {})


def _is_own(standing: Item, written: Booking) -> bool:
    return standing.get("write_token") == {"S": written.write_token}
