"""ConVox's own way of speaking, through the functions: documents, callers, and what an error calls a field."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import invented
from tests.support.account import document
from tests.support.bookings import in_days, known_body, new_body
from tests.support.call_ends import known
from tests.support.deployment import Deployment
from tests.support.functions import Answer

STATUS = {"CALL_REFERENCE_ID": "R-77", "USER_ID": "a-1"}


def told(answer: Answer) -> dict[str, str]:
    return {problem["field"]: problem["message"] for problem in answer.body["fields"]}


def test_a_search_in_convoxs_names_finds_the_patient(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient())
    form = urlencode(STATUS | {"MOBILE_NO": invented.NATIONAL})

    assert deployment.search(form).body["match"] == "one"
    assert deployment.popup(form).body["match"] == "one"
    assert deployment.search_by_get(STATUS | {"callernumber": invented.NATIONAL}).body["match"] == "one"


def test_a_booking_in_convoxs_names_is_the_same_booking(deployment: Deployment) -> None:
    start = in_days(2)
    ours = deployment.book_known("P-41", known_body(start=start.isoformat(), call_id="R-77", agent_id="a-1"))
    theirs = known_body(call_id=..., agent_id=..., start=...) | STATUS
    theirs |= {"appointment_date": f"{start:%Y-%m-%d}", "appointment_time": f"{start:%I:%M %p}"}

    again = deployment.book_known("P-41", urlencode({"data": json.dumps(theirs)}))

    assert again.body["booking_id"] == ours.body["booking_id"]
    assert (again.body["repeated"], again.body["changed"]) == (True, False)


def test_a_problem_says_under_which_name_the_field_came(deployment: Deployment) -> None:
    masked = deployment.search(STATUS | {"MOBILE_NO": "98xxxxxx10"})
    masked.is_error(400, "invalid_request", "mobile")
    assert told(masked)["mobile"] == "has masked digits; the whole number is needed (sent as MOBILE_NO)"

    past = deployment.book_known("P-41", known_body(start=...) | {"Appointment_Start": "2020-01-01 10:00:00"})
    assert told(past) == {"start": "must be in the future (sent as appointment_start)"}

    wordless = deployment.book_new(new_body(consent=..., Consent_Given="perhaps"))
    assert list(told(wordless).values()) == ["must be true or false, or a known synonym (sent as consent_given)"]


def test_a_refused_status_callback_says_so_too(deployment: Deployment) -> None:
    past = deployment.call_status(known(start=..., Appointment_Start="2020-01-01 10:00:00"))
    assert told(past) == {"start": "must be in the future (sent as appointment_start)"}

    unread = deployment.call_status(known(start=..., Appointment_Start="soon"))
    assert told(unread)["start"].endswith("such as 2026-12-01T15:00:00 (sent as appointment_start)")

    nameless = deployment.call_status(known(call_id=..., CALL_REFERENCE_ID="R" * 200))
    assert told(nameless)["call_id"].endswith("(sent as CALL_REFERENCE_ID)")


def test_a_name_that_nobody_knows_is_not_repeated(deployment: Deployment) -> None:
    answer = deployment.search({"9999900041 Zanzibarina": "x", "MOBILE_N\u041e": "y", **STATUS})

    assert told(answer) == {"mobile": "is required"}
    assert invented.leaks(json.dumps(answer.body)) == []


def test_what_one_request_was_called_is_forgotten_by_the_next(deployment: Deployment) -> None:
    deployment.search(STATUS | {"MOBILE_NO": "1"})

    assert told(deployment.search(STATUS | {"mobile": "1234567"})) == {
        "mobile": "is not a valid telephone number; send it with its dialling code"
    }


DOCUMENT: dict[str, Any] = {
    "aliases": {"clinic_id": {"branch": "site"}, "start": {"visit": "site"}},
    "callers": {
        "dubai": {
            "time_zone": "Asia/Dubai",
            "date_order": "dmy",
            "aliases": {"clinic_id": {"far3": "site"}},
            "words": {"consent": {"yes": ["aiwa"], "no": ["la"]}},
        }
    },
}


def test_each_caller_has_its_own_names_words_dates_and_zone(deployment: Deployment) -> None:
    deployment.configure(DIALECT=document(DOCUMENT))
    day = in_days(20)
    body = new_body(clinic_id=..., start=..., consent=...)
    dubai = body | {"far3": "C-01", "visit": f"{day:%d/%m/%Y} 10:00", "consent": "Aiwa"}

    accepted = deployment.book_new(dubai, caller="dubai")
    assert accepted.status == 202
    booking = deployment.booking(accepted.body["booking_id"])
    assert booking.caller == "dubai"
    assert booking.start.isoformat().startswith(f"{day:%Y-%m-%d}T")
    assert booking.start.utctimetuple().tm_hour == 6

    elsewhere = deployment.book_new(dubai, caller="convox")
    elsewhere.is_error(400, "invalid_request", "clinic_id", "start", "consent.given")


@pytest.mark.parametrize("content", ["[]", "not json", {"schema": 2}, {"aliases": {"mobil": ["x"]}}], ids=str)
def test_invalid_dialect_is_an_error_never_a_silent_default(deployment: Deployment, content: Any) -> None:
    deployment.configure(DIALECT=document(content))

    deployment.search(STATUS | {"mobile": invented.MOBILE}).is_error(500, "internal")
