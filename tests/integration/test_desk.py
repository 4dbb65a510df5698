"""The desk's services over AWS in this process: an announced call, who is calling, and the booking."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from convox_clinicea.desk.caller import Candidate
from convox_clinicea.desk.states import Progress
from convox_clinicea.disclosures import NotRecorded
from convox_clinicea.errors import ConsentRequired, InvalidRequest, NotFound, NotShown, TooManyPatients
from tests.support import invented
from tests.support.account import document
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body
from tests.support.deployment import Deployment
from tests.support.desk import Desk, Signed, form, new_form

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID, "mobile": invented.MOBILE}
VISITS = [{"clinic_id": "C-01", "start": "2025-03-04T10:00:00", "status": "CheckedOut"}]
ANOTHER = Signed(subject="5b1d0c9e-0000-4000-8000-00000000d002", agent_id="agent-13")


@pytest.fixture
def announced(deployment: Deployment) -> Deployment:
    """The call of the one patient with that number has reached the agent; the desk makes its look-ups itself."""
    deployment.configure(PREFETCH_SECONDS="0")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", file_no="F-41", appointments=VISITS))
    assert deployment.popup({**CALL, "queue": "Andheri"}).status == 200
    return deployment


def test_an_announced_call_is_on_the_agent_s_desk(announced: Deployment) -> None:
    desk = Desk()

    (listed,) = desk.services.calls.today(desk.person)
    found = desk.call()

    assert (listed.call_id, listed.line, listed.direction, listed.mobile) == (CALL_ID, "Andheri", "in", None)
    assert found.mobile is not None
    assert found.mobile.reveal() == invented.MOBILE
    assert (found.ended_at, found.bookings) == (None, ())


def test_nobody_else_s_call_is_found(announced: Deployment) -> None:
    desk = Desk(ANOTHER)

    assert desk.services.calls.today(ANOTHER) == []
    with pytest.raises(NotFound):
        desk.call()


def test_a_call_of_another_client_is_not_the_desk_s(announced: Deployment) -> None:
    announced.popup({**CALL, "call_id": "CALL-7002"}, caller="another")

    assert [each.call_id for each in Desk().services.calls.today(Signed())] == [CALL_ID]


def test_the_status_callback_ends_the_call(announced: Deployment) -> None:
    announced.call_status({**CALL, "disposition": "enquiry"})

    assert Desk().call().ended_at is not None


def test_what_the_pop_up_stores_tells_nothing_of_a_person(announced: Deployment) -> None:
    (item,) = announced.stack.items("desk-calls#")

    assert invented.leaks(str(item)) == []


def test_the_one_patient_is_recorded_under_the_person(announced: Deployment) -> None:
    before = len(announced.stack.entries())
    desk = Desk()

    view = desk.show()

    assert (view.kind, view.visits_degraded) == ("one", False)
    assert [each.patient_id for each in view.patients] == ["P-41"]
    assert view.visits is not None
    assert len(view.visits) == 1
    (entry,) = [each for each in announced.stack.entries() if "person" in each]
    assert len(announced.stack.entries()) == before + 1
    assert entry["person"]["S"] == desk.person.subject
    assert (entry["agent_id"]["S"], entry["call_id"]["S"]) == (AGENT_ID, CALL_ID)
    assert entry["route"]["S"] == "GET /desk/calls/{call_id}"
    assert entry["source_ip"]["S"] == "203.0.113.9"
    named = {each["S"] for each in entry["fields"]["L"]}
    assert {"name", "date_of_birth", "appointments.clinic.clinic_id"} <= named


def test_nothing_is_shown_that_is_not_on_record(announced: Deployment) -> None:
    desk = Desk()
    call = desk.call()
    announced.stack.without_register()

    with pytest.raises(NotRecorded):
        desk.show(call)


def test_the_desk_s_look_ups_pass_the_agent_s_limits(announced: Deployment) -> None:
    announced.fake.add_patient(**invented.patient(patient_id="P-43", mobile=invented.OTHER_NATIONAL))
    announced.popup({**CALL, "call_id": "CALL-7002", "mobile": invented.OTHER_MOBILE})
    announced.configure(PATIENTS_PER_AGENT_TEN_MINUTES="1")

    with pytest.raises(TooManyPatients):
        Desk().show()


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "delay", "seconds": 60}], ids=str)
def test_without_clinicea_the_view_says_since_when(announced: Deployment, fault: dict[str, Any]) -> None:
    announced.fake.fault("searchPatientByMobileNumber", **fault)
    desk = Desk()

    first, second = desk.show(seconds=0.5), desk.show(seconds=0.5)

    assert (first.kind, second.kind) == ("degraded", "degraded")
    assert first.since is not None
    assert second.since == first.since


def test_without_a_number_clinicea_is_not_asked(deployment: Deployment) -> None:
    deployment.popup({**CALL, "mobile": "anonymous"})

    assert Desk().show().kind == "withheld"
    assert deployment.fake.requests() == []


def test_a_booking_is_made_once(announced: Deployment) -> None:
    desk = Desk()
    desk.show()

    first, again = desk.book(form()), desk.book(form())

    assert (first.progress, first.repeated) == (Progress.TAKEN_DOWN, False)
    assert (again.booking_id, again.repeated) == (first.booking_id, True)
    announced.deliver()
    (state,) = desk.call().bookings
    assert (state.progress, state.booking_id) == (Progress.BOOKED, first.booking_id)
    assert state.appointment_id is not None
    assert len(announced.fake.appointments()) == len(VISITS) + 1


def test_the_status_callback_finds_the_desk_s_booking(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    state = desk.book(form())

    body = known_body(start=f"{form()['day']}T{form()['time']}", service=..., notes=..., patient_id="P-41")
    answer = announced.call_status({**body, "disposition": "appointment"})

    assert (answer.body["booking_id"], answer.body["repeated"]) == (state.booking_id, True)


def test_a_patient_who_was_not_shown_cannot_be_booked(announced: Deployment) -> None:
    desk = Desk()

    with pytest.raises(NotShown):
        desk.book(form(patient_id="P-99"))

    assert announced.stack.items("booking#") == []


def ended(**more: Any) -> dict[str, Any]:
    """A status callback of the call that says no more than that."""
    return {**CALL, "disposition": "enquiry", **more}


def waiting_desk(announced: Deployment) -> Desk:
    """The agent has the patient's appointment made at the call's end."""
    desk = Desk()
    desk.show()
    state = desk.book(form(), at_call_end=True)
    assert (state.progress, state.at_call_end, state.booking_id) == (Progress.TAKEN_DOWN, True, None)
    assert announced.stack.items("booking#") == []
    return desk


def test_what_waits_tells_nothing_of_a_person(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    desk.book(form(notes=invented.NOTES, service=invented.SERVICE), at_call_end=True)

    (item,) = announced.stack.items("desk-wish#")

    assert invented.leaks(str(item)) == []


def test_the_status_callback_makes_what_waits_for_it(announced: Deployment) -> None:
    desk = waiting_desk(announced)

    assert announced.call_status(ended()).status == 200

    (state,) = desk.call().bookings
    assert (state.progress, state.at_call_end) == (Progress.TAKEN_DOWN, False)
    announced.deliver()
    announced.call_status(ended())
    assert [each.progress for each in desk.call().bookings] == [Progress.BOOKED]
    assert announced.stack.messages() == []


def test_without_a_status_callback_the_sweeper_makes_it(announced: Deployment) -> None:
    desk = waiting_desk(announced)

    assert announced.sweep()["made"] == 0
    the_call_ended_long_ago(announced)
    assert announced.sweep()["made"] == 1
    assert announced.sweep()["made"] == 0
    announced.call_status(ended())

    assert [each.progress for each in desk.call().bookings] == [Progress.TAKEN_DOWN]


def the_call_ended_long_ago(announced: Deployment) -> None:
    (item,) = announced.stack.items("desk-wish#")
    announced.stack.spoil(item["pk"]["S"], queued_at="2020-01-01T00:00:00.000Z")


def test_booked_now_nothing_of_the_person_waits_any_more(announced: Deployment) -> None:
    desk = waiting_desk(announced)

    state = desk.book(form(time="23:30"))
    announced.call_status(ended())

    assert [each.booking_id for each in desk.call().bookings] == [state.booking_id]


def test_the_last_word_on_one_person_waits_alone(announced: Deployment) -> None:
    desk = waiting_desk(announced)

    desk.book(form(time="23:30"), at_call_end=True)
    announced.call_status(ended())

    (state,) = desk.call().bookings
    assert state.start is not None
    assert state.start.strftime("%H:%M") == "23:30"


def test_what_starts_too_soon_to_wait_is_made_now(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    soon = in_days(30 / 24 / 60)

    state = desk.book(form(day=soon.date().isoformat(), time=soon.strftime("%H:%M")), at_call_end=True)

    assert state.booking_id is not None


def test_what_cannot_be_made_at_the_end_waits_for_a_person(announced: Deployment) -> None:
    desk = waiting_desk(announced)
    other = {"call_id": "CALL-7009", "agent_id": AGENT_ID, "mobile": invented.MOBILE}
    announced.configure(OPEN_BOOKINGS_PER_NUMBER="1")
    announced.book_known("P-41", known_body(**other, start=in_days(4).isoformat()))

    assert announced.call_status(ended()).status == 200

    (state,) = desk.call().bookings
    assert (state.progress, state.problems) == (Progress.PERSON, ("open_bookings",))


def test_now_at_the_end_and_by_the_callback_are_one_booking(announced: Deployment) -> None:
    desk = waiting_desk(announced)
    body = known_body(start=f"{form()['day']}T{form()['time']}", service=..., notes=..., patient_id="P-41")

    answer = announced.call_status({**body, "disposition": "appointment"})
    now = desk.book(form())
    announced.sweep()

    assert (answer.body["booking_id"], now.repeated) == (now.booking_id, True)
    assert [each.booking_id for each in desk.call().bookings] == [now.booking_id]


def test_a_bare_callback_means_the_desk_s_booking(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    state = desk.book(form())

    answer = announced.call_status(ended(disposition="appointment"))

    assert (answer.status, answer.body["booking_id"]) == (202, state.booking_id)
    assert [each.progress for each in desk.call().bookings] == [Progress.TAKEN_DOWN]


@pytest.fixture
def family(announced: Deployment) -> Deployment:
    """The number is the child's as well."""
    announced.fake.add_patient(**invented.child(patient_id="P-42", appointments=VISITS))
    return announced


