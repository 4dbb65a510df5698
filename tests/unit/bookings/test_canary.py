"""The first booking of a setup goes alone, until it stands at the right instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.canary import PROOF_CACHED, PostingStopped
from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.worker import Done
from convox_clinicea.clinicea.arguments import Setup, may_be_another_zone
from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from convox_clinicea.mobile import Mobile
from convox_clinicea.settings import packed
from convox_clinicea.table import Item, Put, Table, TableUnavailable
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, known_request, new_request, newcomer

POST, POST_NEW = "postAppointmentByPatientID", "postAppointment"
LOOK = "getAppointmentsByPatient"
ANSWERS = pytest.mark.parametrize("answer", ["record", "bare"])


@pytest.fixture
def guarded(bench: Bench) -> Bench:
    """The bench with a worker that has a canary, and P-41."""
    bench.worker = bench.another_worker(canary=bench.canary())
    bench.patient()
    return bench


def further(bench: Bench, number: int = 1) -> Booking:
    """Accept one more booking, of another patient, at another start."""
    patient_id = bench.fake.add_patient(**invented.patient(patient_id=f"P-5{number}"))
    return bench.accept(known_request(patient_id=patient_id, start=START + timedelta(hours=number)))


def held_up(bench: Bench, booking: Booking) -> bool:
    """Work it once: whether it has to wait, nothing posted and nobody at fault."""
    outcome = bench.work(booking)
    standing = bench.now(booking)
    waits = not isinstance(outcome, Done) and outcome.cause is None
    return waits and standing.state is State.ACCEPTED and not standing.posted


def stopped(bench: Bench, booking: Booking) -> bool:
    """Work it once: whether it waits because posting has stopped."""
    return isinstance(bench.waits(booking).cause, PostingStopped)


def test_while_the_first_is_in_doubt_no_other_is_posted(guarded: Bench) -> None:
    first = guarded.accept()
    guarded.fake.fault(POST, "timeout_before", count=1)
    guarded.waits(first)

    other = further(guarded)
    asked = len(guarded.transport.sent)

    assert held_up(guarded, other)
    assert len(guarded.transport.sent) == asked, "a booking that is held up costs Clinicea nothing"
    assert guarded.waits(other).seconds <= 10
    assert guarded.settles(first).state is State.BOOKED
    assert guarded.ends(other).state is State.BOOKED


@ANSWERS
def test_after_the_proof_all_proceed_and_nothing_more_is_read(guarded: Bench, answer: str) -> None:
    guarded.fake.switch(created_answer=answer, guid_ids=True)
    guarded.ends(guarded.accept())

    for number in range(1, 4):
        outcome = guarded.work(further(guarded, number))
        assert isinstance(outcome, Done)
        assert outcome.booking is not None
        assert outcome.booking.state is State.BOOKED


def test_a_canary_is_read_back_though_its_answer_shows_the_start(guarded: Bench) -> None:
    guarded.ends(guarded.accept())

    calls = [call for call, _ in guarded.transport.sent]
    assert LOOK in calls[calls.index(POST) :]
    guarded.transport.sent.clear()
    guarded.ends(further(guarded))
    assert [call for call, _ in guarded.transport.sent][-1] == POST


@ANSWERS
@pytest.mark.parametrize("minutes", [330, -330, -90, 15, 30, 60, 240, 1440])
@pytest.mark.parametrize("new", [False, True], ids=["known patient", "new patient"])
def test_start_off_by_the_zone_offset_stops_all_posting(bench: Bench, answer: str, minutes: int, new: bool) -> None:
    bench.worker = bench.another_worker(canary=bench.canary())
    bench.fake.switch(created_answer=answer, guid_ids=True, shift_zones=minutes)
    if not new:
        bench.patient()
    first = bench.accept(new_request() if new else known_request())
    bench.waits(first)
    bench.clock.advance(2)

    outcome = bench.work(first)

    assert isinstance(outcome, Done)
    assert outcome.stopped
    parked = bench.now(first)
    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    posted = bench.fake.posted()
    for number in range(1, 4):
        assert stopped(bench, further(bench, number))
    bench.clock.advance(3600)
    bench.worker = bench.another_worker(canary=bench.canary())
    assert stopped(bench, further(bench, 4))
    assert bench.fake.posted() == posted == 1


def test_canary_in_doubt_returns_soon_however_long_it_waited(guarded: Bench) -> None:
    guarded.fake.fault(POST, "timeout_before", count=1)

    assert guarded.waits(guarded.accept(), received=90).seconds <= 4


def test_canary_returning_after_anothers_turn_also_stops_posting(guarded: Bench) -> None:
    guarded.fake.switch(shift_zones=330)
    first = guarded.accept()
    guarded.waits(first)
    guarded.clock.advance(300)
    guarded.fake.fault(POST, "timeout_before", count=1)
    guarded.waits(further(guarded, 1))

    parked = guarded.ends(first)

    assert parked.state is State.NEEDS_ATTENTION
    assert stopped(guarded, further(guarded, 2))


def test_a_canary_is_judged_by_the_call_that_it_was_posted_with(guarded: Bench) -> None:
    """A newcomer who is registered by now is posted as a known patient: what new patients have proven says nothing."""
    details = newcomer(mobile=Mobile.from_e164(invented.OTHER_MOBILE))
    guarded.ends(guarded.accept(new_request(new_patient=details)))
    guarded.fake.switch(shift_zones=60)

    parked = guarded.ends(guarded.accept(new_request(start=START + timedelta(days=2))))

    assert guarded.transport.sent[-1][0] == LOOK
    assert parked.state is State.NEEDS_ATTENTION
    assert stopped(guarded, further(guarded))


def test_a_canary_that_an_earlier_release_posted_is_still_known(guarded: Bench) -> None:
    """It noted the booking's id alone; it may run beside this one, and read what this one notes."""
    first = guarded.accept()
    guarded.canary().turn(first, known_request(), "P-41", 1)
    table = Table(aws.dynamodb(), guarded.stack.table)
    item = table.get(guarded.canary().key)
    assert item is not None
    assert {"S": first.booking_id} in item["tried"]["L"]
    item["tried"] = {"L": [{"S": first.booking_id}]}
    table.put(Put(item))
    guarded.fake.switch(shift_zones=60)

    guarded.ends(first)

    assert stopped(guarded, further(guarded))


