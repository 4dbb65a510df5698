"""Bodies become records, fields and ids; what cannot be read is never taken for nothing."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.clinicea.calls import Endpoint
from convox_clinicea.clinicea.errors import OutcomeUnknown, UnexpectedAnswer
from convox_clinicea.clinicea.responses import created_ids, fields, identifier, json_value, records, text
from convox_clinicea.clinicea.wire import WireAnswer
from tests.support.clients import answer, call_table, html, nothing
from tests.support.properties import PROPERTY, json_values

TABLE = call_table()
BOOK = Endpoint.POST_BY_PATIENT
CALL = Endpoint.SEARCH_PATIENT.value
GUID = "1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


class TestRecords:
    @pytest.mark.parametrize(
        ("given", "found"),
        [
            (answer([{"ID": 1}, {"ID": 2}]), [{"ID": 1}, {"ID": 2}]),
            (answer({"ID": 1}), [{"ID": 1}]),
            (answer([]), []),
            (nothing(), []),
            (answer(status=404, text="Not found"), []),
            (answer(text='\ufeff{"ID": 1}'), [{"ID": 1}]),
            (answer(text='{"ID": 1}', content_type="text/html"), [{"ID": 1}]),
            (answer(None), []),
            (answer(text=""), []),
            (answer(text=" \r\n"), []),
            (answer("No records found."), []),
            (answer(status=400, text="No patient found"), []),
        ],
        ids=[
            "array",
            "one object",
            "empty array",
            "204",
            "404 that is allowed",
            "byte order mark",
            "wrong type said",
            "null",
            "no body",
            "blank body",
            "a text that says so",
            "400 that says so",
        ],
    )
    def test_all_shapes_of_success_are_lists_of_records(self, given: WireAnswer, found: list[Any]) -> None:
        assert records(CALL, given, TABLE) == found

    @pytest.mark.parametrize(
        "given",
        [
            html(),
            answer("Please wait"),
            answer(""),
            answer(text="", framed=False),
            answer(f"No records found. {'x' * 200}"),
            answer(False),
            answer(5),
            answer([1, 2]),
            answer([{"ID": 1}, None]),
            answer([[{"ID": 1}]]),
            answer(text='{"ID": 1'),
            answer(text="[" * 100_000),
            WireAnswer(200, "application/json", b"\xff\xfe\x00"),
        ],
        ids=lambda given: repr(given.body[:12]),
    )
    def test_anything_else_is_unexpected_and_not_an_empty_list(self, given: WireAnswer) -> None:
        with pytest.raises(UnexpectedAnswer) as caught:
            records(CALL, given, TABLE)
        assert caught.value.__context__ is None  # json's own error holds the body

    @PROPERTY
    @given(st.integers(min_value=200, max_value=299), st.binary(max_size=80))
    def test_no_bytes_make_it_fail_otherwise(self, status: int, body: bytes) -> None:
        given = WireAnswer(status, "application/json", body)
        with contextlib.suppress(UnexpectedAnswer):
            assert all(isinstance(record, dict) for record in records(CALL, given, TABLE))
        with contextlib.suppress(UnexpectedAnswer):
            json_value(CALL, given)


SPELLINGS = {"patient_id": ["ID", "PatientID"], "email": ["Email"]}


class TestFields:
    def test_every_spelling_is_found_in_the_tables_order(self) -> None:
        found = fields({"PatientID": "P-2", "ID": "P-1", "Unknown": "x"}, SPELLINGS)
        assert found == {"patient_id": ["P-1", "P-2"], "email": []}

    def test_case_does_not_count(self) -> None:
        assert fields({"patientid": 7, "EMAIL": "a@example.com"}, SPELLINGS) == {
            "patient_id": [7],
            "email": ["a@example.com"],
        }

    def test_empty_values_are_no_values(self) -> None:
        assert fields({"ID": "", "PatientID": None}, SPELLINGS)["patient_id"] == []


class TestText:
    @pytest.mark.parametrize(
        ("value", "read"),
        [
            ("a", "a"),
            (" a ", "a"),
            (7, "7"),
            ("", None),
            (" ", None),
            (None, None),
            (True, None),
            ([], None),
            ({}, None),
        ],
    )
    def test_strings_and_numbers_are_text(self, value: object, read: str | None) -> None:
        assert text(value) == read

    def test_half_a_character_is_replaced(self) -> None:
        assert text("a\ud83d") == "a?"

    @pytest.mark.parametrize("unset", [0, "0", -1, "-1", "", "00000000-0000-0000-0000-000000000000", None, False])
    def test_an_id_that_is_not_set_is_no_id(self, unset: object) -> None:
        assert identifier(unset) is None

    @pytest.mark.parametrize("hostile", ["P-1\x1b[31m", "P-1\u202e", "P\u200b1", "P-1\u2028x", "P\x001"])
    def test_what_cannot_be_seen_is_no_id(self, hostile: str) -> None:
        assert identifier(hostile) is None

    @pytest.mark.parametrize(("value", "read"), [(12, "12"), ("A-01", "A-01"), (" A-01 ", "A-01"), ("10", "10")])
    def test_other_ids_are_text(self, value: object, read: str) -> None:
        assert identifier(value) == read


SENT = datetime(2031, 3, 10, 4, 30, tzinfo=UTC)
START = {"StartDateTime": "2031-03-10T10:00:00"}
ZONE = ZoneInfo("Asia/Kolkata")


class TestCreatedIds:
    @pytest.mark.parametrize(
        ("body", "ids"),
        [
            ({"ID": "A-1", "PatientID": "P-1", **START}, ("A-1", "P-1", True)),
            ({"AppointmentID": 17, **START}, ("17", None, False)),
            ({"ID": " A-1 ", "PatientID": 0, **START}, ("A-1", None, False)),
            ({"ID": "A-1", "StartDateTime": "2031-03-10 10:00"}, ("A-1", None, False)),
            ({"ID": "A-1", "StartDateTime": "2031-03-10T10:00:00+05:30"}, ("A-1", None, False)),
            ({"ID": "A-1", "StartDateTime": "2031-03-10T04:30:00Z"}, ("A-1", None, False)),
            ([{"ID": "A-1", **START}], ("A-1", None, False)),
            (4711, ("4711", None, False)),
            ("4711", ("4711", None, False)),
            (GUID, (GUID, None, False)),
            ([GUID], (GUID, None, False)),
        ],
    )
    def test_sent_record_or_a_bare_id_names_the_appointment(
        self, body: object, ids: tuple[str, str | None, bool]
    ) -> None:
        assert created_ids(BOOK, answer(body), TABLE, SENT, "P-1", ZONE) == ids

    def test_who_the_new_patient_is_only_the_answer_tells(self) -> None:
        body = {"ID": "A-1", "PatientID": "P-9", **START}
        assert created_ids(BOOK, answer(body), TABLE, SENT, None, ZONE) == ("A-1", "P-9", True)

    @pytest.mark.parametrize(
        "given",
        [
            answer("Slot is already booked"),
            answer("Appointment created successfully"),
            answer("SUCCESS"),
            answer("0"),
            answer(0),
            answer(-1),
            answer("00000000-0000-0000-0000-000000000000"),
            answer(""),
            answer(True),
            answer(None),
            answer([]),
            answer({}),
            answer(START),
            answer({"ID": 0, **START}),
            answer({"ID": True, **START}),
            answer({"ID": {"value": 5}, **START}),
            answer({"ID": ["A-1"], **START}),
            answer({"ID": "00000000-0000-0000-0000-000000000000", **START}),
            answer({"Message": "An error has occurred."}),
            answer([{"ID": "A-1", **START}, {"ID": "A-2", **START}]),
            answer(1.5),
            answer(text="Booked"),
            nothing(),
            html(),
        ],
        ids=lambda given: repr(given.body[:30]),
    )
    def test_anything_else_leaves_the_outcome_unknown(self, given: WireAnswer) -> None:
        with pytest.raises(OutcomeUnknown) as caught:
            created_ids(BOOK, given, TABLE, SENT, "P-1", ZONE)
        assert "Slot" not in str(caught.value)

    @pytest.mark.parametrize(
        "record",
        [
            {"ID": "P-1"},
            {"ID": "A-1", "StartDateTime": None},
            {"ID": "A-1", "StartDateTime": "0001-01-01T00:00:00"},
            {"ID": "A-1", "StartDateTime": "soon"},
            {"ID": "A-1", "StartDateTime": 5},
            {"ID": "A-1", "StartDateTime": "2031-03-10T10:15:00"},
            {"ID": "A-1", "StartDateTime": "2031-03-10T04:30:00"},
            {"ID": "A-1", "StartDateTime": "2031-03-10T10:00:00Z"},
            {"ID": "A-1", "StartDateTime": "2031-03-10T10:00:00+04:00"},
            {"ID": "A-1", "PatientID": "P-2", **START},
        ],
        ids=[
            "no start",
            "null",
            "unset",
            "no time",
            "a number",
            "rounded",
            "shifted",
            "the same hour of UTC",
            "the same hour elsewhere",
            "another patient's",
        ],
    )
    def test_a_record_that_is_not_of_what_was_sent_is_not_believed(self, record: dict[str, Any]) -> None:
        with pytest.raises(OutcomeUnknown):
            created_ids(BOOK, answer(record), TABLE, SENT, "P-1", ZONE)

    def test_in_an_hour_that_comes_twice_an_offset_says_which(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        sent = datetime(2031, 10, 26, 2, 30, tzinfo=berlin)

        def shown(start: str) -> WireAnswer:
            return answer({"ID": "A-1", "StartDateTime": start})

        assert created_ids(BOOK, shown("2031-10-26T02:30:00+02:00"), TABLE, sent, None, berlin) == ("A-1", None, False)
        with pytest.raises(OutcomeUnknown):
            created_ids(BOOK, shown("2031-10-26T02:30:00+01:00"), TABLE, sent, None, berlin)

    @PROPERTY
    @given(
        json_values
        | st.dictionaries(st.sampled_from(["ID", "AppointmentID", "PatientID", "StartDateTime"]), json_values)
        | st.dictionaries(st.sampled_from(["ID", "AppointmentID", "PatientID"]), json_values).map(lambda d: d | START)
    )
    def test_no_json_makes_it_fail_otherwise(self, body: object) -> None:
        with contextlib.suppress(OutcomeUnknown):
            appointment_id, patient_id, shown = created_ids(BOOK, answer(body), TABLE, SENT, "P-1", ZONE)
            assert appointment_id.strip().encode()
            assert patient_id in (None, "P-1")
            assert shown is False or patient_id is not None
