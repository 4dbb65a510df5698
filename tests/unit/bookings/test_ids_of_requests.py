"""One appointment, asked for with ids in several forms, is one booking, whichever release has stored it."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.bookings import identity
from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.identity import booking_id, earlier_digests
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, known_request
from tests.support.callbacks import LATER, booking_of, bookings, call, takes

PATIENT = "41a0c5de-0000-4000-8000-00000000ab41"
CLINIC = "c1a0c5de-0000-4000-8000-00000000abc1"
STAFF = "d1a0c5de-0000-4000-8000-00000000abd1"
FORMS = [PATIENT.upper(), f"{{{PATIENT}}}", f"{{{PATIENT.upper()}}}", PATIENT.replace("-", "")]
KEY = invented.IDENTITY_KEY.encode()


def wanted(patient_id: str = PATIENT, **changes: Any) -> BookingRequest:
    return known_request(patient_id=patient_id, **changes)


@pytest.fixture
def patient(bench: Bench) -> None:
    bench.fake.add_patient(**invented.patient(patient_id=PATIENT))


@pytest.fixture
def before(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The release before, until it is undone: it took ids as they were written."""
    monkeypatch.setattr(identity, "id_key", str)
    return monkeypatch


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("form", FORMS)
class TestForms:
    def test_a_flow_function_s_repeat_is_the_same_booking(self, bench: Bench, form: str) -> None:
        one, again = bench.intake.accept(wanted()), bench.intake.accept(wanted(form))

        assert again.booking.booking_id == one.booking.booking_id
        assert (again.repeated, again.changed) == (True, False)

    def test_a_status_callback_s_repeat_is_the_same_booking(self, bench: Bench, form: str) -> None:
        one, again = takes(bench, wanted()), takes(bench, wanted(form))

        assert booking_of(again).booking_id == booking_of(one).booking_id
        assert (again.repeated, again.changed, again.beside) == (True, False, False)
        assert len(bookings(bench)) == 1

    def test_a_changed_mind_replaces_what_waits(self, bench: Bench, form: str) -> None:
        one = booking_of(takes(bench, wanted()))
        other = booking_of(takes(bench, wanted(form, start=LATER)))

        assert other.booking_id == one.booking_id
        assert (bench.ends(other).state, len(bench.fake.standing())) == (State.BOOKED, 1)

    def test_a_changed_mind_once_it_is_booked_waits_for_a_person(self, bench: Bench, form: str) -> None:
        bench.ends(booking_of(takes(bench, wanted())))

        assert booking_of(takes(bench, wanted(form, start=LATER))).state is State.NEEDS_ATTENTION

    def test_the_other_door_finds_it(self, bench: Bench, form: str) -> None:
        booked = bench.ends(bench.accept(wanted()))

        assert booking_of(takes(bench, wanted(form))).booking_id == booked.booking_id


@pytest.mark.parametrize("field", ["clinic_id", "practitioner_id"])
def test_clinic_and_practitioner_count_in_any_form(bench: Bench, field: str) -> None:
    places = {"clinic_id": CLINIC, "practitioner_id": STAFF}
    one = bench.accept(wanted(**places))
    other = wanted(**places | {field: places[field].upper()})

    assert bench.intake.accept(other).booking.booking_id == one.booking_id
    assert booking_of(takes(bench, other)).booking_id == one.booking_id


def test_other_ids_keep_their_letter_case() -> None:
    assert booking_id(KEY, wanted("p-41")) != booking_id(KEY, wanted("P-41"))
    assert earlier_digests(KEY, wanted("P-41")) == ()


class TestReleaseBefore:
    """Its records stay where they are, under digests of ids as they were written."""

    def test_its_ids_are_known(self, before: pytest.MonkeyPatch) -> None:
        written = "{" + PATIENT.upper() + "}"

        assert booking_id(KEY, wanted(written)) == "bk_j7dsaerulhqm4li2w25st4fltk"
        before.undo()
        assert earlier_digests(KEY, wanted(written))[0].booking_id == "bk_j7dsaerulhqm4li2w25st4fltk"

    @pytest.mark.parametrize("stored", FORMS[:3])
    def test_a_repeat_finds_its_booking(self, bench: Bench, before: pytest.MonkeyPatch, stored: str) -> None:
        one = bench.accept(wanted(stored))
        before.undo()

        again = bench.intake.accept(wanted(stored))

        assert again.booking.booking_id == one.booking_id
        assert (again.repeated, again.changed) == (True, False)

    def test_repeat_in_another_form_finds_an_upper_case_booking(self, bench: Bench, before: pytest.MonkeyPatch) -> None:
        one = bench.accept(wanted(PATIENT.upper()))
        before.undo()

        assert bench.intake.accept(wanted()).booking.booking_id == one.booking_id
        assert booking_of(takes(bench, wanted())).booking_id == one.booking_id

    @pytest.mark.usefixtures("patient")
    @pytest.mark.parametrize("stored", FORMS[:3])
    def test_a_late_repeat_does_not_bring_back_what_was_replaced(
        self, bench: Bench, before: pytest.MonkeyPatch, stored: str
    ) -> None:
        first = booking_of(takes(bench, wanted(stored)))
        takes(bench, wanted(stored, start=LATER))
        before.undo()

        late = takes(bench, wanted(stored))

        assert (booking_of(late).booking_id, late.repeated, late.changed) == (first.booking_id, True, True)
        assert [each.start for each in bookings(bench)] == [LATER]
        assert len(call(bench).wishes) == 2

    def test_a_changed_mind_replaces_its_booking(self, bench: Bench, before: pytest.MonkeyPatch) -> None:
        first = booking_of(takes(bench, wanted(PATIENT.upper())))
        before.undo()

        assert booking_of(takes(bench, wanted(start=LATER))).booking_id == first.booking_id
        assert len(bookings(bench)) == 1

    def test_what_it_kept_of_a_call_goes_with_the_correction(self, bench: Bench, before: pytest.MonkeyPatch) -> None:
        now, key = bench.clock.now(), bench.drafter.patient_key(PATIENT.upper())
        bench.calls.write(Call("convox", CALL_ID, now, now, problems=("start",), kept=b"sealed", patient_key=key))
        before.undo()

        takes(bench, wanted())

        assert call(bench).kept is None

    def test_it_reads_what_this_one_writes(self, bench: Bench) -> None:
        """An id in the form that is usual, and any that is no GUID, has the digests that it always had."""
        made = [identity_of(bench.accept(request)) for request in (wanted(), known_request())]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(identity, "id_key", str)
            wishes = [bench.drafter.intent(request) for request in (wanted(), known_request())]

        assert made == [(each.wish_id, each.patient_key, each.fingerprint) for each in wishes]


def identity_of(booking: Booking) -> tuple[str, str, bytes]:
    return booking.booking_id, booking.patient_key, booking.fingerprint