def test_a_mended_setup_has_a_canary_of_its_own(guarded: Bench) -> None:
    guarded.fake.switch(shift_zones=330)
    guarded.ends(guarded.accept())
    other = further(guarded)
    assert stopped(guarded, other)

    guarded.fake.switch(shift_zones=0)
    guarded.worker = guarded.another_worker(canary=guarded.canary(account="again-1"))

    assert guarded.ends(other).state is State.BOOKED


def test_canary_moved_to_its_start_is_booked_on_redrive(guarded: Bench) -> None:
    guarded.fake.switch(shift_zones=330)
    guarded.ends(guarded.accept())
    (appointment,) = guarded.fake.standing()
    guarded.fake.move(appointment["appointment_id"], START.isoformat())
    first = guarded.now(guarded.accept())

    again = guarded.ledger.move(first, State.ACCEPTED, redriven_at=guarded.clock.now())

    assert guarded.ends(again).appointment_id == appointment["appointment_id"]
    assert stopped(guarded, further(guarded)), "it proves nothing any more"


def test_redriven_canary_without_appointment_waits_like_others(guarded: Bench) -> None:
    guarded.fake.switch(shift_zones=330)
    guarded.ends(guarded.accept())
    guarded.fake.cancel(guarded.fake.standing()[0]["appointment_id"])
    guarded.clock.advance(ProtocolTimings().settle.total_seconds() + 1)
    first = guarded.now(guarded.accept())

    again = guarded.ledger.move(first, State.ACCEPTED, redriven_at=guarded.clock.now())

    assert stopped(guarded, again)
    assert guarded.fake.posted() == 1


