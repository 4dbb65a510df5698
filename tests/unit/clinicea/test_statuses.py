"""What Clinicea's status words, flags and reasons mean; no spelling alone decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.clinicea import Clinicea, Status
from convox_clinicea.clinicea.models import appointment_from
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import InvalidDocument
from tests.support.clients import Scripted, answer, call_table, nothing, scripted_client, within
from tests.support.properties import PROPERTY

TABLE = call_table()
CLINICS = Clinics.from_document({"schema": 1, "clinics": []}, "Asia/Kolkata")
KNOWN = {
    Status.CHECKED_OUT: [
        "Check Out",
        "Checked Out",
        "CheckedOut",
        "check-out",
        "CHECKED_OUT",
        "Completed",
        " completed ",
    ],
    Status.CANCELLED: ["Cancelled", "Canceled", "CANCELLED", "Deleted", "cancelled."],
    Status.NO_SHOW: ["No Show", "NoShow", "no-show", "NO_SHOW"],
    Status.STANDING: ["Scheduled", "Confirmed", "Waiting", "Engaged", "Booked", "Checked In", "check in", "ARRIVED"],
}
REMARKS = [" by Patient", " (late)", "ByPatient", " - billed", "_BY_STAFF", ": called", "\u2014 rang twice"]
UNKNOWN = [
    "Rescheduled", "Checked", "Check", "Not Completed", "Incomplete", "Uncancelled", "Pending", "Lost", "Waiting List",
    "Entered in error", "Newly made", "Confirmed, then cancelled", "Check Out - Cancelled",
    "\u0645\u0624\u0643\u062f", "3",
]  # fmt: skip


def status(**record: Any) -> Status:
    read = appointment_from({"ID": "A-1", **record}, TABLE, CLINICS)
    assert read is not None
    return read.status


@pytest.mark.parametrize(("meaning", "word"), [(meaning, word) for meaning, words in KNOWN.items() for word in words])
def test_a_word_means_the_same_however_it_is_spelled(meaning: Status, word: str) -> None:
    assert status(AppointmentStatus=word) is meaning


@pytest.mark.parametrize("remark", REMARKS)
@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Cancelled", Status.CANCELLED),
        ("Canceled", Status.CANCELLED),
        ("Checked Out", Status.CHECKED_OUT),
        ("No Show", Status.NO_SHOW),
    ],
)
def test_a_remark_may_follow_a_word(word: str, meaning: Status, remark: str) -> None:
    assert status(AppointmentStatus=word + remark) is meaning


@pytest.mark.parametrize("word", UNKNOWN)
def test_a_word_that_nobody_knows_is_unclear_and_kept_as_it_came(word: str) -> None:
    read = appointment_from({"ID": "A-1", "AppointmentStatus": word}, TABLE, CLINICS)

    assert read is not None
    assert (read.status, read.status_word and read.status_word.reveal()) == (Status.UNCLEAR, word)
    assert word not in repr(read)


@PROPERTY
@given(
    st.sampled_from([w for words in KNOWN.values() for w in words]),
    st.sampled_from(["", " ", "-", "_", "."]),
    st.data(),
)
def test_case_blanks_and_separators_never_count(word: str, between: str, data: st.DataObject) -> None:
    plain = [letter for letter in word if letter.isalnum()]
    odd = between.join(data.draw(st.sampled_from([letter.upper(), letter.lower()])) for letter in plain)

    assert status(AppointmentStatus=odd) is status(AppointmentStatus=word)


def test_words_of_other_scripts_are_told_apart() -> None:
    # Were they all reduced to nothing, one Arabic status would make every other one "cancelled".
    table = call_table({"statuses": {"cancelled": ["\u0645\u0644\u063a\u0649"]}})

    assert table.statuses.meaning("\u0645\u0644\u063a\u0649") == "cancelled"
    assert table.statuses.meaning("\u0645\u0624\u0643\u062f") is None


def test_a_word_without_letters_is_refused_in_the_table() -> None:
    with pytest.raises(InvalidDocument, match=r"statuses\.cancelled"):
        call_table({"statuses": {"cancelled": ["-"]}})


class TestFlags:
    @pytest.mark.parametrize("flag", ["IsDeleted", "IsCancelled", "IsCanceled", "isdeleted"])
    @pytest.mark.parametrize("word", ["Confirmed", "Check Out", "Rescheduled", ""])
    def test_one_that_says_so_cancels_whatever_the_word(self, flag: str, word: str) -> None:
        assert status(AppointmentStatus=word, **{flag: True}) is Status.CANCELLED

    @pytest.mark.parametrize("value", [True, 1, "true", "True", "1", "Yes", "Y"])
    def test_each_spelling_of_yes_cancels(self, value: object) -> None:
        assert status(AppointmentStatus="Confirmed", IsDeleted=value) is Status.CANCELLED

    @pytest.mark.parametrize("value", [False, 0, "false", "False", "0", "No", "", None, [], {}, "-"])
    def test_one_that_does_not_changes_nothing(self, value: object) -> None:
        assert status(AppointmentStatus="Confirmed", IsDeleted=value, IsInactive=value) is Status.STANDING

    @pytest.mark.parametrize("word", ["Confirmed", "Check Out", "No Show", ""])
    def test_an_inactive_record_is_unclear(self, word: str) -> None:
        assert status(AppointmentStatus=word, IsInactive=True) is Status.UNCLEAR
        assert status(AppointmentStatus="Cancelled", IsInactive=True) is Status.CANCELLED


class TestReasons:
    @pytest.mark.parametrize("reason", ["-", "NA", "None", " ", "Patient asked", "0", False, []])
    @pytest.mark.parametrize(
        ("word", "meaning"),
        [("Confirmed", Status.STANDING), ("Check Out", Status.CHECKED_OUT), ("Rescheduled", Status.UNCLEAR)],
    )
    def test_beside_a_word_it_decides_nothing(self, word: str, meaning: Status, reason: object) -> None:
        # An appointment wrongly taken as cancelled would be made a second time.
        assert status(AppointmentStatus=word, CancellationReason=reason) is meaning

    @pytest.mark.parametrize("word", ["", " ", None, "-", "null", "N/A"])
    def test_without_a_word_it_cancels(self, word: object) -> None:
        assert status(AppointmentStatus=word, CancellationReason="Patient asked") is Status.CANCELLED

    @pytest.mark.parametrize("reason", [None, "", " ", "-", "--", "NA", "n/a", "null", "nil", 0, False, [], {}])
    def test_a_placeholder_is_none(self, reason: object) -> None:
        assert status(CancellationReason=reason) is Status.MISSING


VISITS = [
    {"ID": "A-1", "AppointmentStatus": "Check Out", "StartDateTime": "2024-01-04T10:00:00"},
    {"ID": "A-2", "AppointmentStatus": "Settled", "StartDateTime": "2024-01-03T10:00:00"},
    {"ID": "A-3", "AppointmentStatus": "Cancelled by Patient", "StartDateTime": "2024-01-02T10:00:00"},
    {"ID": "A-4", "AppointmentStatus": "Scheduled", "StartDateTime": "2024-01-01T10:00:00"},
    {"ID": "A-5", "AppointmentStatus": "Engaged", "StartDateTime": "2039-01-01T10:00:00"},
]


def shown(client: Clinicea, visits: str) -> list[str]:
    return [each.appointment_id for each in getattr(client, visits)("P-1", within(2))]


def test_unknown_word_drops_no_visit_and_is_counted_unnamed() -> None:
    counted: list[tuple[str, int]] = []
    client = scripted_client(Scripted(answer(VISITS)), observe_unclear=lambda *told: counted.append(told))

    assert shown(client, "past_completed_appointments") == ["A-1", "A-2"]
    assert counted == [("getPatientPastCompletedAppointment", 1)]


def test_modern_call_keeps_past_visits_with_an_unknown_word() -> None:
    ahead = {"ID": "A-6", "AppointmentStatus": "Settled", "StartDateTime": "2039-01-02T10:00:00"}
    counted: list[tuple[str, int]] = []
    client = scripted_client(
        Scripted(answer([*VISITS, ahead]), nothing()),
        table={"schema": 2, "flows": {"completed": "modern"}},
        observe_unclear=lambda *told: counted.append(told),
    )

    assert shown(client, "past_completed_appointments") == ["A-1", "A-2"]
    assert counted == [("getAppointmentsByPatient", 2)]


def test_past_visit_not_checked_out_is_read_only_if_configured() -> None:
    transport = Scripted(answer(VISITS), nothing())
    assert shown(scripted_client(transport), "unfinished_appointments") == []
    assert transport.sent == []

    asking = scripted_client(transport, table={"statuses": {"show_unfinished": True}})
    assert shown(asking, "unfinished_appointments") == ["A-4"]
