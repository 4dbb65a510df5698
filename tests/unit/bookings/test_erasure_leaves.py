"""What an erasure leaves: nothing that leads from a call, an agent or a patient to the booking."""

from __future__ import annotations

from typing import Any

import pytest

from commands.restore import entries_of, put_back_missing
from convox_clinicea import aws
from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.person_search import Journal, Subject
from convox_clinicea.bookings.personal_data import NotErasedReason, PersonalData
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import Caller
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from tests.support import invented
from tests.support.account import Stack
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID, known_request, new_request
from tests.support.callbacks import LATER, MUCH_LATER, booking_of, takes

MEERA = Mobile.from_e164(invented.MOBILE)
WHO = Person("operator", "asked by the person")


def erase(holdings: PersonalData) -> list[NotErasedReason | None]:
    return [each.kept for each in holdings.erase(Subject(MEERA), WHO, open_too=True).bookings]


def changed(bench: Bench) -> Booking:
    """Booked for P-41 on a call, after the agent has changed the start."""
    bench.patient()
    takes(bench, known_request(mobile=MEERA))
    return bench.ends(booking_of(takes(bench, known_request(mobile=MEERA, start=LATER))))


def items(bench: Bench) -> str:
    """The ledger, the lines of what operators did left out: they name the booking alone."""
    return repr([each for each in bench.stack.items() if not each["pk"]["S"].startswith("act#")])


def test_no_call_agent_or_patient_leads_to_the_booking(bench: Bench, holdings: PersonalData) -> None:
    booking = changed(bench)
    for telling in (CALL_ID, AGENT_ID, "slot#P-41", f"appointment#{booking.appointment_id}"):
        assert telling in items(bench)

    assert erase(holdings) == [None]

    for telling in (CALL_ID, AGENT_ID, "P-41", "slot#", "appointment#", "creating#", str(booking.appointment_id)):
        assert telling not in items(bench)


def test_of_a_newcomer_neither(bench: Bench, holdings: PersonalData) -> None:
    booking = bench.ends(booking_of(takes(bench, new_request())))
    assert booking.patient_id is not None

    assert erase(holdings) == [None]

    for telling in (CALL_ID, AGENT_ID, booking.patient_id, str(booking.number_key)):
        assert telling not in items(bench)


def test_late_repeats_of_either_wish_make_no_second_appointment(bench: Bench, holdings: PersonalData) -> None:
    booking = changed(bench)
    erase(holdings)

    for wish in (known_request(mobile=MEERA), known_request(mobile=MEERA, start=LATER)):
        again = takes(bench, wish)
        assert (again.repeated, booking_of(again).booking_id) == (True, booking.booking_id)

    assert len(bench.stack.items("booking#")) == 1
    assert len(bench.stack.items("call#")) == 1
    assert bench.fake.posted() == 1
    assert AGENT_ID not in items(bench), "a repeat does not bring the agent back"


def test_another_person_s_booking_of_the_call_is_untouched(bench: Bench, holdings: PersonalData) -> None:
    changed(bench)
    other = booking_of(takes(bench, known_request(patient_id="P-77", mobile=Mobile.from_e164(invented.OTHER_MOBILE))))

    assert erase(holdings) == [None]

    left = bench.now(other)
    assert (left.call_id, left.agent_id, left.erased_at) == (CALL_ID, AGENT_ID, None)
    again = takes(bench, known_request(patient_id="P-77", mobile=Mobile.from_e164(invented.OTHER_MOBILE)))
    assert booking_of(again).booking_id == other.booking_id


