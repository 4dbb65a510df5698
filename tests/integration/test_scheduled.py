"""The functions that the clock starts: the sweeper each minute, the reconciliation each night."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.clinicea.errors import PermissionDenied
from convox_clinicea.errors import ConfigurationError, InvalidRequest
from convox_clinicea.table import TableUnavailable
from tests.support import events, invented
from tests.support.bookings import INDIA, in_days, known_body, known_request, new_body, new_request
from tests.support.clock import VirtualClock
from tests.support.deployment import Deployment
from tests.support.functions import ROOT

POST = "postAppointmentByPatientID"
NOTHING = {"requeued": 0, "parked": 0, "expired": 0, "told": 0}


def an_hour_ago() -> VirtualClock:
    return VirtualClock(datetime.now(UTC) - timedelta(hours=1))


class TestSweeper:
    def test_with_nothing_to_do_it_says_so(self, deployment: Deployment) -> None:
        assert deployment.sweep() == NOTHING

    def test_a_booking_whose_message_is_gone_is_made_all_the_same(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        booking = deployment.accepted_at(an_hour_ago(), known_request(start=in_days(2)))
        aws.sqs().purge_queue(QueueUrl=deployment.stack.queue_url)

        assert deployment.sweep() == NOTHING | {"requeued": 1}

        assert deployment.deliver().acknowledged
        assert deployment.booking(booking.booking_id).state is State.BOOKED

    def test_near_its_start_a_booking_that_waits_for_none_is_left(self, deployment: Deployment) -> None:
        soon = datetime.now(UTC) + timedelta(minutes=8)
        before = VirtualClock(datetime.now(UTC) - timedelta(minutes=10))
        waiting = [
            deployment.accepted_at(before, each) for each in (known_request(start=soon), new_request(start=soon))
        ]

        assert deployment.sweep() == NOTHING

        assert [deployment.booking(each.booking_id).state for each in waiting] == [State.ACCEPTED] * 2

    def test_a_message_of_the_generation_before_does_nothing(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        deployment.accepted_at(an_hour_ago(), known_request(start=in_days(2)))
        deployment.sweep()

        assert deployment.deliver().acknowledged
        assert deployment.fake.requests() == []
        assert deployment.deliver().acknowledged
        assert len(deployment.fake.standing()) == 1

    def test_unreadable_record_is_counted_each_minute_and_left(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        booking = deployment.accepted_at(an_hour_ago(), known_request(start=in_days(2)))
        deployment.stack.spoil(f"booking#{booking.booking_id}", state="of_a_later_version")
        before = deployment.stack.items()

        for _ in range(2):
            assert deployment.sweep() == NOTHING
            said = capsys.readouterr().out.replace(" ", "")
            assert '"UnreadableRecords":[1' in said
            assert '"OpenBookings":[1' in said
            (oldest,) = re.findall(r'"OldestOpenBooking":\[(\d+)', said)
            assert 3600 <= int(oldest) < 3700
        assert deployment.stack.items() == before

    def test_a_dead_letters_booking_is_parked_and_told_of(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
        (message,) = deployment.stack.messages()
        aws.sqs().send_message(
            QueueUrl=deployment.stack.dead_letter_queue_url,
            MessageBody=message["Body"],
        )

        assert deployment.sweep() == NOTHING | {"parked": 1}

        assert deployment.booking(booking_id).reason is Reason.AGE_LIMIT
        assert [notice["booking_id"] for notice in deployment.stack.notices()] == [booking_id]
        assert deployment.stack.dead_letters() == []
        assert '"SweptParked":[1' in capsys.readouterr().out.replace(" ", "")

    def test_a_notice_that_could_not_be_published_is_published_later(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        deployment.fake.fault(POST, "status", status=400, body="Unknown patient", count=1)
        booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
        deployment.stack.without_topic()
        assert deployment.deliver().acknowledged
        deployment.stack.with_topic_again()

        assert deployment.sweep() == NOTHING | {"told": 1}

        (notice,) = deployment.stack.notices()
        assert (notice["booking_id"], notice["state"], notice["reason"]) == (booking_id, "rejected", "unknown_patient")
        assert not invented.leaks(json.dumps(notice))

    def test_time_that_is_short_is_not_begun_with(self, deployment: Deployment) -> None:
        deployment.accepted_at(an_hour_ago(), known_request(start=in_days(2)))

        assert deployment.sweep(seconds=4) == NOTHING

    def test_a_ledger_that_is_away_fails_the_invocation(self, deployment: Deployment) -> None:
        deployment.configure(LEDGER_TABLE="no-such-table")

        with pytest.raises(TableUnavailable):
            deployment.sweep()

    def test_the_sample_event_is_one(self, deployment: Deployment) -> None:
        event = json.loads((ROOT / "events" / "sweeper.json").read_text())

        assert set(event) == set(events.scheduled("rule", datetime.now(UTC)))
        assert deployment.function("sweeper").invoke(event) == NOTHING


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


@pytest.mark.parametrize(
    "variables",
    [{"SETTLE_SECONDS": "3600", "AGE_LIMIT_HOURS": "1"}, {"LEASE_SECONDS": "44"}, {"VISIBILITY_SECONDS": "45"}],
    ids=lambda variables: next(iter(variables)),
)
def test_worker_with_contradictory_settings_takes_no_booking(deployment: Deployment, variables: dict[str, Any]) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
    deployment.configure(**variables)

    assert deployment.deliver().comes_again

    assert deployment.booking(booking_id).version == 1
    assert deployment.fake.requests() == []
    with pytest.raises(ConfigurationError):
        deployment.function("booking_worker").module.function.parts()


def test_containers_that_start_cold_share_one_session(deployment: Deployment) -> None:
    deployment.configure(CLINICEA_AUTHENTICATION="staff_session")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    for number in range(3):
        deployment.configure()
        assert deployment.search({"mobile": invented.MOBILE, "call_id": "c", "agent_id": "a"}).status == 200
        deployment.book_known("P-41", known_body(start=in_days(2 + number).isoformat()))
        assert deployment.deliver().acknowledged

    assert len(deployment.fake.requests("getTokenByStaffUsernamePwd")) == 1
    assert len(deployment.fake.standing()) == 3


def test_the_shared_pace_is_kept_by_the_worker(deployment: Deployment) -> None:
    deployment.configure(CLINICEA_PER_SECOND="1000")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.book_known("P-41", known_body())
    assert deployment.deliver().acknowledged

    turns = [int(item["taken"]["N"]) for item in deployment.stack.items() if item["pk"]["S"].startswith("pace#")]
    assert sum(turns) == len(deployment.fake.requests())
