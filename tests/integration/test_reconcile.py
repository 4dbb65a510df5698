"""The nightly reconciliation: what it compares, what it reports, and who may ask for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import State
from convox_clinicea.clinicea.errors import PermissionDenied
from convox_clinicea.errors import InvalidRequest
from tests.support import events, invented
from tests.support.bookings import INDIA, in_days, known_body, new_body
from tests.support.deployment import Deployment
from tests.support.functions import ROOT

NOTHING_FOUND = {"compared": 0, "discrepancies": [], "unread": [], "unreadable": 0, "after": None}


class TestReconcile:
    @pytest.fixture
    def tomorrow(self, deployment: Deployment) -> tuple[str, str]:
        """A booking for tomorrow noon, made; its id and its appointment's."""
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        noon = in_days(1).replace(hour=12, minute=0)
        booking_id = deployment.book_known("P-41", known_body(start=noon.isoformat())).body["booking_id"]
        assert deployment.deliver().acknowledged
        return booking_id, str(deployment.booking(booking_id).appointment_id)

    @property
    def day(self) -> str:
        return (datetime.now(INDIA) + timedelta(days=1)).date().isoformat()

    def test_by_itself_it_compares_all_that_is_ahead_once_a_night(
        self, deployment: Deployment, tomorrow: tuple[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert deployment.reconcile() == NOTHING_FOUND | {"compared": 1}
        assert '"ReconcileFinished":[1' in capsys.readouterr().out.replace(" ", "")
        asked = len(deployment.fake.requests("getAppointmentsByDate"))

        assert deployment.reconcile() == NOTHING_FOUND
        assert "ReconcileFinished" not in capsys.readouterr().out
        assert len(deployment.fake.requests("getAppointmentsByDate")) == asked

    def test_what_was_cancelled_in_clinicea_is_found_and_counted(
        self, deployment: Deployment, tomorrow: tuple[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        booking_id, appointment_id = tomorrow
        deployment.fake.cancel(appointment_id, "gone")

        report = deployment.reconcile()

        finding = {"finding": "cancelled", "booking_id": booking_id, "appointment_ids": [appointment_id]}
        assert report == NOTHING_FOUND | {"compared": 1, "discrepancies": [finding]}
        said = capsys.readouterr().out
        assert '"ReconcileCancelled":[1' in said.replace(" ", "")
        assert '"ReconcileMissing":[0' in said.replace(" ", "")
        assert not invented.leaks(said)

    @pytest.mark.parametrize(
        ("shown", "first_name", "found"),
        [
            ("", invented.FIRST_NAME, 1),
            ("remark", invented.FIRST_NAME, 1),
            ("masked", invented.FIRST_NAME, 1),
            ("masked", "Ravi", 0),
        ],
    )
    def test_rejected_newcomer_is_recognized_by_number_or_name(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str], shown: str, first_name: str, found: int
    ) -> None:
        deployment.fake.switch(omit_notes=True, lists_show_number=shown)
        start = in_days(2)
        booking_id = deployment.book_new(new_body(start=start.isoformat())).body["booking_id"]
        ledger, booking = deployment.ledger(), deployment.booking(booking_id)
        parked = ledger.move(ledger.move(booking, State.SENDING, owner="o", posted=True), State.UNKNOWN)
        ledger.move(ledger.move(parked, State.NEEDS_ATTENTION), State.REJECTED)
        local = start.replace(tzinfo=None).isoformat()
        late = {"appointment_id": "A-late", "clinic_id": "C-01", "start": local}
        who = invented.patient(patient_id="P-99", first_name=first_name, appointments=[late])
        deployment.fake.add_patient(**who)

        report = deployment.reconcile()

        finding = {"finding": "unexpected", "booking_id": booking_id, "appointment_ids": ["A-late"]}
        assert report["discrepancies"] == [finding] * found
        assert not invented.leaks(capsys.readouterr().out)

    def test_a_reference_that_no_booking_has_is_unexpected(
        self, deployment: Deployment, tomorrow: tuple[str, str]
    ) -> None:
        unknown = f"bk_{'z' * 26}"
        visit = {"appointment_id": "A-9", "clinic_id": "C-01", "start": f"{self.day}T15:00:00", "notes": f"[{unknown}]"}
        deployment.fake.add_patient(**invented.child(patient_id="P-9", appointments=[visit]))

        (finding,) = deployment.reconcile()["discrepancies"]

        assert finding == {"finding": "unexpected", "booking_id": unknown, "appointment_ids": ["A-9"]}

    def test_it_can_be_asked_for_at_any_time_and_for_one_day(
        self, deployment: Deployment, tomorrow: tuple[str, str]
    ) -> None:
        deployment.reconcile()

        assert deployment.function("reconcile").invoke({})["compared"] == 1
        assert deployment.reconcile("2031-01-31") == NOTHING_FOUND
        assert deployment.reconcile(self.day)["compared"] == 1

    @pytest.mark.parametrize(
        "day", ["tomorrow", "2031-13-01", "0001-01-01", "9999-12-31", "", 20310101, ["2031-01-01"], True]
    )
    def test_what_is_no_day_is_refused_in_our_own_words(self, deployment: Deployment, day: Any) -> None:
        with pytest.raises(InvalidRequest, match="day: must be a date YYYY-MM-DD, from 2000 to 2199"):
            deployment.function("reconcile").invoke({"day": day})

    @pytest.mark.parametrize("after", ["x", {"key": ""}, {"pages": -1}, {"surprise": 1}, 7, [], True])
    def test_so_is_what_is_no_answer_s_cursor(self, deployment: Deployment, after: Any) -> None:
        with pytest.raises(InvalidRequest, match="after: must be the value from the previous answer"):
            deployment.function("reconcile").invoke({"after": after})

    @pytest.mark.parametrize("event", [None, [], "x", {}, {"day": None}])
    def test_an_event_that_names_no_day_means_all_that_is_ahead(
        self, deployment: Deployment, tomorrow: tuple[str, str], event: Any
    ) -> None:
        assert deployment.function("reconcile").invoke(event)["compared"] == 1

    def test_a_night_on_which_clinicea_is_away_is_made_up_for(
        self, deployment: Deployment, tomorrow: tuple[str, str]
    ) -> None:
        deployment.fake.fault("getAppointmentsByDate", "status", status=403)
        with pytest.raises(PermissionDenied):
            deployment.reconcile()
        assert deployment.reconcile() == NOTHING_FOUND, "another invocation may be at it still"
        deployment.fake.clear_faults()
        deployment.stack.spoil("reconcile", lease_until="2020-01-01T00:00:00.000Z")

        assert deployment.reconcile()["compared"] == 1

    def test_within_the_shared_pace_where_there_is_one(self, deployment: Deployment, tomorrow: tuple[str, str]) -> None:
        deployment.configure(CLINICEA_PER_SECOND="50")

        assert deployment.reconcile()["compared"] == 1
        assert [item for item in deployment.stack.items() if item["pk"]["S"].startswith("pace#")]

    def test_the_sample_event_is_one(self, deployment: Deployment) -> None:
        event = json.loads((ROOT / "events" / "reconcile.json").read_text())

        assert set(event) == set(events.scheduled("rule", datetime.now(UTC)))
        assert deployment.function("reconcile").invoke(event)["compared"] == 0
