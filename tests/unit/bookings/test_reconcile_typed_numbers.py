"""Lists show numbers masked or typed oddly: the comparison sees a newcomer's second appointment all the same."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.bookings.identity import digest_of_name
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.reconcile import Finding
from convox_clinicea.bookings.record import Booking
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, new_request
from tests.unit.bookings.test_reconcile_late import (
    LATE,
    NEW,
    TestNotBooked,
    after_the_late_commit,
    commits_late,
    found,
)

given_up = TestNotBooked.given_up
SHOWN = ["", "masked", "remark", "pair"]


def findings(bench: Bench, **changes: Any) -> list[tuple[Finding, str]]:
    name_key = {"name_key": lambda text: digest_of_name(invented.IDENTITY_KEY.encode(), text)}
    return [(each.finding, each.booking_id) for each in found(bench, **(name_key | changes))]


@pytest.fixture(autouse=True)
def _no_notes(bench: Bench) -> None:
    bench.fake.switch(omit_notes=True)


@pytest.mark.parametrize("shown", SHOWN)
def test_double_newcomer_is_found_however_the_number_is_shown(bench: Bench, shown: str) -> None:
    bench.fake.switch(lists_show_number=shown)
    booked = commits_late(bench, NEW, bench.accept(new_request()))
    after_the_late_commit(bench)

    assert findings(bench) == [(Finding.DOUBLED, booked.booking_id)]


@pytest.mark.parametrize("shown", SHOWN)
def test_given_up_newcomers_appointment_is_found_for_any_number(bench: Bench, shown: str) -> None:
    bench.fake.switch(lists_show_number=shown)
    booking = given_up(bench, NEW)
    assert findings(bench) == []
    bench.clock.advance(LATE)

    assert findings(bench) == [(Finding.UNEXPECTED, booking.booking_id)]


def test_without_the_name_key_a_masked_number_excludes_nobody(bench: Bench) -> None:
    bench.fake.switch(lists_show_number="masked")
    booking = given_up(bench, NEW)
    bench.clock.advance(LATE)

    assert findings(bench, name_key=lambda _text: None) == [(Finding.UNEXPECTED, booking.booking_id)]


class TestAnotherPerson:
    """Somebody else at the same start, whose number the list masks, is no finding."""

    @pytest.fixture(autouse=True)
    def _masked(self, bench: Bench) -> None:
        bench.fake.switch(lists_show_number="masked")

    @staticmethod
    def beside(bench: Bench, **who: Any) -> None:
        there = {"clinic_id": "C-01", "start": START.replace(tzinfo=None).isoformat()}
        bench.fake.add_patient(**invented.patient(patient_id="P-77", appointments=[there]) | who)

    @pytest.fixture
    def parked(self, bench: Bench) -> Booking:
        return given_up(bench, NEW)

    @pytest.mark.parametrize("last_name", ["Elsewhere", "Inventedkar Elsewhere"])
    def test_beside_a_given_up_newcomer(self, bench: Bench, parked: Booking, last_name: str) -> None:
        self.beside(bench, first_name="Ravi", last_name=last_name)

        assert parked.state is State.NEEDS_ATTENTION
        assert findings(bench) == []

    def test_beside_a_booked_one(self, bench: Bench) -> None:
        booked = bench.ends(bench.accept(new_request()))
        self.beside(bench, first_name="Ravi")

        assert booked.state is State.BOOKED
        assert findings(bench) == []

    def test_of_the_same_name_with_another_number_that_can_be_read(self, bench: Bench, parked: Booking) -> None:
        bench.fake.switch(lists_show_number="remark")
        self.beside(bench, mobile="9999900077")

        assert findings(bench) == []

    def test_of_the_same_name_at_another_clinic(self, bench: Bench, parked: Booking) -> None:
        bench.fake.switch(reference_ids=True)
        there = {"clinic_id": "C-02", "start": START.replace(tzinfo=None).isoformat()}
        bench.fake.add_patient(**invented.patient(patient_id="P-77", appointments=[there]))

        assert findings(bench) == []


def test_a_title_before_the_name_hides_nothing(bench: Bench) -> None:
    bench.fake.switch(lists_show_number="masked")
    booking = given_up(bench, NEW)
    there = {"clinic_id": "C-01", "start": START.replace(tzinfo=None).isoformat()}
    who = invented.patient(patient_id="P-77", appointments=[there])
    bench.fake.add_patient(**who | {"first_name": f"Ms {who['first_name']}"})

    assert findings(bench) == [(Finding.UNEXPECTED, booking.booking_id)]
