"""Agents at the desk: they open the call, see the caller, send the form, and look at how the booking stands.

They ask the product's own function for pages, as a browser with scripts does. What does not work they try again, as the
page tells them; in the end they give up, and know that nothing is booked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from convox_clinicea.desk.pages import call_id_of, key_of
from convox_clinicea.desk.sessions import Person, Sessions
from convox_clinicea.table import Table
from tests.chaos.clock import EPOCH
from tests.chaos.desk_pages import Ask, Chip, Page, chips_in, event_of, form_of
from tests.chaos.desk_teller import DRAFT, Line
from tests.chaos.dynamodb import DynamoDb
from tests.chaos.intent import AtDesk, Call, Intent, Json
from tests.chaos.lookups import event_of as popup_of
from tests.chaos.truth import standing_for, touched_of
from tests.chaos.world import World

FUNCTION = "agent_desk"
TRIES = 6
"""Of a form, of a look at the caller, and of ConVox's pop-up."""
LOOKS = 3
"""At how a booking stands, minutes apart."""
SIGNED_IN = timedelta(minutes=50)
"""Before the desk ends a session that nobody uses."""
ANSWER_LOST = 0.04
BAD_GATEWAY, GATEWAY_TIME_OUT = 502, 504

Script = Generator[Ask | float, Page, None]