def test_callback_during_an_erasure_leaves_booking_for_a_retry(
    bench: Bench, holdings: PersonalData, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = changed(bench)
    hide = bench.calls.hide

    def late(call: Any, name: str) -> Any:
        monkeypatch.setattr(bench.calls, "hide", hide)
        bench.calls.write(bench.calls.get("convox", CALL_ID))
        return hide(call, name)

    monkeypatch.setattr(bench.calls, "hide", late)

    assert erase(holdings) == [NotErasedReason.CHANGED_MEANWHILE]
    assert bench.now(booking).erased_at is None
    assert erase(holdings) == [None]


def test_a_restore_brings_no_link_back(bench: Bench, holdings: PersonalData) -> None:
    booking = changed(bench)
    copy = Stack.create()
    for item in bench.stack.items():
        aws.dynamodb().put_item(TableName=copy.table, Item=item)
    erase(holdings)
    dynamodb: Any = aws.dynamodb()
    journal = Journal(invented.IDENTITY_KEY.encode(), entries_of(dynamodb, bench.stack.disclosures_table))

    for lost in ((), ("booking#", "call#")):
        for item in bench.stack.items():
            if lost and item["pk"]["S"].startswith(lost):
                bench.stack.delete(item["pk"]["S"])
        put_back_missing(dynamodb, copy.table, bench.stack.table, bench.clock.now(), go=True, journal=journal)

        for telling in (CALL_ID, AGENT_ID, "P-41", str(booking.appointment_id)):
            assert telling not in items(bench)
        assert booking_of(takes(bench, known_request(mobile=MEERA))).booking_id == booking.booking_id
    assert len(bench.stack.items("booking#")) == 1


class TestATransferredCall:
    """Two agents' callbacks could not be booked: one is about Meera, the other about somebody else."""

    @pytest.fixture
    def kept(self, bench: Bench) -> None:
        problem = InvalidRequest(FieldProblem("clinic_id", "is required"))
        for agent, mobile in ((AGENT_ID, MEERA), ("agent-77", Mobile.from_e164(invented.OTHER_MOBILE))):
            caller = Caller(name="convox", call_id=CALL_ID, agent_id=agent)
            said: dict[str, Any] = {"said": PersonalText("{}"), "grounds": Grounds.CONSENT, "mobile": mobile}
            with pytest.raises(InvalidRequest):
                takes(bench, asks=False, caller=caller, refusal=problem, **said)

    @pytest.mark.parametrize(
        ("mobile", "agent", "other"),
        [(invented.MOBILE, AGENT_ID, "agent-77"), (invented.OTHER_MOBILE, "agent-77", AGENT_ID)],
    )
    def test_only_the_person_s_own_callback_is_found_and_forgotten(
        self, bench: Bench, holdings: PersonalData, kept: None, mobile: str, agent: str, other: str
    ) -> None:
        subject = Subject(Mobile.from_e164(mobile))
        held = holdings.find(subject)
        (call,) = held.found.calls
        assert [each.agent_id for each in held.traces_of(call)] == [agent]

        (forgotten,) = holdings.erase(subject, WHO, open_too=True).calls

        assert forgotten.kept is None
        left = bench.calls.get("convox", CALL_ID)
        assert [(each.agent_id, each.kept is None) for each in left.legs if each.has_trace] == [(other, False)]
        assert holdings.find(subject).found.calls == []

    def test_a_late_repeat_of_either_agent_makes_no_second_booking(self, bench: Bench, holdings: PersonalData) -> None:
        booking = changed(bench)
        caller = Caller(name="convox", call_id=CALL_ID, agent_id="agent-77")
        waits = booking_of(takes(bench, known_request(mobile=MEERA, start=MUCH_LATER, caller=caller), caller=caller))
        assert erase(holdings) == [None, None]

        for wish, sender, found in (
            (known_request(mobile=MEERA), None, booking),
            (known_request(mobile=MEERA, start=MUCH_LATER), caller, waits),
            (known_request(mobile=MEERA), caller, booking),
        ):
            again = takes(bench, wish, **({} if sender is None else {"caller": sender}))
            assert (again.repeated, booking_of(again).booking_id) == (True, found.booking_id)

        assert len(bench.stack.items("booking#")) == 2
        for agent in (AGENT_ID, "agent-77"):
            assert agent not in items(bench)