def test_of_several_only_what_tells_them_apart_is_shown(family: Deployment) -> None:
    view = Desk().show()

    assert (view.kind, view.visits) == ("many", None)
    first, second = view.patients
    assert isinstance(first, Candidate)
    assert isinstance(second, Candidate)
    assert [each.patient_id for each in (first, second)] == ["P-41", "P-42"]
    assert first.age_band is not None
    assert not hasattr(first, "date_of_birth")
    entries = [each for each in family.stack.entries() if "person" in each]
    assert {each["S"] for entry in entries for each in entry["fields"]["L"]} == {
        "name",
        "gender",
        "file_no",
        "age_band",
    }


def test_the_card_opens_once_the_birth_date_agrees(family: Deployment) -> None:
    desk = Desk()
    desk.show()

    assert desk.confirm("P-42", invented.BIRTH_DATE) is None
    view = desk.confirm("P-42", "2019-05-02")

    assert view is not None
    assert (view.kind, [each.patient_id for each in view.patients]) == ("one", ["P-42"])
    assert view.visits is not None
    told = [entry for entry in family.stack.entries() if entry.get("route", {}).get("S", "").endswith("/confirm")]
    named = [{each["S"] for each in entry["fields"]["L"]} for entry in told]
    assert {"date_of_birth.agrees"} in named
    assert all("date_of_birth.agrees" in each for each in named)


