"""A day on which every function runs, with canaries in every personal field, whatever goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from convox_clinicea import aws
from convox_clinicea.deadline import fresh_token
from convox_clinicea.desk.pages import key_of
from convox_clinicea.errors import ConnectorError
from tests.support import events, invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.deployment import Deployment
from tests.support.desk_browser import Browser
from tests.support.openid import CLIENT, SECRET, openid_provider

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CALL}
VISIT = {
    "clinic_id": "C-01",
    "start": "2024-01-02T10:00:00",
    "status": "Check Out",
    "service": invented.SERVICE,
    "notes": invented.NOTES,
}
ADULT = invented.patient(patient_id="P-41", file_no=invented.FILE_NO, appointments=[VISIT])
CANARY = " ".join((invented.FIRST_NAME, invented.NATIONAL, invented.EMAIL, invented.NOTES, invented.BIRTH_DATE))

TOLD = f"{invented.NATIONAL}_20261128101500"
"""A call's id as some exchanges make it."""
TELLING = {"call_id": TOLD, "agent_id": f"agent +91 {invented.OTHER_NATIONAL[:5]} {invented.OTHER_NATIONAL[5:]}"}

SECONDS = 2.6
"""Of an invocation of the worker, which keeps two back for the ledger."""


def whole_day(deployment: Deployment, faults: tuple[Mapping[str, Any], ...] = ()) -> None:
    """Register the family, spoil Clinicea as the faults say, and let everybody do their work."""
    deployment.fake.add_patient(**ADULT)
    for fault in faults:
        deployment.fake.fault(**{"call": "*", **fault})
    look_ups(deployment)
    bookings(deployment)
    desk(deployment)
    free_texts(deployment)
    work_off(deployment)
    afterwards(deployment)


def look_ups(deployment: Deployment) -> None:
    for token in (invented.TOKEN, invented.OLD_TOKEN, f"{invented.TOKEN}x"):
        deployment.function("authorizer").invoke(events.authorizer({"Access-Token": token}))
    deployment.search(ASKED)
    deployment.search_by_get({"mobile": f" 91 {invented.NATIONAL}", **CALL})
    deployment.search(ASKED | {"country_code": CANARY})
    deployment.popup(ASKED)
    deployment.popup_by_get({"mobile": f" 91 {invented.NATIONAL}", **CALL})
    deployment.popup(ASKED | {"mobile": CANARY})
    deployment.completed("P-41", CALL)
    deployment.completed("P-41", CALL | {"limit": CANARY})


def bookings(deployment: Deployment) -> None:
    known = known_body(mobile=invented.MOBILE)
    deployment.book_known("P-41", known)
    deployment.book_known("P-41", known)
    deployment.book_known("P-41", known | {"notes": invented.ADDRESS})
    deployment.book_known("P-41", known | {"start": CANARY})
    new = new_body(mobile=invented.OTHER_MOBILE, start=in_days(5).isoformat())
    deployment.book_new(new)
    deployment.book_new(new | {"consent": {"given": False}})
    deployment.book_new(new | {"date_of_birth": CANARY, "gender": CANARY, "email": CANARY})
    deployment.book_new(f"{new}{CANARY}")
    ended = new_body(mobile=invented.MOBILE, call_id="CALL-7002", start=in_days(6).isoformat())
    for disposition in ("Appointment", "Connected", CANARY):
        deployment.call_status(ended | {"disposition": disposition, "disposition_2": CANARY})
        deployment.call_status(ended | {"disposition": disposition, "start": CANARY})