def test_other_time_differences_are_in_doubt_and_stop_nothing(guarded: Bench) -> None:
    guarded.fake.switch(round_starts=60)
    parked = guarded.ends(guarded.accept(start=START + timedelta(minutes=20)))
    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)

    guarded.fake.switch(round_starts=0)

    assert guarded.ends(further(guarded)).state is State.BOOKED


def test_a_refusal_proves_nothing_and_holds_nobody_up(guarded: Bench) -> None:
    guarded.fake.fault(POST, "status", status=400, body="Slot is already booked", count=1)
    assert guarded.ends(guarded.accept()).state is State.REJECTED

    guarded.fake.switch(shift_zones=330)
    guarded.ends(further(guarded, 1))
    assert stopped(guarded, further(guarded, 2))


def test_what_was_there_already_proves_nothing(bench: Bench) -> None:
    bench.worker = bench.another_worker(canary=bench.canary())
    bench.patient(appointments=[{"clinic_id": "C-01", "start": START.isoformat()}])
    assert bench.ends(bench.accept()).reason is Reason.ALREADY_THERE

    bench.fake.switch(shift_zones=330)
    bench.ends(further(bench, 1))
    assert stopped(bench, further(bench, 2))


def test_each_call_has_a_canary_of_its_own(guarded: Bench) -> None:
    guarded.ends(guarded.accept())

    guarded.fake.switch(shift_zones=330)
    details = newcomer(mobile=Mobile.from_e164(invented.OTHER_MOBILE))
    parked = guarded.ends(guarded.accept(new_request(new_patient=details)))

    assert parked.state is State.NEEDS_ATTENTION
    guarded.clock.advance(PROOF_CACHED.total_seconds())
    assert stopped(guarded, further(guarded)), "posting stops for the call that was proven too"


def test_a_zone_s_winter_proves_nothing_for_its_summer() -> None:
    """London's winter hides what its summer shows: at an offset of zero, UTC and the clinic's time look the same."""
    table = CallTable.build(packed("call_table"))
    setup = Setup(table, Clinics(ClinicsDocument(schema=1), "Europe/London"))
    winter, summer = (datetime(2031, month, 3, 12, tzinfo=ZoneInfo("Europe/London")) for month in (1, 7))

    assert setup.form("C-01", winter, known=True) != setup.form("C-01", summer, known=True)


