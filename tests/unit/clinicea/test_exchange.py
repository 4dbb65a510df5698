"""One request under the retry rule, seen from the client: what is sent how often, and what is told to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from convox_clinicea.clinicea import errors
from convox_clinicea.clinicea.errors import CliniceaError
from convox_clinicea.clinicea.wire import WireAnswer, WireRequest
from tests.support.canaries import MOBILE, new_appointment, new_patient
from tests.support.clients import Outcome, Scripted, answer, html, lost, nothing, scripted_client, within
from tests.support.clock import VirtualClock

SEARCH = "searchPatientByMobileNumber"
BUSY = answer(status=429, text="", retry_after="3")
CREATED = answer({"ID": "A-1", "PatientID": "P-1", "StartDateTime": "2031-03-10T10:00:00"})


class TestReads:
    @pytest.mark.parametrize("trouble", [answer(status=503, text=""), html(), lost(), lost(left=False), BUSY])
    def test_a_passing_trouble_is_waited_out(self, trouble: Outcome) -> None:
        transport, clock = Scripted(trouble, trouble, answer({"ID": "P-1"})), VirtualClock()
        found = scripted_client(transport, clock=clock).search_patient_by_mobile_number(MOBILE, within(60, clock))
        assert [patient.patient_id for patient in found] == ["P-1"]
        assert (len(transport.sent), len(clock.slept)) == (3, 2)

    def test_lasting_failure_ends_after_three_attempts(self) -> None:
        transport, clock = Scripted(answer(status=502, text=""), answer(status=503, text="")), VirtualClock()
        with pytest.raises(errors.Unavailable, match="503"):
            scripted_client(transport, clock=clock).search_patient_by_mobile_number(MOBILE, within(60, clock))
        assert len(transport.sent) == 3

    def test_retry_after_is_honoured(self) -> None:
        transport, clock = Scripted(BUSY, nothing()), VirtualClock()
        scripted_client(transport, clock=clock).search_patient_by_mobile_number(MOBILE, within(60, clock))
        (slept,) = clock.slept
        assert 3.0 <= slept <= 3.2

    @pytest.mark.parametrize(("header", "seconds"), [("3", 2.0), ("11", 600.0), ("86400", 100_000.0)])
    def test_but_neither_past_the_deadline_nor_for_long(self, header: str, seconds: float) -> None:
        transport, clock = Scripted(answer(status=429, text="", retry_after=header)), VirtualClock()
        with pytest.raises(errors.CliniceaRateLimited) as caught:
            scripted_client(transport, clock=clock).search_patient_by_mobile_number(MOBILE, within(seconds, clock))
        assert (len(transport.sent), clock.slept) == (1, [])
        assert caught.value.retry_after == float(header)


@pytest.mark.parametrize("known", [True, False], ids=["postAppointmentByPatientID", "postAppointment"])
class TestWrites:
    def post(
        self, transport: Scripted, clock: VirtualClock, known: bool, table: Mapping[str, Any] | None = None
    ) -> str:
        client, deadline = scripted_client(transport, clock=clock, table=table), within(60, clock)
        if known:
            return client.post_appointment_by_patient_id("P-1", new_appointment(), deadline).appointment_id
        return client.post_appointment(new_patient(), new_appointment(), deadline).appointment_id

    @pytest.mark.parametrize(
        ("outcome", "kind"),
        [
            (lost(), errors.OutcomeUnknown),
            (lost(timed_out=True), errors.OutcomeUnknown),
            (answer(status=500, text=""), errors.OutcomeUnknown),
            (answer(status=503, text="", retry_after="1"), errors.OutcomeUnknown),
            (answer(status=302, text=""), errors.OutcomeUnknown),
            (html(), errors.OutcomeUnknown),
            (nothing(), errors.OutcomeUnknown),
            (answer("Slot is already booked"), errors.OutcomeUnknown),
            (answer(status=400, text="Get Operation Failed"), errors.UnlistedRefusal),
            (answer(status=409, text="Slot is already booked"), errors.Rejected),
            (BUSY, errors.CliniceaRateLimited),
            (answer(status=403, text=""), errors.PermissionDenied),
            (answer(status=405, text=""), errors.MethodRefused),
            (answer(status=401, text=""), errors.AuthenticationFailed),
        ],
    )
    def test_what_was_answered_or_lost_is_never_sent_again(
        self, known: bool, outcome: Outcome, kind: type[CliniceaError]
    ) -> None:
        transport, clock = Scripted(outcome, CREATED), VirtualClock()
        with pytest.raises(kind) as caught:
            self.post(transport, clock, known)
        assert type(caught.value) is kind
        assert len(transport.sent) == 1

    def test_what_never_left_is_sent_again(self, known: bool) -> None:
        transport, clock = Scripted(lost(left=False), lost(left=False), CREATED), VirtualClock()
        assert self.post(transport, clock, known) == "A-1"
        assert len(transport.sent) == 3

    def test_but_not_once_it_may_have_left(self, known: bool) -> None:
        transport, clock = Scripted(lost(left=False), lost(), CREATED), VirtualClock()
        with pytest.raises(errors.OutcomeUnknown):
            self.post(transport, clock, known)
        assert len(transport.sent) == 2

    def test_a_verb_of_get_in_the_call_table_makes_it_no_read(self, known: bool) -> None:
        part = {"verb": "GET", "style": "query", "not_found": "nothing"}
        table = {"calls": {"postAppointment": part, "postAppointmentByPatientID": part}}
        transport, clock = Scripted(answer(status=503, text=""), CREATED), VirtualClock()
        with pytest.raises(errors.OutcomeUnknown):
            self.post(transport, clock, known, table)
        assert [request.verb for request in transport.sent] == ["GET"]


class TestObserver:
    def test_every_request_is_told_with_its_seconds_and_failure(self) -> None:
        clock = VirtualClock()
        told: list[tuple[str, float, type[CliniceaError] | None]] = []

        def slow(_request: WireRequest) -> WireAnswer:
            clock.advance(0.25)
            return nothing()

        client = scripted_client(
            Scripted(answer(status=503, text=""), slow),
            clock=clock,
            observe=lambda call, seconds, error: told.append((call, seconds, type(error) if error else None)),
        )
        client.search_patient_by_mobile_number(MOBILE, within(60, clock))
        assert told == [(SEARCH, 0.0, errors.Unavailable), (SEARCH, pytest.approx(0.25), None)]
