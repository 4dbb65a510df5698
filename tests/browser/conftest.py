"""The desk in a browser: one deployed stack, Debian's Chromium, an agent and a call centre.

`make browser` runs these tests in an environment of their own. Elsewhere each of them is skipped, by name.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk
from tests.support.serving import served

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS: tuple[str, ...] = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)
FLAGS += ("--disable-sync", "--no-first-run", "--disable-quic", "--lang=en-US")
SHIFTS = """
window.shifts = [];
const named = (node) => node?.id || node?.className || node?.nodeName;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    if (!each.hadRecentInput) window.shifts.push([each.value, each.sources.map((source) => named(source.node))]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
"""Collects what moved on a page without having been asked to."""
WIDTH, HEIGHT = 1280, 900
MILLISECONDS = 20_000
"""For anything on a page; a cold start on a busy machine takes some of it."""
MOST_EXCHANGES = 60
"""The last requests and answers of a page that a failed story tells of."""


def chromium() -> str | None:
    """Return the installed Chromium."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here; where Chromium is required, its lack is a failure of each test."""
    if importlib.util.find_spec("playwright") is None:
        reason = "runs by `make browser`"
    elif chromium() is None and os.environ.get("CHROMIUM") != "required":
        reason = "no Chromium is installed"
    else:
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A stack with a desk and its simulator; what takes minutes in a deployment need not in a test.

    One agent makes the look-ups of all tests.
    """
    if "DESK_STACK_FILE" in os.environ:  # of a stack that is served already: quicker, while a test is written
        yield json.loads(Path(os.environ["DESK_STACK_FILE"]).read_text())
        return
    parameters = ("Desk=on", "SettleSeconds=30", "LookupsPerAgentMinute=300")
    given = [word for parameter in parameters for word in ("--parameter", parameter)]
    with served(tmp_path_factory.mktemp("stack"), *given) as told:
        yield told


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One browser; each person in it has a profile of its own."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=MILLISECONDS)
    program = chromium()
    assert program is not None, "no Chromium is installed"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failed story tell what its page asked and was answered, and when; afterwards the page is closed."""
    report = yield
    if report.when == "call" and report.failed and EXCHANGES in item.stash:
        report.sections.append(("what the page asked", "\n".join(item.stash[EXCHANGES])))
    return report


def noted_exchanges(page: Any) -> deque[str]:
    """Return what will be a page's last requests and answers, each with the second since now."""
    lines: deque[str] = deque(maxlen=MOST_EXCHANGES)
    began = time.monotonic()

    def note(request: Any, how: object) -> None:
        name = urlsplit(request.url).path.rpartition("/")[2]
        lines.append(f"{time.monotonic() - began:6.2f} s  {request.method} {name}  {how}")

    page.on("request", lambda request: note(request, "asked"))
    page.on("response", lambda response: note(response.request, response.status))
    page.on("requestfailed", lambda request: note(request, request.failure))
    return lines


EXCHANGES = pytest.StashKey[Iterable[str]]()


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page in a new profile; fails where the page's own script or its policy reported an error."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(MILLISECONDS)
    context.add_init_script(SHIFTS)
    opened, errors = context.new_page(), []
    request.node.stash[EXCHANGES] = noted_exchanges(opened)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda told: errors.append(told.text) if "Content Security Policy" in told.text else None)
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def centre(browser: Any, stack: dict[str, Any]) -> Iterator[CallCentre]:
    """The simulator's page. Afterwards all calls have ended, and Clinicea answers."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(MILLISECONDS)
    opened = CallCentre(context.new_page(), stack["simulator_url"])
    yield opened
    ControlClient(stack["clinicea_url"]).clear_faults()
    opened.hang_up_all()
    context.close()


@pytest.fixture
def clinicea(stack: dict[str, Any]) -> ControlClient:
    """The fake Clinicea's control page."""
    return ControlClient(stack["clinicea_url"])


@pytest.fixture
def desk(page: Any, stack: dict[str, Any]) -> Desk:
    """The desk of the agent, signed in."""
    opened = Desk(page, stack)
    opened.sign_in(stack["people"][0])
    return opened