class Agents:
    """Plays what wishes have for the desk.

    Args:
        lines: the calls, each at one agent's desk.
    """

    def __init__(self, world: World, intents: Iterable[Intent], lines: Iterable[Line]) -> None:
        self._world = world
        self._chance: Random = world.chance("agents at the desk")
        self._sessions: dict[str, tuple[float, str, str]] = {}
        self._clients: list[Sessions] = []
        self._of_call: dict[str, list[Intent]] = defaultdict(list)
        for intent in intents:
            if intent.desk is not None:
                self._of_call[intent.call_id].append(intent)
        for line in lines:
            if line.rings_at is not None:
                world.scheduler.at(line.rings_at, partial(self._ring, line, 1))

    def play(self, intent: Intent, call: Call, done: Callable[[], None]) -> None:
        """Do at the desk what a wish has planned; `done` is called at the end."""
        assert intent.desk is not None
        script = self._keeps_draft(intent, call) if call.at_desk == DRAFT else self._books(intent, intent.desk, call)
        self._go_on(script, intent.agent_id, None, done)

    def shown(self, intent: Intent) -> list[Chip]:
        """Return how the bookings of a wish's call stand, as its agent's desk shows them at the end, outside time."""
        ask = Ask("GET", ("calls", key_of(intent.call_id), "bookings"))
        cookie, token = self._signed_in(intent.agent_id)
        answer = self._world.runtime.call(FUNCTION, event_of(ask, cookie, token, self._now_ms()))
        if answer["statusCode"] != 200:
            raise RuntimeError(f"the desk answers {answer['statusCode']} to a look at {intent.call_id}")
        return chips_in(answer["body"])

    def _ring(self, line: Line, tried: int) -> None:
        said = {"mobile": line.number.e164, "call_id": line.call_id, "agent_id": line.agent_id}
        event = popup_of("POST", "/calls/popup", {}, said, self._world.scheduler.now)

        def rung(result: Any, failure: BaseException | None) -> None:
            if (failure is not None or result["statusCode"] != 200) and tried < TRIES:
                self._world.scheduler.after(self._chance.uniform(0.5, 5.0), lambda: self._ring(line, tried + 1))

        self._world.runtime.invoke("call_popup", event, rung)

    def _books(self, intent: Intent, desk: AtDesk, call: Call) -> Script:
        if not (yield from self._opens(intent)):
            desk.failed += 1
            return
        key = key_of(intent.call_id)
        told = yield from self._sends(intent, desk, call, key)
        for _ in range(LOOKS if told else 0):
            yield self._chance.uniform(2.0, 600.0)
            page = yield Ask("GET", ("calls", key, "bookings"))
            if page.status == 200:
                self._reads(intent, page)

    def _sends(self, intent: Intent, desk: AtDesk, call: Call, key: str) -> Generator[Ask | float, Page, bool]:
        """Send the form until it is answered; returns whether it is taken down."""
        doubtful = False
        for _ in range(TRIES):
            begun = self._world.scheduler.now
            page = yield Ask("POST", ("calls", key, "book"), form_of(intent, call))
            if page.status >= 500:
                doubtful = True
                desk.sent.append(begun)
                yield self._chance.uniform(1.0, 20.0)
                continue
            if page.status != 200:
                desk.refused.append(page.status)
                return doubtful
            desk.sent.append(begun)
            chips = self._reads(intent, page)
            if any(each.is_of(intent.slot.start) for each in chips):
                desk.heard.append(self._world.scheduler.now)
            return True
        desk.failed += 1
        return False

    def _opens(self, intent: Intent) -> Generator[Ask | float, Page, bool]:
        """Open the call until the desk shows the patient; anybody may be booked as new once the call is there."""
        if intent.call_id.startswith("HAND-") and not (yield from self._types(intent)):
            return False
        for _ in range(TRIES):
            page = yield Ask("GET", ("calls", key_of(intent.call_id), "caller"))
            if page.status == 200 and (intent.patient_id is None or intent.patient_id in page.body):
                return True
            yield self._chance.uniform(1.0, 15.0)
        return False

    def _types(self, intent: Intent) -> Generator[Ask | float, Page, bool]:
        """Open a call that ConVox has not announced; the desk gives it its name."""
        said = intent.calls[0].body
        for _ in range(TRIES):
            page = yield Ask("POST", ("calls",), {"mobile": said["mobile"]})
            if page.status == 303:
                said["call_id"] = call_id_of(page.location.rpartition("/")[2])
                self._of_call[intent.call_id].append(intent)
                return True
            yield self._chance.uniform(1.0, 15.0)
        return False

    def _keeps_draft(self, intent: Intent, call: Call) -> Script:
        for _ in range(TRIES):
            page = yield Ask("POST", ("calls", key_of(intent.call_id), "draft"), form_of(intent, call))
            if page.status == 204:
                return
            yield self._chance.uniform(1.0, 10.0)

    def _reads(self, intent: Intent, page: Page) -> list[Chip]:
        """Compare what a page says with the calendar."""
        chips = chips_in(page.body)
        self._world.clinicea.advance()
        for other in self._of_call[intent.call_id]:
            said = any(each.progress == "booked" and each.is_of(other.slot.start) for each in chips)
            if said and other.desk is not None and not self._stands(other):
                other.desk.untrue.append(f"at {self._world.scheduler.now:.1f} s to {intent.agent_id}")
        return chips

    def _stands(self, intent: Intent) -> bool:
        clinicea = self._world.clinicea
        return bool(standing_for(clinicea, intent) or touched_of(clinicea, intent))

    def _go_on(self, script: Script, agent: str, page: Page | None, done: Callable[[], None]) -> None:
        """Go on with a script until it waits for something."""
        try:
            wanted = next(script) if page is None else script.send(page)
        except StopIteration:
            done()
            return
        if isinstance(wanted, float):
            self._world.scheduler.after(wanted, lambda: self._go_on(script, agent, Page(0, "", ""), done))
            return
        cookie, token = self._signed_in(agent)
        event = event_of(wanted, cookie, token, self._now_ms())
        self._world.runtime.invoke(
            FUNCTION,
            event,
            lambda result, failure: self._go_on(script, agent, self._answer(agent, result, failure), done),
        )

    def _answer(self, agent: str, result: Any, failure: BaseException | None) -> Page:
        scheduler = self._world.scheduler
        if failure is not None:
            return Page(BAD_GATEWAY, "", "")
        if self._world.mix.has("answer_lost") and self._chance.random() < self._world.weather.share(ANSWER_LOST):
            return Page(GATEWAY_TIME_OUT, "", "")
        page = Page(int(result["statusCode"]), str(result["body"]), _location(result))
        scheduler.trace.note(scheduler.now, f"desk of {agent}", f"gets {page.status}")
        return page

    def _signed_in(self, agent: str) -> tuple[str, str]:
        """Return cookie and form token of the agent's session; a sign-in takes no part in what is simulated."""
        now = self._world.scheduler.now
        until, cookie, token = self._sessions.get(agent, (0.0, "", ""))
        if now < until:
            return cookie, token
        if not self._clients:
            double: Any = DynamoDb(self._world.tables, self._world.clock.seconds, lambda: 0.0)
            clock: Any = self._world.clock
            table = self._world.stack.functions[FUNCTION].environment["LEDGER_TABLE"]
            self._clients.append(Sessions(Table(double, table), clock))
        cookie, session = self._clients[0].begin(Person(agent, agent, frozenset({"agents"}), agent))
        self._sessions[agent] = (now + SIGNED_IN.total_seconds(), cookie, session.token)
        return cookie, session.token

    def _now_ms(self) -> int:
        return int((EPOCH + self._world.scheduler.now) * 1000)


def _location(result: Json) -> str:
    found = (result.get("multiValueHeaders") or {}).get("Location") or [""]
    return str(found[0])
