"""A booking in DynamoDB's words and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking, Open, from_item, timestamp, to_item
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import Item
from tests.support.properties import PROPERTY

MOMENTS = st.integers(1_600_000_000_000, 4_000_000_000_000).map(
    lambda milliseconds: datetime.fromtimestamp(milliseconds // 1000, UTC).replace(
        microsecond=milliseconds % 1000 * 1000
    )
)
SECONDS = MOMENTS.map(lambda moment: moment.replace(microsecond=0))
WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
BOOKINGS = st.builds(
    Booking,
    booking_id=WORDS,
    state=st.sampled_from(State),
    flow=st.sampled_from(["known_patient", "new_patient"]),
    caller=WORDS,
    call_id=st.none() | WORDS,
    agent_id=st.none() | WORDS,
    start=MOMENTS,
    patient_key=WORDS,
    fingerprint=st.binary(min_size=1),
    accepted_at=MOMENTS,
    updated_at=MOMENTS,
    queued_at=MOMENTS,
    request=st.none() | st.binary(min_size=1),
    version=st.integers(1, 9999),
    generation=st.integers(1, 99),
    reason=st.none() | st.sampled_from(Reason),
    appointment_id=st.none() | WORDS,
    patient_id=st.none() | WORDS,
    owner=st.none() | WORDS,
    lease_until=st.none() | MOMENTS,
    number_key=st.none() | WORDS,
    posted=st.booleans(),
    unsettled_since=st.none() | MOMENTS,
    refusal=st.none() | st.sampled_from(Reason),
    notice_due=st.booleans(),
    seen=st.lists(WORDS).map(tuple),
    expires_at=st.none() | SECONDS,
    write_token=WORDS,
)


@PROPERTY
@given(booking=BOOKINGS)
def test_what_is_read_is_what_was_written(booking: Booking) -> None:
    assert from_item(to_item(booking)) == booking


@PROPERTY
@given(booking=BOOKINGS)
def test_unknown_attribute_makes_a_record_unreadable(booking: Booking) -> None:
    later: list[Item] = [{"added_later": {"S": "x"}}, {"also": {"M": {}}}]
    for added in later:
        with pytest.raises(UnreadableRecord):
            from_item(to_item(booking) | added)


@PROPERTY
@given(booking=BOOKINGS)
def test_a_booking_does_not_show_its_sealed_request(booking: Booking) -> None:
    assert "request=" not in repr(booking)


OLD: Item = {
    "pk": {"S": "booking#bk_a"},
    "booking_id": {"S": "bk_a"},
    "state": {"S": "accepted"},
    "flow": {"S": "known_patient"},
    "caller": {"S": "convox"},
    "start": {"S": "2031-03-06T12:00:00.000Z"},
    "group": {"S": "g"},
    "fingerprint": {"B": b"p"},
    "accepted_at": {"S": "2031-03-03T12:00:00.000Z"},
    "updated_at": {"S": "2031-03-03T12:00:09.000Z"},
    "call_id": {"S": "CALL-1"},
    "request": {"B": b"sealed"},
    "version": {"N": "2"},
    "generation": {"N": "1"},
    "patient_id": {"S": "P-41"},
    "write_token": {"S": "w"},
    "schema_version": {"N": "1"},
}
"""As the version before wrote it."""
NOON, LATER = datetime(2031, 3, 3, 12, tzinfo=UTC), datetime(2031, 3, 3, 12, 0, 9, tzinfo=UTC)


class TestTheVersionBefore:
    def test_its_records_are_read(self) -> None:
        read = from_item(OLD)

        assert (read.state, read.version, read.request) == (State.ACCEPTED, 2, b"sealed")
        assert (read.queued_at, read.posted, read.unsettled_since, read.seen) == (NOON, False, None, ())
        assert read.open is Open.ON_ITS_WAY

    def test_once_written_again_they_are_of_this_one(self) -> None:
        item = to_item(from_item(OLD))

        assert item["schema_version"] == {"N": "2"}
        assert item["open"] == {"S": "on_its_way"}
        assert item["call"] == {"S": "convox#CALL-1"}
        assert from_item(item) == from_item(OLD)

    def test_patient_key_is_read_by_its_old_name_and_written_by_both(self) -> None:
        assert from_item(OLD).patient_key == "g"

        item = to_item(from_item(OLD))

        assert item["patient_key"] == item["group"] == {"S": "g"}, "the release before runs beside this one"

    def test_what_may_have_been_posted_is_not_taken_for_settled(self) -> None:
        unknown = from_item(OLD | {"state": {"S": "unknown"}})
        sending = from_item(
            OLD | {"state": {"S": "sending"}, "lease_until": {"S": "2031-03-03T12:00:45.000Z"}, "owner": {"S": "x"}}
        )

        assert (unknown.posted, unknown.unsettled_since) == (True, LATER)
        assert (sending.posted, sending.unsettled_since) == (True, NOON + timedelta(seconds=45))


def test_time_to_live_is_in_seconds_and_other_times_rfc_3339_utc() -> None:
    moment = datetime(2031, 3, 3, 12, 0, 0, 5000, tzinfo=UTC)

    assert timestamp(moment) == "2031-03-03T12:00:00.005Z"
    item = to_item(
        Booking(
            booking_id="bk",
            state=State.BOOKED,
            flow="known_patient",
            caller="convox",
            start=moment,
            patient_key="g",
            fingerprint=b"p",
            accepted_at=moment,
            updated_at=moment,
            queued_at=moment,
            expires_at=moment,
        )
    )
    assert item["expires_at"] == {"N": str(int(moment.timestamp()))}
    assert item["start"] == {"S": "2031-03-03T12:00:00.005Z"}
    assert item["pk"] == {"S": "booking#bk"}
