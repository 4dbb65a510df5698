"""The client's reads: everybody who matches, all completed appointments, every page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest

from convox_clinicea.clinicea import errors
from convox_clinicea.clinicea.lists import MAX_PAGES
from convox_clinicea.clinicea.wire import WireAnswer, WireRequest
from tests.support.canaries import MOBILE, PATIENT_ID
from tests.support.clients import Scripted, answer, nothing, scripted_client, within


def pages(*contents: object) -> Scripted:
    """Answers page by page; after the last one there is nothing."""

    def page(request: WireRequest) -> WireAnswer:
        number = int(request.query["pageNo"])
        return answer(contents[number - 1]) if number <= len(contents) else nothing()

    return Scripted(page)


def records(*ids: object, **fields: Any) -> list[dict[str, Any]]:
    return [{"ID": each, **fields} for each in ids]


class TestSearch:
    def test_the_number_is_sent_in_its_two_parts(self) -> None:
        transport = Scripted(nothing())
        assert scripted_client(transport).search_patient_by_mobile_number(MOBILE, within(9)) == []
        (request,) = transport.sent
        assert request.query == {"patMobile": "9999900042", "countryCode": "+91"}
        assert (request.form, request.body) == (None, None)

    @pytest.mark.parametrize(("form", "written"), [("plus", "+91"), ("digits", "91"), ("zeros", "0091")])
    def test_the_dialling_code_is_written_as_the_table_says(self, form: str, written: str) -> None:
        transport = Scripted(nothing())
        table = {"calls": {"searchPatientByMobileNumber": {"country_code_format": form}}}
        scripted_client(transport, table=table).search_patient_by_mobile_number(MOBILE, within(9))
        assert transport.sent[0].query["countryCode"] == written

    def test_everybody_who_shares_the_number_is_found(self) -> None:
        transport = Scripted(answer(records("P-1", "P-2", "P-3")))
        found = scripted_client(transport).search_patient_by_mobile_number(MOBILE, within(9))
        assert [patient.patient_id for patient in found] == ["P-1", "P-2", "P-3"]

    def test_a_record_without_an_id_is_not_passed_over(self) -> None:
        transport = Scripted(answer([{"ID": "P-1"}, {"FullName": "Canarina"}]))
        with pytest.raises(errors.UnexpectedAnswer, match="a record without an id") as caught:
            scripted_client(transport).search_patient_by_mobile_number(MOBILE, within(9))
        assert "Canarina" not in str(caught.value)


class TestPastCompleted:
    def found(self, *given: dict[str, Any]) -> list[str]:
        client = scripted_client(Scripted(answer(list(given))))
        return [each.appointment_id for each in client.past_completed_appointments(PATIENT_ID, within(9))]

    def test_the_newest_comes_first_and_those_without_a_time_last(self) -> None:
        times = {"A-1": "2030-01-01T10:00:00", "A-2": "2031-01-01T10:00:00", "A-3": "0001-01-01T00:00:00"}
        assert self.found(*({"ID": key, "StartDateTime": time} for key, time in times.items())) == ["A-2", "A-1", "A-3"]

    def test_one_that_says_it_is_not_completed_is_left_out(self) -> None:
        assert self.found(
            {"ID": "A-1", "AppointmentStatus": "Check Out"},
            {"ID": "A-2", "AppointmentStatus": "NoShow"},
            {"ID": "A-3", "AppointmentStatus": "Cancelled", "CancellationReason": "Patient asked"},
            {"ID": "A-4"},
        ) == ["A-1", "A-4"]

    def test_another_patients_is_left_out(self) -> None:
        assert self.found({"ID": "A-1", "PatientID": "P-other"}, {"ID": "A-2", "PatientID": PATIENT_ID}) == ["A-2"]

    def test_an_unknown_patient_has_none(self) -> None:
        client = scripted_client(Scripted(answer(status=404, text="")))
        assert client.past_completed_appointments("P-unknown", within(9)) == []


class TestPages:
    def test_they_are_read_until_one_is_empty(self) -> None:
        transport = pages(records(*range(1, 101)), records(101), records(102, 103))
        found = scripted_client(transport).appointments_by_patient(PATIENT_ID, within(9))
        assert [each.appointment_id for each in found] == [str(number) for number in range(1, 104)]
        assert [request.query["pageNo"] for request in transport.sent] == ["1", "2", "3", "4"]
        assert {request.query["pageSize"] for request in transport.sent} == {"100"}

    def test_all_kinds_of_a_patients_appointments_are_asked_for(self) -> None:
        transport = pages()
        assert scripted_client(transport).appointments_by_patient(PATIENT_ID, within(9)) == []
        assert transport.sent[0].query["appointmentType"] == "2"

    @pytest.mark.parametrize("last", [[], None], ids=["empty list", "204"])
    def test_an_empty_page_has_several_forms(self, last: object) -> None:
        transport = pages(records(1), [])
        if last is None:
            transport = pages(records(1))
        found = scripted_client(transport).appointments_by_patient(PATIENT_ID, within(9))
        assert len(found) == 1

    def test_a_page_of_one_may_be_the_bare_object(self) -> None:
        found = scripted_client(pages(records(1, 2), {"ID": 3})).appointments_by_patient(PATIENT_ID, within(9))
        assert len(found) == 3

    def test_pages_that_overlap_lose_nothing_and_double_nothing(self) -> None:
        transport = pages(records(1, 2), records(2, 3))
        found = scripted_client(transport).appointments_by_patient(PATIENT_ID, within(9))
        assert [each.appointment_id for each in found] == ["1", "2", "3"]

    def test_page_that_repeats_entries_is_no_complete_reading(self) -> None:
        transport = Scripted(answer(records(1, 2)))
        with pytest.raises(errors.UnexpectedAnswer, match="a page repeats"):
            scripted_client(transport).appointments_by_patient(PATIENT_ID, within(9))
        assert len(transport.sent) == 2

    def test_neither_is_one_that_never_ends(self) -> None:
        transport = Scripted(lambda request: answer(records(request.query["pageNo"])))
        with pytest.raises(errors.UnexpectedAnswer, match=f"more than {MAX_PAGES} pages"):
            scripted_client(transport).appointments_by_patient(PATIENT_ID, within(9))
        assert len(transport.sent) == MAX_PAGES

    def test_nor_one_with_a_record_without_an_id(self) -> None:
        transport = pages(records(1, 0))
        with pytest.raises(errors.UnexpectedAnswer, match="a record without an id"):
            scripted_client(transport).appointments_by_patient(PATIENT_ID, within(9))

    def test_nor_one_whose_page_is_not_found(self) -> None:
        transport = Scripted(answer(records(1)), answer(status=404, text=""))
        with pytest.raises(errors.NotFoundInClinicea):
            scripted_client(transport).appointments_by_patient(PATIENT_ID, within(9))

    def test_a_call_without_pages_is_asked_once(self) -> None:
        table = {"calls": {"getAppointmentsByPatient": {"page_size": None}}}
        transport = Scripted(answer(records(1, 2)))
        found = scripted_client(transport, table=table).appointments_by_patient(PATIENT_ID, within(9))
        assert (len(found), len(transport.sent)) == (2, 1)
        assert "pageNo" not in transport.sent[0].query

    def test_a_day_is_asked_for_as_a_plain_date(self) -> None:
        transport = pages([{"AppointmentID": "A-1", "StartDateTime": "2031-03-03T10:00:00"}])
        (found,) = scripted_client(transport).appointments_by_date(date(2031, 3, 3), within(9))
        assert found.start == datetime(2031, 3, 3, 4, 30, tzinfo=UTC)
        assert transport.sent[0].query["appointmentDate"] == "2031-03-03"


class TestEntries:
    """A day's appointments with what tells whose they are."""

    RECORD: ClassVar = {
        "AppointmentID": "A-1",
        "StartDateTime": "2031-03-03T10:00:00",
        "PatientID": "P-1",
        "PatientName": "Canarina Testwala",
        "PatientFirstName": "Canarina",
        "PatientLastName": "Testwala",
        "PatientMobile": 9999900042,
        "Notes": "[bk_a]",
    }

    def test_names_number_and_notes_are_read_and_never_printed(self) -> None:
        (found,) = scripted_client(pages([self.RECORD])).entries_by_date(date(2031, 3, 3), within(9))

        assert found.appointment.appointment_id == "A-1"
        assert [name.reveal() for name in found.names] == ["Canarina Testwala", "Canarina Testwala"]
        assert found.mobile is not None
        assert found.mobile.reveal() == "9999900042"
        assert found.notes is not None
        assert found.notes.reveal() == "[bk_a]"
        assert "anarina" not in repr(found)

    def test_what_the_list_does_not_show_is_none(self) -> None:
        bare = {name: self.RECORD[name] for name in ("AppointmentID", "StartDateTime", "PatientFirstName")}
        (found,) = scripted_client(pages([bare])).entries_by_date(date(2031, 3, 3), within(9))

        assert (found.names, found.mobile, found.notes) == ((), None, None)

    def test_a_full_calendar_in_small_pages_is_read_to_its_end(self) -> None:
        contents = [records(f"A-{page}-1", f"A-{page}-2") for page in range(MAX_PAGES + 10)]

        assert len(scripted_client(pages(*contents)).entries_by_date(date(2031, 3, 3), within(99))) == 120

    def test_a_record_without_an_id_is_not_passed_over(self) -> None:
        with pytest.raises(errors.UnexpectedAnswer, match="a record without an id"):
            scripted_client(pages([{"PatientName": "Canarina"}])).entries_by_date(date(2031, 3, 3), within(9))
