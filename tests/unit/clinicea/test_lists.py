"""The typed calls beside the four flows: upcoming appointments, file numbers, services, changes, a patient by id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from convox_clinicea.clinicea import errors
from convox_clinicea.clinicea.lists import MAX_PAGES
from tests.support.clients import Scripted, answer, nothing, scripted_client, within

NOON = datetime(2031, 3, 3, 6, 30, tzinfo=UTC)


def services(count: int, first: int = 1) -> list[dict[str, Any]]:
    return [{"ID": f"S-{number}", "Name": "Consultation"} for number in range(first, first + count)]


class TestUpcoming:
    def test_upcoming_are_read_by_type_and_only_booked_ones_shown(self) -> None:
        ahead, behind = ("2999-01-01T10:00:00", "2001-01-01T10:00:00")
        transport = Scripted(
            answer(
                [
                    {"ID": "A-1", "PatientID": "P-1", "StartDateTime": ahead, "AppointmentStatus": "Scheduled"},
                    {"ID": "A-2", "PatientID": "P-1", "StartDateTime": ahead, "AppointmentStatus": "Cancelled"},
                    {"ID": "A-3", "PatientID": "P-1", "StartDateTime": behind, "AppointmentStatus": "Scheduled"},
                    {"ID": "A-4", "PatientID": "P-2", "StartDateTime": ahead, "AppointmentStatus": "Scheduled"},
                ]
            ),
            nothing(),
        )
        found = scripted_client(transport).upcoming_appointments("P-1", within(9))
        assert [each.appointment_id for each in found] == ["A-1"]
        assert {request.query["appointmentType"] for request in transport.sent} == {"0"}

    def test_all_are_still_all(self) -> None:
        transport = Scripted(nothing())
        scripted_client(transport).appointments_by_patient("P-1", within(9))
        assert transport.sent[0].query["appointmentType"] == "2"


class TestPatients:
    def test_by_file_number(self) -> None:
        transport = Scripted(answer({"ID": "P-1", "FileNo": "F7"}))
        (found,) = scripted_client(transport).patient_by_file_number("F7", within(9))
        assert found.patient_id == "P-1"
        assert transport.sent[0].query == {"searchBy": "0", "searchText": "F7"}

    def test_by_id_an_object_or_an_array_of_one(self) -> None:
        for body in ({"ID": "P-1"}, [{"ID": "P-1"}]):
            transport = Scripted(answer(body))
            found = scripted_client(transport).patient_by_id("P-1", within(9))
            assert found is not None
            assert found.patient_id == "P-1"
            assert transport.sent[0].query == {"patientID": "P-1"}

    def test_an_id_that_nobody_has_or_another_s_record(self) -> None:
        for reply in (nothing(), answer(status=404, text="Patient not found"), answer({"ID": "P-2"})):
            assert scripted_client(Scripted(reply)).patient_by_id("P-1", within(9)) is None


class TestServices:
    def test_what_is_known_of_one(self) -> None:
        record = {"ID": "S-1", "Name": "Consultation", "Price": 500.5, "DurationTotalInMin": 30}
        transport = Scripted(answer([record]))
        (found,) = scripted_client(transport).services("C-1", within(9), "cons")
        assert (found.service_id, found.name, found.price, found.minutes) == ("S-1", "Consultation", "500.5", 30)
        assert transport.sent[0].query == {
            "ClinicID": "C-1",
            "searchText": "cons",
            "serviceCategory": "",
            "serviceType": "0",
            "pageNo": "1",
            "pageSize": "50",
        }

    @pytest.mark.parametrize("minutes", [None, "", "half an hour", -5, 1.5, True])
    def test_a_length_that_is_none(self, minutes: object) -> None:
        record = {"ID": "S-1", "DurationTotalInMin": minutes}
        (found,) = scripted_client(Scripted(answer([record]))).services("C-1", within(9))
        assert found.minutes is None

    def test_a_short_page_is_the_last(self) -> None:
        transport = Scripted(answer(services(50)), answer(services(3, 51)))
        assert len(scripted_client(transport).services("C-1", within(9))) == 53
        assert [request.query["pageNo"] for request in transport.sent] == ["1", "2"]

    def test_a_full_page_may_be_followed_by_nothing(self) -> None:
        transport = Scripted(answer(services(50)), nothing())
        assert len(scripted_client(transport).services("C-1", within(9))) == 50

    def test_the_size_of_a_page_and_its_end_are_settings(self) -> None:
        transport = Scripted(answer(services(3)), answer(services(2, 4)), nothing())
        table = {"calls": {"getServicesByClinic": {"page_size": 10, "last_page": "empty"}}}
        assert len(scripted_client(transport, table=table).services("C-1", within(9))) == 5
        assert transport.sent[0].query["pageSize"] == "10"

    def test_pages_without_end_are_bounded(self) -> None:
        def page(request: Any) -> Any:
            return answer(services(50, 1 + 50 * int(request.query["pageNo"])))

        transport = Scripted(page)
        with pytest.raises(errors.UnexpectedAnswer, match=f"more than {MAX_PAGES} pages"):
            scripted_client(transport).services("C-1", within(60))
        assert len(transport.sent) == MAX_PAGES


class TestChanges:
    def test_since_goes_as_a_plain_date_in_utc(self) -> None:
        transport = Scripted(nothing())
        late = datetime(2031, 3, 3, 23, 0, tzinfo=UTC)  # the next day in Kolkata
        assert scripted_client(transport).changes(late, within(9)) == []
        assert transport.sent[0].query["lastSyncDTime"] == "2031-03-03"

    def test_as_a_stamp_its_colons_stand_bare(self) -> None:
        transport = Scripted(nothing())
        table = {"calls": {"getChanges": {"formats": {"since": "stamp"}}}}
        scripted_client(transport, table=table).changes(NOON, within(9))
        assert "lastSyncDTime=2031-03-03T06:30:00" in transport.sent[0].target

    def test_elsewhere_colons_are_encoded(self) -> None:
        transport = Scripted(nothing())
        table = {"calls": {"getChanges": {"formats": {"since": "stamp"}, "colons": {"since": "encoded"}}}}
        scripted_client(transport, table=table).changes(NOON, within(9))
        assert "lastSyncDTime=2031-03-03T06%3A30%3A00" in transport.sent[0].target

    @pytest.mark.parametrize(
        ("record", "kind", "deleted"),
        [
            ({"DataStatusValue": "Added", "IsDeleted": False}, "Added", False),
            ({"DataStatusValue": "Modified"}, "Modified", False),
            ({"DataStatusValue": "Deleted"}, "Deleted", True),
            ({"IsDeleted": True}, None, True),
            ({"IsDeleted": "true"}, None, True),
            ({}, None, False),
        ],
    )
    def test_what_a_change_is(self, record: dict[str, Any], kind: str | None, deleted: bool) -> None:
        body = [{"AppointmentID": "A-1", "StartDateTime": "2031-03-03T12:00:00", **record}]
        (found,) = scripted_client(Scripted(answer(body))).changes(NOON - timedelta(days=1), within(9))
        assert (found.appointment.appointment_id, found.appointment.start) == ("A-1", NOON)
        assert (found.kind, found.deleted) == (kind, deleted)