def test_nobody_is_confirmed_who_does_not_have_the_number(family: Deployment) -> None:
    family.fake.add_patient(**invented.patient(patient_id="P-43", mobile=invented.OTHER_NATIONAL))

    with pytest.raises(NotShown):
        Desk().confirm("P-43", invented.BIRTH_DATE)


@pytest.mark.parametrize("text", ["", "02-05-2019", "2019-02-30", "1899-01-01", "P-42", "x" * 100_000])
def test_what_is_no_birth_date_is_refused_by_its_field(family: Deployment, text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Desk().confirm("P-42", text)

    assert [each.field for each in refused.value.problems] == ["date_of_birth"]


def test_a_candidate_is_booked_only_once_confirmed(family: Deployment) -> None:
    desk = Desk()
    desk.show()

    with pytest.raises(NotShown):
        desk.book(form(patient_id="P-42"))
    desk.confirm("P-42", "2019-05-02")

    assert desk.book(form(patient_id="P-42")).progress is Progress.TAKEN_DOWN


def test_a_caller_without_a_record_becomes_a_patient_with_consent(deployment: Deployment) -> None:
    deployment.popup(CALL)
    desk = Desk()
    assert desk.show().kind == "none"

    state = desk.book(new_form())
    deployment.deliver()

    assert [each.progress for each in desk.call().bookings] == [Progress.BOOKED]
    (consent,) = [each for each in deployment.stack.entries() if each["kind"]["S"] == "consent"]
    assert (consent["booking_id"]["S"], consent["given_by"]["S"]) == (state.booking_id, "self")
    assert consent["heard_at"]["S"]


@pytest.mark.parametrize("at_call_end", [False, True])
@pytest.mark.parametrize("said", ["", "no", "No", "true", "1"])
def test_without_consent_nothing_is_kept(deployment: Deployment, said: str, *, at_call_end: bool) -> None:
    deployment.popup(CALL)
    desk = Desk()
    before = deployment.stack.items()

    with pytest.raises(ConsentRequired):
        desk.book(new_form(**{"consent.given": said}), at_call_end=at_call_end)

    assert deployment.stack.items() == before


@pytest.mark.parametrize("giver", ["", "self", "neighbour"])
def test_for_a_child_a_parent_or_guardian_consents(deployment: Deployment, giver: str) -> None:
    deployment.popup(CALL)

    with pytest.raises(InvalidRequest) as refused:
        Desk().book(new_form(**{"date_of_birth": "2019-05-02", "consent.given_by": giver}))

    assert [each.field for each in refused.value.problems] == ["consent.given_by"]
    assert deployment.stack.items("booking#") == []


def test_a_call_typed_by_hand_is_one_of_the_agent_s(announced: Deployment) -> None:
    desk = Desk()
    typed = desk.services.calls.by_hand(desk.person, invented.NATIONAL)

    assert typed.by_hand
    assert desk.show(desk.call(typed.call_id)).kind == "one"
    state = desk.book(form(), desk.call(typed.call_id))
    assert [each.booking_id for each in desk.call(typed.call_id).bookings] == [state.booking_id]


def test_a_withheld_number_is_typed_by_the_agent(announced: Deployment) -> None:
    announced.popup({**CALL, "call_id": "CALL-7002", "mobile": "anonymous"})
    desk = Desk()

    desk.services.calls.with_number(desk.person, desk.call("CALL-7002"), invented.MOBILE)

    assert desk.show(desk.call("CALL-7002")).kind == "one"


@pytest.mark.parametrize("text", ["", "  ", "99999*****", "<b>99999 00041</b>", "9" * 10_000])
def test_a_number_that_is_none_is_refused_by_its_field(announced: Deployment, text: str) -> None:
    desk = Desk()

    with pytest.raises(InvalidRequest) as refused:
        desk.services.calls.by_hand(desk.person, text)

    assert [each.field for each in refused.value.problems] == ["mobile"]


def test_a_call_id_that_holds_a_number_is_asked_for_by_a_name(announced: Deployment) -> None:
    telling = f"MUM-{invented.NATIONAL}-1"
    announced.popup({**CALL, "call_id": telling})
    desk = Desk()
    (listed,) = [each for each in desk.services.calls.today(desk.person) if each.call_id != CALL_ID]

    call = desk.call(listed.call_id)
    desk.show(call)
    state = desk.book(form(), call)
    body = known_body(call_id=telling, start=f"{form()['day']}T{form()['time']}", service=..., notes=...)
    answer = announced.call_status({**body, "patient_id": "P-41", "disposition": "appointment"})

    assert invented.leaks(listed.call_id) == []
    assert call.said_id.reveal() == telling
    assert answer.body["booking_id"] == state.booking_id


def test_the_day_s_list_says_how_each_booking_ended(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    desk.book(form())
    announced.deliver()
    announced.call_status(ended())

    for _ in range(2):
        (listed,) = desk.services.calls.today(desk.person)
        assert [each.progress for each in listed.bookings] == [Progress.BOOKED]


def test_the_list_shows_what_a_callback_alone_asked_for(announced: Deployment) -> None:
    announced.call_status({**known_body(), "patient_id": "P-41", "disposition": "appointment"})

    (listed,) = Desk().services.calls.today(Signed())

    assert [each.progress for each in listed.bookings] == [Progress.TAKEN_DOWN]


@pytest.mark.parametrize("at_call_end", [False, True])
def test_another_time_for_the_person_is_asked_about(announced: Deployment, *, at_call_end: bool) -> None:
    desk = Desk()
    desk.show()
    desk.book(form())
    other = form(time="23:30")

    with pytest.raises(InvalidRequest) as refused:
        desk.book(other, at_call_end=at_call_end)
    assert [each.field for each in refused.value.problems] == ["another"]
    assert len(desk.call().bookings) == 1

    desk.book(other | {"another": "yes"}, at_call_end=at_call_end)
    assert len(desk.call().bookings) == 2


def test_another_person_of_the_call_is_booked_beside(family: Deployment) -> None:
    desk = Desk()
    desk.show()
    for patient_id, born in (("P-41", invented.BIRTH_DATE), ("P-42", "2019-05-02")):
        desk.confirm(patient_id, born)
        desk.book(form(patient_id=patient_id))

    assert len(desk.call().bookings) == 2


CLINICS = {"schema": 1, "clinics": [{"clinic_id": "C-01", "name": "Example Clinic Andheri"}]}


def in_a_parameter() -> str:
    boto3.client("ssm").put_parameter(
        Name="/stack/desk-clinics", Value=json.dumps(CLINICS), Type="SecureString", Overwrite=True
    )
    return "ssm:/stack/desk-clinics"


@pytest.mark.parametrize("kept", [in_a_parameter, lambda: document(CLINICS)], ids=["parameter", "object"])
def test_the_sweeper_makes_a_new_patient_s_booking(deployment: Deployment, kept: Callable[[], str]) -> None:
    deployment.configure(CLINICS=kept(), OPEN_BOOKINGS_PER_NUMBER="5")
    deployment.popup(CALL)
    desk = Desk()
    desk.book(new_form(), at_call_end=True)
    the_call_ended_long_ago(deployment)

    assert deployment.sweep()["made"] == 1

    (state,) = desk.call().bookings
    assert state.progress is Progress.TAKEN_DOWN
    (consent,) = [each for each in deployment.stack.entries() if each["kind"]["S"] == "consent"]
    assert consent["given_by"]["S"] == "self"