def desk(deployment: Deployment) -> None:
    """A person signs in, sees the call of the pop-up, and books, with canaries in each field."""
    with openid_provider() as provider:
        provider.claims |= {"custom:agent_id": AGENT_ID}
        secret = {"client_secret": SECRET}
        arn = aws.client("secretsmanager").create_secret(Name=fresh_token(), SecretString=json.dumps(secret))["ARN"]
        deployment.configure(DESK_ISSUER=provider.issuer, DESK_CLIENT_ID=CLIENT, DESK_CLIENT_SECRET_ARN=arn)
        browser = Browser(deployment.function("agent_desk").invoke)
        started = browser.get("sign-in", follow=False)
        browser.get(f"signed-in?code={quote(CANARY)}&state={quote(CANARY)}")
        if started.status == HTTPStatus.SEE_OTHER:
            browser.get(provider.sign_in(started.headers["Location"][0]))
        where = f"calls/{key_of(CALL_ID)}"
        token = {"token": browser.get("token").body}
        for each in ("", where, f"{where}/caller", f"{where}/bookings", f"calls/{key_of(CANARY)}"):
            browser.get(each, fragment=bool(each))
        browser.post("calls", token | {"mobile": invented.MOBILE})
        browser.post("calls", token | {"mobile": CANARY})
        form = {**known_body(mobile=invented.MOBILE), **token, "patient_id": "P-41", "duration_minutes": "30"}
        for fields in (form, form | {"start": CANARY}, form | {"patient_id": CANARY}, dict.fromkeys(form, CANARY)):
            browser.post(f"{where}/draft", fields, fragment=True)
            browser.post(f"{where}/book", fields, fragment=True)
            browser.post(f"{where}/book", fields | token)
        browser.post(f"{where}/confirm", token | {"patient_id": "P-41", "birth_date": CANARY}, fragment=True)
        browser.post("sign-out", token)


def free_texts(deployment: Deployment) -> None:
    """Let numbers and addresses stand in ids, which are free text."""
    for call in (TELLING, TELLING | {"agent_id": AGENT_ID}, TELLING | {"call_id": invented.EMAIL}):
        deployment.search(ASKED | call)
        deployment.popup(ASKED | call)
        deployment.completed("P-41", call)
        deployment.book_known("P-41", known_body(start=in_days(7).isoformat(), **call))
        new = new_body(mobile=invented.OTHER_MOBILE, start=in_days(8).isoformat(), disposition="Appointment", **call)
        deployment.book_new(new)
        deployment.call_status(new | {"start": in_days(9).isoformat()})
        deployment.call_status(new | {"start": CANARY})
        for consent in ({"given": True, "text_version": CANARY}, {"given": True, "given_by": CANARY}):
            deployment.book_new(new | {"consent": consent, "agent_id": AGENT_ID})
            deployment.call_status(new | {"consent": consent, "start": in_days(10).isoformat()})
        deployment.call_status(json.dumps(new)[:-1])
        deployment.of_call(call["call_id"])
        deployment.of_call_by_query(call["call_id"])


def work_off(deployment: Deployment, most: int = 4) -> None:
    """Let the worker have the waiting messages, each of those that are to come again at once."""
    for _ in range(most):
        if not deployment.stack.messages():
            return
        delivered = deployment.deliver(seconds=SECONDS)
        if delivered.comes_again:
            deployment.hurry(delivered)


def afterwards(deployment: Deployment) -> None:
    for item in deployment.stack.items():
        deployment.status(item["booking_id"]["S"] if "booking_id" in item else CANARY)
    deployment.of_call(CALL_ID)
    somebody_elses_message(deployment)
    work_off(deployment, 1)
    with suppress(ConnectorError):
        deployment.sweep()
    for order in ({"action": "list"}, {"action": CANARY}):
        with suppress(ConnectorError):
            deployment.function("booking_actions").invoke(order)
    data_requests(deployment)
    with suppress(ConnectorError):
        deployment.reconcile(in_days(2).date().isoformat(), seconds=6.0)


def data_requests(deployment: Deployment) -> None:
    """A person asks what is held on them, and has it erased."""
    erase = {"action": "erase", "open_too": True, "who": "operator", "why": "asked by the person"}
    for order in ({"action": "holds"}, erase, {"action": "holds", "why": CANARY}):
        for mobile in (invented.MOBILE, CANARY):
            with suppress(ConnectorError):
                deployment.function("data_requests").invoke({**order, "mobile": mobile})
        for person in ({"patient_id": "P-41"}, {"patient_id": CANARY}):
            with suppress(ConnectorError):
                deployment.function("data_requests").invoke({**order, **person})


def somebody_elses_message(deployment: Deployment) -> None:
    """Put something into the queue that is no message of ours."""
    aws.sqs().send_message(QueueUrl=deployment.stack.queue_url, MessageBody="?")
