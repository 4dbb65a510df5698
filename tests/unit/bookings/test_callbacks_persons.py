"""Several persons on one call: each has bookings of their own, and who may be the same person is asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.request import BookingRequest, PatientDetails
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalDate, PersonalText
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import known_request, new_request, newcomer
from tests.support.callbacks import LATER, MUCH_LATER, booking_of, bookings, content, second, standing, takes

OTHER_NUMBER = Mobile.from_e164(invented.OTHER_MOBILE)
BORN, BORN_OTHERWISE = (PersonalDate(date.fromisoformat(day)) for day in (invented.BIRTH_DATE, "2019-05-02"))


def child(**changes: Any) -> PatientDetails:
    return newcomer(**{"first_name": PersonalText(invented.CHILD_NAME), "mobile": OTHER_NUMBER, **changes})


def one_patient(**changes: Any) -> BookingRequest:
    return new_request(new_patient=newcomer(**changes))


class TestAnotherPerson:
    @pytest.mark.parametrize("worked_first", [False, True], ids=["the callback is faster", "the worker is faster"])
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (new_request(), new_request(new_patient=child(), start=LATER)),
            (new_request(practitioner_id="D-01"), new_request(new_patient=child(), practitioner_id="D-02")),
            (known_request(), known_request(patient_id="P-42", start=LATER)),
            (known_request(), new_request(new_patient=child(), start=LATER)),
            (
                known_request(mobile=newcomer().mobile, practitioner_id="D-01"),
                new_request(new_patient=child(), practitioner_id="D-02"),
            ),
            (new_request(new_patient=child()), known_request(start=LATER)),
        ],
        ids=[
            "two children",
            "two children at one time",
            "two patients",
            "a newcomer too",
            "at one time",
            "a patient too",
        ],
    )
    def test_is_booked_beside(
        self, bench: Bench, one: BookingRequest, other: BookingRequest, worked_first: bool
    ) -> None:
        for patient_id in ("P-41", "P-42"):
            bench.patient(patient_id=patient_id, first_name=patient_id, mobile="9999900050")
        first = booking_of(takes(bench, one))
        if worked_first:
            bench.ends(first)

        taken = takes(bench, other)

        second_one = booking_of(taken)
        assert (taken.repeated, taken.changed, taken.beside) == (False, False, True)
        assert second_one.booking_id != first.booking_id
        ended = [bench.ends(bench.now(each)) for each in (first, second_one)]
        assert [each.state for each in ended] == [State.BOOKED, State.BOOKED]
        assert len(standing(bench)) == 2

    def test_each_may_change_their_mind(self, bench: Bench) -> None:
        bench.patient()
        first = booking_of(takes(bench))
        other = booking_of(takes(bench, new_request(new_patient=child(), start=MUCH_LATER)))

        again = takes(bench, second())

        assert (booking_of(again).booking_id, again.changed) == (first.booking_id, False)
        bench.ends(bench.now(first))
        bench.ends(bench.now(other))
        assert standing(bench) == [LATER, MUCH_LATER]

    def test_a_repeat_of_each_is_told_of_theirs(self, bench: Bench) -> None:
        wishes = [known_request(), new_request(new_patient=child(), start=LATER)]
        ids = [booking_of(takes(bench, each)).booking_id for each in wishes]

        again = [takes(bench, each) for each in wishes]

        assert [booking_of(each).booking_id for each in again] == ids
        assert all(each.repeated and not each.changed for each in again)

    def test_late_change_waits_beside_the_other_persons(self, bench: Bench) -> None:
        bench.patient()
        first = bench.ends(booking_of(takes(bench)))
        other = booking_of(takes(bench, new_request(new_patient=child(), start=MUCH_LATER)))

        late = booking_of(takes(bench, second()))

        assert (late.state, late.reason) == (State.NEEDS_ATTENTION, Reason.CHANGED_AFTER_BOOKING)
        assert len({first.booking_id, other.booking_id, late.booking_id}) == 3
        assert bench.now(other).state is State.ACCEPTED

    def test_second_person_on_the_number_is_parked_by_the_worker(self, bench: Bench) -> None:
        first = booking_of(takes(bench, new_request()))
        other = booking_of(takes(bench, new_request(new_patient=child(mobile=newcomer().mobile), start=LATER)))

        ended = [bench.ends(bench.now(each)) for each in (first, other)]

        assert [(each.state, each.reason) for each in ended] == [
            (State.BOOKED, None),
            (State.NEEDS_ATTENTION, Reason.NUMBER_REGISTERED_TO_OTHER),
        ]
        assert [notice["booking_id"] for notice in bench.stack.notices()] == [other.booking_id]
        assert bench.fake.made() == 1


class TestTheSamePerson:
    @pytest.mark.parametrize(
        "corrected",
        [
            {"date_of_birth": BORN},
            {"first_name": PersonalText(invented.LAST_NAME), "last_name": PersonalText(invented.FIRST_NAME)},
            {"first_name": PersonalText(f" {invented.FIRST_NAME.upper()} ")},
            {"email": PersonalText(invented.EMAIL)},
        ],
        ids=["a birth date", "names the other way round", "other letters", "an address"],
    )
    def test_told_more_fully_with_another_slot_is_one_booking(self, bench: Bench, corrected: dict[str, Any]) -> None:
        first = booking_of(takes(bench, new_request()))

        taken = takes(bench, new_request(new_patient=newcomer(**corrected), start=LATER))

        assert booking_of(taken).booking_id == first.booking_id
        bench.ends(bench.now(first))
        assert standing(bench) == [LATER]

    def test_misspelt_name_is_another_person_but_never_two_patients(self, bench: Bench) -> None:
        misspelt = booking_of(takes(bench, one_patient(first_name=PersonalText("Zanzibarna"))))
        corrected = booking_of(takes(bench, new_request()))
        assert misspelt.booking_id != corrected.booking_id

        ended = [bench.ends(bench.now(each)) for each in (misspelt, corrected)]

        assert [each.state for each in ended] == [State.BOOKED, State.NEEDS_ATTENTION]
        assert ended[1].reason is Reason.NUMBER_REGISTERED_TO_OTHER
        assert (len(bench.stack.notices()), bench.fake.made()) == (1, 1)


class TestWhoMayBeTheSamePerson:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (one_patient(date_of_birth=BORN), one_patient(date_of_birth=BORN_OTHERWISE)),
            (one_patient(), one_patient(mobile=OTHER_NUMBER)),
            (one_patient(date_of_birth=BORN), one_patient(mobile=OTHER_NUMBER, date_of_birth=BORN)),
            (one_patient(), known_request()),
            (one_patient(), known_request(mobile=newcomer().mobile)),
            (known_request(), one_patient()),
        ],
        ids=[
            "another birth date",
            "another number",
            "and the birth date",
            "a patient after all",
            "on that number",
            "a newcomer after all",
        ],
    )
    def test_is_asked_and_nothing_is_made_twice_or_lost(
        self, bench: Bench, one: BookingRequest, other: BookingRequest
    ) -> None:
        first = booking_of(takes(bench, one))

        waits = booking_of(takes(bench, other))

        assert bench.now(first).state is State.ACCEPTED
        now = bench.now(waits)
        assert (now.state, now.reason, now.notice_due) == (State.NEEDS_ATTENTION, Reason.MAYBE_SAME_PERSON, True)
        assert content(bench, waits) == other

    def test_but_not_where_the_first_waits_unposted_itself(self, bench: Bench) -> None:
        first = booking_of(takes(bench, one_patient()))
        bench.ledger.move(first, State.NEEDS_ATTENTION, reason=Reason.SEVERAL_PATIENTS)

        assert booking_of(takes(bench, one_patient(mobile=OTHER_NUMBER))).state is State.ACCEPTED

    def test_the_one_that_waits_is_corrected_in_its_place(self, bench: Bench) -> None:
        takes(bench, one_patient())
        waits = booking_of(takes(bench, one_patient(mobile=OTHER_NUMBER)))

        again = booking_of(takes(bench, new_request(new_patient=newcomer(mobile=OTHER_NUMBER), start=MUCH_LATER)))

        assert (again.booking_id, again.state) == (waits.booking_id, State.ACCEPTED), "another slot: nobody is doubled"
        assert len(bookings(bench)) == 2