@pytest.mark.parametrize("one", ["UTC", "Asia/Kathmandu", "Asia/Dubai", "Australia/Lord_Howe", "America/St_Johns"])
@pytest.mark.parametrize("other", ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kolkata", "Australia/Eucla"])
def test_any_two_zones_can_be_mistaken_for_each_other(one: str, other: str) -> None:
    """A staff member may have a zone of their own, which no setting names."""
    for moment in (START, START + timedelta(days=182)):
        wall = moment.replace(tzinfo=None)
        shown = wall.replace(tzinfo=ZoneInfo(one))
        meant = wall.replace(tzinfo=ZoneInfo(other))
        assert may_be_another_zone(meant, shown)
        assert may_be_another_zone(shown, meant)


@pytest.mark.parametrize("minutes", [0, 20, -1, 7, 26 * 60 + 15, -26 * 60 - 15])
def test_what_no_two_zones_differ_by_is_no_zone_s_mistake(minutes: int) -> None:
    assert not may_be_another_zone(START, START + timedelta(minutes=minutes))


def test_what_decides_instants_and_form_makes_the_fingerprint() -> None:
    def fingerprint(call_table: dict[str, Any], zone: str = "Asia/Kolkata", **clinic: str) -> str:
        clinics = {"schema": 1, "clinics": [{"clinic_id": "C-02", **clinic}]}
        table = CallTable.build(packed("call_table"), {"schema": 2, **call_table})
        return Setup(table, Clinics.from_document(clinics, zone)).fingerprint

    plain = fingerprint({})
    assert fingerprint({"times": {"evidence": {"writing_zone": "confirmed"}}}) == plain
    assert fingerprint({}, name="North") == plain
    others = [
        fingerprint({"times": {"writing_zone": "utc"}}),
        fingerprint({"times": {"reading_zone": "utc"}}),
        fingerprint({"calls": {POST: {"version": "v2"}}}),
        fingerprint({}, "Asia/Dubai"),
        fingerprint({}, time_zone="Asia/Dubai"),
    ]
    assert len({plain, *others}) == len(others) + 1


def test_canary_that_died_before_posting_is_followed_by_next(guarded: Bench) -> None:
    first = guarded.accept()
    canary = guarded.canary()
    canary.turn(first, known_request(), "P-41", 1)
    other = further(guarded)
    assert held_up(guarded, other)

    guarded.clock.advance(ProtocolTimings().lease_seconds + 1)

    assert guarded.ends(other).state is State.BOOKED
    assert guarded.ends(first).state is State.BOOKED


def test_canary_that_died_after_its_post_is_read_before_others(guarded: Bench) -> None:
    first = guarded.accept()
    guarded.canary().turn(first, known_request(), "P-41", 1)
    claimed = guarded.claimed(first)
    guarded.clock.advance(ProtocolTimings().lease_seconds + 60)
    other = further(guarded)
    assert held_up(guarded, other)

    guarded.clock.advance(ProtocolTimings().settle.total_seconds() + 1)

    assert guarded.ends(other).state is State.BOOKED
    assert guarded.ends(claimed).state is State.BOOKED


def test_of_two_that_come_at_once_one_goes(guarded: Bench) -> None:
    first, other = guarded.accept(), further(guarded)
    late: list[bool] = []
    guarded.transport.before[POST] = lambda: late.append(held_up(guarded, other))

    assert guarded.ends(first).state is State.BOOKED
    assert late == [True]
    assert guarded.ends(other).state is State.BOOKED


def test_canary_whose_first_try_did_nothing_lets_others_try(guarded: Bench) -> None:
    first = guarded.accept()
    guarded.fake.fault(POST, "timeout_before", count=1)
    guarded.waits(first)
    guarded.clock.advance(ProtocolTimings().settle.total_seconds() + 1)

    assert guarded.waits(first).cause is None

    assert guarded.ends(further(guarded)).state is State.BOOKED
    assert guarded.ends(first).state is State.BOOKED


class Deaf(Table):
    """Writes, and loses the acknowledgement, as often as it is told."""

    losing = 0

    def put(self, put: Put) -> None:
        super().put(put)
        if self.losing > 0:
            self.losing -= 1
            raise TableUnavailable("dynamodb: no answer")


def test_a_lost_acknowledgement_holds_nobody_up(guarded: Bench) -> None:
    table = Deaf(aws.dynamodb(), guarded.stack.table)
    guarded.worker = guarded.another_worker(canary=guarded.canary(table=table))
    first = guarded.accept()

    table.losing = 1
    assert isinstance(guarded.waits(first).cause, TableUnavailable)
    assert guarded.fake.posted() == 0
    table.losing = 0
    assert guarded.ends(first).state is State.BOOKED
    table.losing = 1
    assert guarded.ends(further(guarded)).state is State.BOOKED


def test_once_proven_a_container_asks_the_table_once_a_minute(guarded: Bench) -> None:
    class Counting(Table):
        asked = 0

        def get(self, key: str) -> Item | None:
            self.asked += key.startswith("canary#")
            return super().get(key)

    table = Counting(aws.dynamodb(), guarded.stack.table)
    guarded.ends(guarded.accept())
    guarded.worker = guarded.another_worker(canary=guarded.canary(table=table))
    for number in range(1, 4):
        guarded.ends(further(guarded, number))
    assert table.asked == 1
    guarded.clock.advance(PROOF_CACHED.total_seconds())
    guarded.ends(further(guarded, 4))
    assert table.asked == 2


def test_without_read_backs_there_is_no_canary(bench: Bench) -> None:
    bench.worker = bench.another_worker(read_backs=False, canary=bench.canary(on=False))
    bench.patient()
    first = bench.accept()
    bench.fake.fault(POST, "timeout_before", count=1)
    bench.waits(first)

    assert bench.ends(further(bench)).state is State.BOOKED
