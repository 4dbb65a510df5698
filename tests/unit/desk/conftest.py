"""A desk over an account in this process, a provider on a socket, and services that hold what a test gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import pytest

from convox_clinicea import aws
from convox_clinicea.desk import views
from convox_clinicea.desk.call_pages import CallPages
from convox_clinicea.desk.page_function import PageFunction, report_to
from convox_clinicea.desk.pages import Pages, Shown
from convox_clinicea.desk.provider import OpenIdProvider, Registration
from convox_clinicea.desk.routes import Desk
from convox_clinicea.desk.services import DeskServices
from convox_clinicea.desk.sessions import Sessions, SignInAttempts
from convox_clinicea.desk.sign_in import ClaimNames, SignIn
from convox_clinicea.desk.socket_routes import SocketRoutes, Tickets
from convox_clinicea.function import logger, metrics
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.sockets import AgentSockets
from convox_clinicea.table import Table
from tests.support.account import Stack, aws_account
from tests.support.clock import SkippingClock, VirtualClock
from tests.support.desk_browser import Browser
from tests.support.events import Event
from tests.support.functions import Context
from tests.support.openid import CLIENT, SECRET, Provider, openid_provider
from tests.unit.desk.stand_ins import Services

CLINICS = (("andheri", "Andheri"), ("bandra", "Bandra"))


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    with aws_account():
        yield


@pytest.fixture
def table(account: None) -> Table:
    return Table(aws.dynamodb(), Stack.create().table)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with openid_provider() as provider:
        yield provider


@pytest.fixture
def clock() -> SkippingClock:
    return SkippingClock()


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
def sign_in(table: Table, provider: Provider, clock: SkippingClock) -> SignIn:
    registration = Registration(
        issuer=f"{provider.url}/pool",
        discovery=f"{provider.url}/pool/.well-known/openid-configuration",
        client_id=CLIENT,
        secret=lambda: SECRET,
    )
    claims = ClaimNames("custom:agent_id", "cognito:groups")
    return SignIn(OpenIdProvider(registration, clock), SignInAttempts(table, clock), claims, clock)


@pytest.fixture
def invoke(
    table: Table, sign_in: SignIn, clock: SkippingClock, services: Services
) -> Callable[[Event], Mapping[str, Any]]:
    """The desk's function, as Lambda runs it."""
    views.assets.cache_clear()
    pages = Pages(Shown("Asia/Kolkata", CLINICS, ("1", "May we register you?")), clock, "https://sockets.invalid/desk")
    report = report_to(logger())
    desk = Desk(
        sessions=Sessions(table, clock),
        sign_in=lambda _event: sign_in,
        calls=CallPages(cast(DeskServices, services), pages, clock, 2.0, report, metrics()),
        pages=pages,
        sockets=SocketRoutes(
            Tickets(table, clock), AgentSockets(table, clock), FreeTextIds(lambda: b"k" * 32, "IN"), clock, "convox"
        ),
        address="",
        report=report,
    )
    function: PageFunction[Desk] = PageFunction(lambda _function: desk)

    def page(**_beyond: str) -> Any:
        return function.parts().answer(function.event)

    for path in ("/desk", "/desk/<beyond>"):
        function.get(path)(page)
        function.post(path)(page)
    handler = function.handler()

    def invoke(event: Event) -> Mapping[str, Any]:
        answered: Mapping[str, Any] = handler(event, Context("agent_desk"))  # type: ignore[arg-type]  # what Lambda's has that is used
        return answered

    return invoke


@pytest.fixture
def browser(invoke: Callable[[Event], Mapping[str, Any]]) -> Browser:
    return Browser(invoke)


@pytest.fixture
def signed_in(browser: Browser, provider: Provider) -> Browser:
    """A browser of the agent who is signed in."""
    assert browser.sign_in(provider).status == 200
    return browser


@pytest.fixture
def still() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def sessions(table: Table, still: VirtualClock) -> Sessions:
    return Sessions(table, still)
