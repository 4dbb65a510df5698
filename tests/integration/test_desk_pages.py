"""`agent_desk` over the deployment: sign-in with each kind of provider, a call from its announcement to its booking."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin

import boto3
import pytest

from convox_clinicea import aws
from convox_clinicea.deadline import SystemClock, fresh_token
from convox_clinicea.desk import views
from convox_clinicea.desk.sessions import NOTED_EACH, Sessions
from convox_clinicea.table import Table, timestamp
from tests.support import invented
from tests.support.account import document
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.desk import form
from tests.support.desk_browser import Browser, Page
from tests.support.openid import AGENT, CLIENT, COGNITO, SECRET, Provider, openid_provider
from tests.support.sockets import Sockets, management_api

VISITS = [invented.VISIT]
CLINICS = {"schema": 1, "clinics": [{"clinic_id": "C-01", "name": "Example Clinic"}]}
PERSON = AGENT | {"custom:agent_id": AGENT_ID}


@pytest.fixture
def provider() -> Iterator[Provider]:
    views.assets.cache_clear()
    with openid_provider() as provider:
        provider.claims = dict(PERSON)
        yield provider


@pytest.fixture
def browser(deployment: Deployment, provider: Provider) -> Browser:
    """With a provider of the clinic's own."""
    secret = aws.client("secretsmanager").create_secret(
        Name=f"desk-{fresh_token()}", SecretString=f'{{"client_secret": "{SECRET}"}}'
    )
    deployment.configure(
        DESK_ISSUER=provider.issuer, DESK_CLIENT_ID=CLIENT, DESK_CLIENT_SECRET_ARN=secret["ARN"], DESK_USER_POOL=""
    )
    return Browser(deployment.function("agent_desk").invoke)


def announced(deployment: Deployment, patient_id: str = "P-41", **more: str) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id=patient_id, file_no="F-41", appointments=VISITS))
    body = {"mobile": invented.MOBILE, "call_id": CALL_ID, "agent_id": AGENT_ID, "queue": "Andheri", **more}
    assert deployment.popup(body).status == 200


def in_a_parameter() -> str:
    boto3.client("ssm").put_parameter(Name="/stack/desk", Value=json.dumps(CLINICS), Type="String", Overwrite=True)
    return "ssm:/stack/desk"


def opened(browser: Browser) -> Page:
    """The page of the newest call on the list."""
    home = browser.get()
    link = home.body.partition('class="button" href="')[2].partition('"')[0]
    return browser.get(urljoin(home.address, link))


