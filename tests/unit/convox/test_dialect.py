"""How documents are laid over one another, and what a caller of its own may change."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.dialect import DialectDocument, Dialects
from convox_clinicea.convox.fields import CANONICAL
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import InvalidDocument, InvalidRequest
from convox_clinicea.lookups.search import SearchRequest
from convox_clinicea.settings import packed
from tests.support import events
from tests.support.bookings import known_body, new_body
from tests.support.dialects import PACKED, dialect, read

CALL = {"call_id": "R-1", "agent_id": "a-1"}


def meaning(spoken: Any, name: str) -> str | None:
    known = spoken.known(name)
    return known.canonical if known else None


def test_packed_document_says_how_well_each_name_is_known() -> None:
    document = DialectDocument.read(packed("dialect"))

    evidence = {said for names in document.aliases.values() for said in names.values()}
    assert evidence == {"2x", "1x", "assumed"}
    assert {"stands_in", "date_order", "words.missing", "words.consent", "words.gender"} <= set(document.evidence)


def test_every_name_of_ours_stands_for_itself() -> None:
    assert {name: meaning(PACKED, name.upper()) for name in CANONICAL} == {name: name for name in CANONICAL}


def test_an_object_adds_names() -> None:
    spoken = dialect(aliases={"clinic_id": {"Branch Code": "site"}})

    assert (meaning(spoken, "branch code"), meaning(spoken, "clinicid")) == ("clinic_id", "clinic_id")


def test_a_list_replaces_them_all() -> None:
    spoken = dialect(aliases={"mobile": ["ANI"]})

    assert (meaning(spoken, "ani"), meaning(spoken, "mobile")) == ("mobile", "mobile")
    assert [meaning(spoken, name) for name in ("MOBILE_NO", "mobile_number", "callernumber")] == [None] * 3


def test_null_takes_one_name_away() -> None:
    spoken = dialect(aliases={"start": {"appointment_start": None}})

    with pytest.raises(InvalidRequest, match="start: is required"):
        read(
            KnownPatientBooking,
            events.book_known("P", known_body(start=..., appointment_start="2031-03-06 10:00:00")),
            spoken,
            patient_id="P",
        )


def test_a_name_may_be_given_another_meaning() -> None:
    spoken = dialect(aliases={"start": {"FOLLOWUP_TIME": "site"}, "notes": {"remarks": "site"}})

    assert (meaning(spoken, "followup_time"), meaning(spoken, "REMARKS")) == ("start", "notes")


def test_what_stands_in_is_configuration() -> None:
    remarks = dialect(stands_in={"notes": ["remarks"]})
    event = events.book_known("P", known_body(notes=..., comments="brings a scan"))

    assert read(KnownPatientBooking, event, patient_id="P").notes is None
    kept = read(KnownPatientBooking, event, remarks, patient_id="P").notes
    assert kept is not None
    assert kept.reveal() == "brings a scan"


def test_follow_up_is_a_call_back_unless_configured_otherwise() -> None:
    site = dialect(stands_in={"start": ["follow_up"]})
    event = events.book_known("P", known_body(start=..., FOLLOWUP_TIME="2031-03-06 10:00:00"))

    with pytest.raises(InvalidRequest, match="start: is required"):
        read(KnownPatientBooking, event, patient_id="P")
    assert read(KnownPatientBooking, event, site, patient_id="P").start == "2031-03-06T10:00:00"


@pytest.mark.parametrize(
    "name", ["phone_number", "callback_date", "callback_hrs", "callback_mins", "CallID", "duration", "station"]
)
def test_unknown_names_and_receivers_own_names_mean_nothing(name: str) -> None:
    assert meaning(PACKED, name) is None


@pytest.mark.parametrize(
    ("name", "stands_for"),
    [
        ("CALL_HIT_REFERENCE_NUMBER", "call_id"),
        ("userid", "agent_id"),
        ("convoxID", "lead_id"),
        ("convoxuid", "lead_id"),
        ("callProcess", "process"),
        ("Process", "process"),
        ("Queue", "queue"),
    ],
)
def test_name_sent_by_its_pages_and_popups_keeps_its_meaning(name: str, stands_for: str) -> None:
    assert meaning(PACKED, name) == stands_for


def test_a_document_of_before_still_holds() -> None:
    spoken = dialect(
        aliases={"follow_up_date": {"callback_date": None}, "mobile": {"phone_number": "site"}},
        stands_in={"start": ["follow_up"]},
        words={"consent": {"no": ["na", "None"]}, "gender": {"other": ["N/A"]}, "appointment": ["New"]},
    )

    assert meaning(spoken, "phone_number") == "mobile"
    assert (spoken.consent["na"], spoken.genders["n/a"]) == (False, "other")
    assert not {"na", "NA", "None", "NONE", "N/A", "n/a"} & spoken.missing
    assert spoken.mean_appointment(["NEW"])


def test_dispositions_that_mean_an_appointment_are_configuration() -> None:
    spoken = dialect(words={"appointment": ["Visit fixed"]})

    assert PACKED.mean_appointment([" Appointment Booked "])
    assert spoken.mean_appointment(["VISIT FIXED"])
    assert not spoken.mean_appointment(["Appointment Booked"])


@pytest.mark.parametrize(
    "came",
    [
        ["APPOINTMENT_BOOKED"],
        ["appointment-booked"],
        ["Appointment\u00a0Booked"],
        ["Connected~Appointment Booked~2031-03-06"],
        ["AB --- Appointment Booked"],
        ["ab---appointment_booked"],
        ["Connected~AB \u2014\u2014\u2014 Appointment Booked"],
        ["Connected", "appointment\u2013fixed"],
    ],
    ids=str,
)
def test_disposition_is_a_word_or_levels_however_joined(came: list[str]) -> None:
    assert PACKED.mean_appointment(came)


@pytest.mark.parametrize(
    "came",
    [
        ["AUTOWRAPUP"],
        ["AutoWrapup", "Appointment"],
        ["AUTOWRAPUP~Appointment"],
        ["NEW"],
        ["AUTOWRAPUP --- Appointment"],
        ["NI --- Not Interested"],
        ["Cancelled - Appointment Booked"],
    ],
)
def test_what_convox_disposed_of_itself_books_nothing(came: list[str]) -> None:
    assert not PACKED.mean_appointment(came)


class TestCallers:
    DOCUMENT: ClassVar[dict[str, Any]] = {
        "date_order": "dmy",
        "aliases": {"clinic_id": {"branch": "site"}},
        "callers": {
            "dubai": {"time_zone": "Asia/Dubai", "date_order": "mdy", "words": {"consent": {"yes": ["aiwa"]}}},
            "pune": {"aliases": {"clinic_id": {"centre": "site"}}},
        },
    }
    dialects = Dialects.from_document(DOCUMENT)

    def test_what_is_said_for_all_holds_for_each(self) -> None:
        assert meaning(self.dialects.for_client("dubai"), "branch") == "clinic_id"
        assert self.dialects.for_client("pune").date_order == "dmy"

    def test_what_is_said_for_one_holds_for_nobody_else(self) -> None:
        assert meaning(self.dialects.for_client("pune"), "centre") == "clinic_id"
        assert meaning(self.dialects.for_client("dubai"), "centre") is None
        assert self.dialects.for_client("dubai").date_order == "mdy"
        assert self.dialects.for_client("pune").zone is None

    def test_a_caller_of_whom_nothing_is_said_speaks_as_all_do(self) -> None:
        stranger = self.dialects.for_client("convox")

        assert (stranger.date_order, stranger.zone) == ("dmy", None)
        assert meaning(stranger, "branch") == "clinic_id"

    def test_words_are_added_for_one_meaning_and_kept_for_the_other(self) -> None:
        consent = self.dialects.for_client("dubai").consent

        assert (consent["aiwa"], consent["no"]) == (True, False)
        assert "yes" not in consent

    def test_start_uses_the_zone_of_clinic_then_caller_then_default(self) -> None:
        clinics = {"schema": 1, "clinics": [{"clinic_id": "C-NP", "time_zone": "Asia/Kathmandu"}]}
        place = RequestDefaults(Clinics.from_document(clinics, "Asia/Kolkata"), "IN")

        def offset(caller: str, clinic: str) -> str:
            spoken = self.dialects.for_client(caller)
            event = events.book_known("P", known_body(start="2031-03-06 10:00:00", clinic_id=clinic))
            booking = read(KnownPatientBooking, event, spoken, patient_id="P").canonical(
                caller, place.in_dialect(spoken)
            )
            return booking.start.isoformat()[-6:]

        assert [offset("dubai", "C-NP"), offset("dubai", "C-01"), offset("pune", "C-01")] == [
            "+05:45",
            "+04:00",
            "+05:30",
        ]

    def test_consent_time_is_in_the_callers_zone_not_the_clinics(self) -> None:
        clinics = {"schema": 1, "clinics": [{"clinic_id": "C-NP", "time_zone": "Asia/Kathmandu"}]}
        place = RequestDefaults(Clinics.from_document(clinics, "Asia/Kolkata"), "IN")
        spoken = self.dialects.for_client("dubai")
        event = events.book_new(new_body(clinic_id="C-NP", consent={"given": "aiwa", "at": "03/06/2031 10:00"}))

        details = read(NewPatientBooking, event, spoken).canonical("dubai", place.in_dialect(spoken)).new_patient

        assert details is not None
        assert details.consent is not None
        assert details.consent.at is not None
        assert details.consent.at.isoformat() == "2031-03-06T10:00:00+04:00"


@pytest.mark.parametrize("word", ["on", "t", "YES!", "y", "ok", "ja"])
def test_no_word_means_consent_that_is_not_in_the_list(word: str) -> None:
    with pytest.raises(InvalidRequest, match=r"consent\.given: must be true or false, or a known synonym"):
        read(NewPatientBooking, events.book_new(new_body(consent=word)))


def test_a_word_that_would_mean_yes_and_no_is_no_dialect() -> None:
    with pytest.raises(InvalidDocument, match=r"callers\.pune\.words\.consent: [Nn]o has two meanings"):
        Dialects.from_document({"callers": {"pune": {"words": {"consent": {"yes": ["No"]}}}}})


def test_an_unknown_name_means_nothing() -> None:
    request = read(SearchRequest, events.search({**CALL, "mobile": "9999900041", "Mobile Number": "x", "": "y"}))

    assert request.mobile.reveal() == "9999900041"
