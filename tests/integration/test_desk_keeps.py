"""What the desk keeps of a caller: drafts, sealed and for a day, and what a pop-up found, for seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from convox_clinicea.errors import NotFound, TooLarge
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.desk import ANOTHER, CALL, Desk, form, new_form


@pytest.fixture
def desk(deployment: Deployment) -> Desk:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.popup(CALL)
    return Desk()


def test_a_draft_comes_back_as_it_was_typed(deployment: Deployment, desk: Desk) -> None:
    typed = form(notes=invented.NOTES, service=invented.SERVICE)
    desk.services.drafts.keep(desk.person, CALL_ID, typed | {"csrf": "never kept"})

    assert desk.services.drafts.get(desk.person, CALL_ID) == typed
    (item,) = deployment.stack.items("desk-draft#")
    assert invented.leaks(str(item)) == []
    left = int(item["expires_at"]["N"]) - datetime.now(UTC).timestamp()
    assert left <= timedelta(hours=24).total_seconds()


def test_the_last_draft_counts_and_can_be_dropped(desk: Desk) -> None:
    drafts, person = desk.services.drafts, desk.person
    drafts.keep(person, CALL_ID, form(notes="first"))
    drafts.keep(person, CALL_ID, form(notes="second"))

    assert drafts.get(person, CALL_ID)["notes"] == "second"
    drafts.drop(person, CALL_ID)
    drafts.drop(person, CALL_ID)
    assert drafts.get(person, CALL_ID) == {}


@pytest.mark.parametrize("said", ["", "no", "maybe"])
def test_without_consent_a_draft_says_nothing_of_the_caller(desk: Desk, said: str) -> None:
    typed = new_form(notes=invented.NOTES, service=invented.SERVICE, **{"consent.given": said})

    desk.services.drafts.keep(desk.person, CALL_ID, typed)

    kept = desk.services.drafts.get(desk.person, CALL_ID)
    assert set(kept) <= {"clinic_id", "day", "time", "consent.given"}
    assert invented.leaks(str(kept)) == []


def test_a_draft_of_another_agent_s_call_is_not_kept_or_shown(deployment: Deployment, desk: Desk) -> None:
    drafts = desk.services.drafts
    drafts.keep(desk.person, CALL_ID, form())

    with pytest.raises(NotFound):
        drafts.keep(ANOTHER, CALL_ID, form())
    assert drafts.get(ANOTHER, CALL_ID) == {}


@pytest.mark.parametrize("notes", ["n" * 1_000_000, "n" * 501])
def test_a_draft_that_could_not_be_booked_is_too_large(desk: Desk, notes: str) -> None:
    with pytest.raises(TooLarge):
        desk.services.drafts.keep(desk.person, CALL_ID, form(notes=notes))


def test_notes_of_the_longest_length_in_any_script_are_kept(desk: Desk) -> None:
    typed = form(notes="ॐ" * 500, service="क" * 100)

    desk.services.drafts.keep(desk.person, CALL_ID, typed)

    assert desk.services.drafts.get(desk.person, CALL_ID) == typed


VISITS = [{**invented.VISIT, "service": invented.SERVICE}]
SEARCH = "searchPatientByMobileNumber"


@pytest.fixture
def prefetched(deployment: Deployment) -> Deployment:
    """A pop-up has found the one patient, and Clinicea has been down since."""
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", file_no="F-41", appointments=VISITS))
    deployment.popup(CALL)
    return deployment


def down(deployment: Deployment) -> None:
    deployment.fake.fault(SEARCH, "status", status=500)


def test_what_the_pop_up_found_is_shown_without_clinicea(prefetched: Deployment) -> None:
    desk = Desk()
    prefetched.stack.delete(f"desk-found#convox#{AGENT_ID}#{CALL_ID}")
    asked = desk.show()
    prefetched.popup(CALL)
    down(prefetched)

    kept = desk.show()

    assert kept == asked
    assert [entry["route"]["S"] for entry in prefetched.stack.entries() if "person" in entry] == [
        "GET /desk/calls/{call_id}"
    ] * 2


def test_it_is_kept_sealed_for_seconds(prefetched: Deployment) -> None:
    (item,) = prefetched.stack.items("desk-found#")

    assert invented.leaks(str(item)) == []
    assert int(item["expires_at"]["N"]) - datetime.now(UTC).timestamp() <= 120


def test_after_its_seconds_the_desk_asks_anew(prefetched: Deployment) -> None:
    (item,) = prefetched.stack.items("desk-found#")
    prefetched.stack.spoil(item["pk"]["S"], until="2020-01-01T00:00:00.000Z")
    down(prefetched)

    assert Desk().show(seconds=0.5).kind == "degraded"


def test_for_another_number_the_desk_asks_anew(prefetched: Deployment) -> None:
    desk = Desk()
    desk.services.calls.with_number(desk.person, desk.call(), invented.OTHER_MOBILE)

    assert desk.show().kind == "none"


def test_another_agent_is_not_shown_it(prefetched: Deployment) -> None:
    prefetched.popup({**CALL, "agent_id": ANOTHER.agent_id})
    prefetched.stack.delete(f"desk-found#convox#{ANOTHER.agent_id}#{CALL_ID}")
    down(prefetched)

    assert Desk(ANOTHER).show(seconds=0.5).kind == "degraded"


def test_without_a_desk_nothing_is_kept_for_it(deployment: Deployment) -> None:
    deployment.configure(DESK_CLIENT="")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))

    assert deployment.popup(CALL).status == 200
    assert deployment.stack.items("desk-") == []


@pytest.mark.parametrize("seconds", ["0", "120"])
def test_nothing_is_kept_where_it_is_off_or_degraded(deployment: Deployment, seconds: str) -> None:
    deployment.configure(PREFETCH_SECONDS=seconds)
    if seconds != "0":
        down(deployment)

    deployment.popup(CALL)

    assert deployment.stack.items("desk-found#") == []


def test_ten_long_visits_are_kept(deployment: Deployment) -> None:
    visits = [{**VISITS[0], "start": f"2024-0{1 + month}-04T10:00:00"} for month in range(9)]
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=visits))
    deployment.popup(CALL)
    down(deployment)

    view = Desk().show()

    assert view.visits is not None
    assert len(view.visits) == 9


@pytest.mark.parametrize("mobile", [invented.MOBILE, "anonymous"])
@pytest.mark.parametrize("seconds", ["0", "120"])
def test_an_acknowledgement_says_nothing_of_the_caller(deployment: Deployment, mobile: str, seconds: str) -> None:
    deployment.configure(POPUP_ANSWER="acknowledge", PREFETCH_SECONDS=seconds)
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))

    answer = deployment.popup({**CALL, "mobile": mobile})

    assert answer.body == {
        "status": "success",
        "message": "The call is announced at the agent's desk.",
        "match": None,
        "patients": [],
        "appointments": None,
        "degraded": False,
    }
    assert deployment.stack.entries() == []
    assert len(deployment.fake.requests(SEARCH)) == int(seconds != "0" and mobile != "anonymous")


def test_what_was_only_acknowledged_was_not_shown(deployment: Deployment) -> None:
    deployment.configure(POPUP_ANSWER="acknowledge", VISITS_ONLY_IF_SHOWN="true")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.popup(CALL)
    asked = {"call_id": CALL_ID, "agent_id": AGENT_ID}

    deployment.completed("P-41", asked).is_error(403, "forbidden")
    assert Desk().show().kind == "one"
    assert deployment.completed("P-41", asked).status == 200