def test_a_person_of_the_stack_s_user_pool_signs_in(
    deployment: Deployment, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.issuer = COGNITO
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", provider.url)
    deployment.configure(DESK_USER_POOL="pool")
    browser = Browser(deployment.function("agent_desk").invoke, stage={"deskClientId": CLIENT})

    assert "signed in as Asha Demo" in browser.sign_in(provider).text


def test_a_page_is_told_of_a_call_until_it_signs_out(
    deployment: Deployment, browser: Browser, provider: Provider
) -> None:
    with management_api() as management:
        deployment.configure(DESK_SOCKETS=management.url)
        sockets = Sockets(deployment.function("agent_desk").invoke)
        token = browser.sign_in(provider).token
        for name in ("first", "second"):
            assert sockets.connect(name, browser.post("socket", {"token": token}, fragment=True).body) == 200
        announced(deployment)
        assert [name for name, _ in management.posted] == ["first", "second"]

        sockets.disconnect("first")
        announced(deployment, "P-42")
        assert [name for name, _ in management.posted][2:] == ["second"]

        browser.post("sign-out", {"token": token})
        announced(deployment, "P-43")
        assert len(management.posted) == 3


def test_an_announced_call_is_seen_and_booked(deployment: Deployment, browser: Browser, provider: Provider) -> None:
    browser.sign_in(provider)
    assert "No calls yet" in browser.get().text
    announced(deployment)

    call = opened(browser)
    caller = browser.get(f"{call.address}/caller", fragment=True)
    filled = form(patient_id=caller.field("patient_id") or "", token=call.token, when="now")
    taken = browser.post(f"{call.address}/book", filled, fragment=True)
    again = browser.post(f"{call.address}/book", filled, fragment=True)
    deployment.deliver()
    then = browser.get(f"{call.address}/bookings", fragment=True)

    assert "+91 99999 00041" in call.text
    assert caller.field("patient_id") == "P-41"
    assert "taken down" in taken.text
    assert "it counts once" in again.text
    assert "booked" in then.text
    assert len(deployment.fake.appointments()) == len(VISITS) + 1


def test_several_patients_are_told_apart_by_birth_date(
    deployment: Deployment, browser: Browser, provider: Provider
) -> None:
    browser.sign_in(provider)
    deployment.fake.add_patient(**invented.patient(patient_id="P-42", file_no="F-42", date_of_birth="1990-01-02"))
    announced(deployment)

    call = opened(browser)
    many = browser.get(f"{call.address}/caller", fragment=True)
    asked = {"token": many.token, "patient_id": "P-42"}
    no = browser.post(f"{call.address}/confirm", asked | {"birth_date": "1990-01-03"}, fragment=True)
    yes = browser.post(f"{call.address}/confirm", asked | {"birth_date": "1990-01-02"}, fragment=True)

    assert "Several patients have this number" in many.text
    assert "does not agree" in no.text
    assert yes.field("patient_id") == "P-42"


def test_a_new_patient_is_booked_with_consent_alone(
    deployment: Deployment, browser: Browser, provider: Provider
) -> None:
    browser.sign_in(provider)
    body = {"mobile": invented.MOBILE, "call_id": CALL_ID, "agent_id": AGENT_ID}
    assert deployment.popup(body).status == 200
    call = opened(browser)
    assert "No patient has this number" in browser.get(f"{call.address}/caller", fragment=True).text
    new = form(patient_id="", token=call.token, first_name="Meera", last_name="Samplewala")
    new |= {"consent.given_by": "self", "consent.text_version": "2031-01"}

    without = browser.post(f"{call.address}/book", new | {"consent.given": "no"}, fragment=True)
    taken = browser.post(f"{call.address}/book", new | {"consent.given": "yes"}, fragment=True)

    assert without.status == 400
    assert "has not consented" in without.text
    assert "taken down" in taken.text


def test_a_number_typed_by_hand_is_a_call(deployment: Deployment, browser: Browser, provider: Provider) -> None:
    home = browser.sign_in(provider)

    call = browser.post("calls", {"token": home.token, "mobile": invented.MOBILE})
    wrong = browser.post("calls", {"token": home.token, "mobile": "9999900"})

    assert "+91 99999 00041" in call.text
    assert (wrong.status, "not a valid telephone number" in wrong.text) == (400, True)
    assert wrong.field("mobile") == "9999900"


def test_a_session_in_use_ends_with_all_of_its_person(
    deployment: Deployment, browser: Browser, provider: Provider
) -> None:
    browser.sign_in(provider)
    (item,) = deployment.stack.items("desk-session#")
    before = timestamp(datetime.now(UTC) - 2 * NOTED_EACH)
    put = aws.dynamodb().put_item
    put(TableName=deployment.stack.table, Item=item | {"seen_at": {"S": before}, "began_at": {"S": before}})

    assert "signed in as" in browser.get().text
    (noted,) = deployment.stack.items("desk-session#")
    assert noted["seen_at"]["S"] > before

    put(TableName=deployment.stack.table, Item=item | {"seen_at": {"S": before}, "began_at": {"S": before}})
    Sessions(Table(aws.dynamodb(), deployment.stack.table), SystemClock()).end_all(str(AGENT["sub"]))
    assert "Sign in to the desk" in browser.get().text
    assert deployment.stack.items("desk-session#") == []


def test_signing_out_ends_the_session_and_then_the_provider_s(
    deployment: Deployment, browser: Browser, provider: Provider
) -> None:
    home = browser.sign_in(provider)
    kept = dict(browser.cookies)

    out = browser.post("sign-out", {"token": home.token})

    assert out.headers["Refresh"][0].startswith(f"0; url={provider.url}/logout?client_id={CLIENT}&logout_uri=")
    browser.cookies.update(kept)  # a copy of the cookie is worth nothing
    assert "Sign in to the desk" in browser.get().text
    assert deployment.stack.items("desk-session#") == []


def test_a_draft_is_kept_sealed_and_shown_again(deployment: Deployment, browser: Browser, provider: Provider) -> None:
    browser.sign_in(provider)
    announced(deployment)
    call = opened(browser)
    typed = {"token": call.token, "patient_id": "P-41", "notes": "left knee", "day": "2031-01-02"}

    kept = browser.post(f"{call.address}/draft", typed, fragment=True)
    again = browser.get(call.address)

    assert kept.status == 204
    assert ">left knee</textarea>" in again.body
    assert again.field("day") == "2031-01-02"
    assert all("left knee" not in str(item) for item in deployment.stack.items("desk-draft#"))


@pytest.mark.parametrize("born", ["", "1988-02-30", "yesterday", "<b>"])
def test_a_birth_date_that_does_not_exist_is_no_question(
    deployment: Deployment, browser: Browser, provider: Provider, born: str
) -> None:
    browser.sign_in(provider)
    announced(deployment)
    call = opened(browser)

    form = {"token": call.token, "patient_id": "P-41", "birth_date": born}
    page = browser.post(f"{call.address}/confirm", form, fragment=True)

    assert (page.status, "<b>" in page.body) == (400, False)


def test_a_changed_patient_in_the_form_books_nothing(
    deployment: Deployment, browser: Browser, provider: Provider
) -> None:
    browser.sign_in(provider)
    deployment.fake.add_patient(**invented.patient(patient_id="P-43", mobile=invented.OTHER_MOBILE))
    announced(deployment)
    call = opened(browser)
    browser.get(f"{call.address}/caller", fragment=True)

    page = browser.post(f"{call.address}/book", form(patient_id="P-43", token=call.token), fragment=True)

    assert (page.status, "was not found on this call" in page.text) == (403, True)
    assert deployment.stack.items("booking#") == []


@pytest.mark.parametrize("kept", [in_a_parameter, lambda: document(CLINICS)], ids=["parameter", "object"])
def test_the_desk_has_the_deployment_s_own_documents(
    deployment: Deployment, browser: Browser, provider: Provider, kept: Callable[[], str]
) -> None:
    deployment.configure(CLINICS=kept(), CLINICEA_AUTHENTICATION="staff_session", OPEN_BOOKINGS_PER_NUMBER="1")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    browser = Browser(deployment.function("agent_desk").invoke)
    home = browser.sign_in(provider)
    call = browser.post("calls", {"token": home.token, "mobile": invented.MOBILE})
    caller = browser.get(f"{call.address}/caller", fragment=True)

    taken = browser.post(
        f"{call.address}/book", form(patient_id="P-41", token=call.token, clinic_id="C-01"), fragment=True
    )

    deployment.configure()
    cold = Browser(deployment.function("agent_desk").invoke)
    cold.cookies = browser.cookies

    assert cold.get(f"{call.address}/caller", fragment=True).field("patient_id") == "P-41", "one session for all"
    assert '<option value="C-01">Example Clinic</option>' in call.body
    assert caller.field("patient_id") == "P-41"
    assert "taken down" in taken.text


@pytest.mark.parametrize("free", [False, True], ids=["all clinics list them", "one clinic has no list"])
def test_services_of_the_clinics_are_choices(
    deployment: Deployment, browser: Browser, provider: Provider, *, free: bool
) -> None:
    schedule = {"services": [{"name": "Follow-up", "minutes": 20}]}
    clinics = [{"clinic_id": "C-01", "schedule": schedule}, *([{"clinic_id": "C-02"}] if free else [])]
    deployment.configure(CLINICS=document({"schema": 1, "clinics": clinics}))
    browser.sign_in(provider)
    announced(deployment)

    call = opened(browser)
    browser.post(f"{call.address}/draft", {"token": call.token, "patient_id": "P-41", "service": "Knee"}, fragment=True)
    again = browser.get(call.address)

    assert '<option value="Follow-up">Follow-up (20 min)</option>' in call.body
    assert ('<select id="service"' in call.body, 'list="services"' in call.body) == (not free, free)
    assert ('<option value="Knee" selected>' in again.body, again.field("service") == "Knee") == (not free, free)
