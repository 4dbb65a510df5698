"""The desk over AWS in this process: an announced call, and who is calling."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.desk.caller import Candidate
from convox_clinicea.disclosures import NotRecorded
from convox_clinicea.errors import InvalidRequest, NotFound, NotShown, TooManyPatients
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID, known_body
from tests.support.deployment import Deployment
from tests.support.desk import ANOTHER, CALL, Desk, Signed, form


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


def test_a_call_typed_by_hand_is_one_of_the_agent_s(announced: Deployment) -> None:
    desk = Desk()
    typed = desk.services.calls.by_hand(desk.person, invented.NATIONAL)

    assert typed.by_hand
    assert desk.show(desk.call(typed.call_id)).kind == "one"
    state = desk.book(form(), desk.call(typed.call_id))
    assert [each.booking_id for each in desk.call(typed.call_id).bookings] == [state.booking_id]


def test_the_name_of_a_typed_call_is_never_taken_for_a_number(
    announced: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convox_clinicea.desk.calls.fresh_token", lambda: "75890979594e0ab9" * 2)
    desk = Desk()
    typed = desk.services.calls.by_hand(desk.person, invented.NATIONAL)
    desk.show(desk.call(typed.call_id))
    desk.book(form(), desk.call(typed.call_id))

    (booking,) = announced.stack.items("booking#")
    assert booking["call_id"]["S"] == typed.call_id


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
