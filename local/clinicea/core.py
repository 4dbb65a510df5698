"""The fake's behaviour without sockets: requests in, answers out; time and randomness are injected."""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.clinicea import bookings, routes, swagger
from local.clinicea.auth import Credentials, Sessions
from local.clinicea.calling import Account, Call
from local.clinicea.clock import DEFAULT_ZONE, Clock, SystemClock, zone_named
from local.clinicea.control import PREFIX, Control
from local.clinicea.faults import Faults, Rule
from local.clinicea.log import LATE_COMMIT_DONE, Entry, Log
from local.clinicea.lookups import UNAUTHORIZED
from local.clinicea.messages import (
    HTML_TYPE,
    TEXT_TYPE,
    Answer,
    Delay,
    Drip,
    Effect,
    Hold,
    RefusalError,
    Request,
    Reset,
    message_answer,
    text_answer,
)
from local.clinicea.parameters import Parameters, UnsupportedMediaError
from local.clinicea.rate import Rate
from local.clinicea.records import Store
from local.clinicea.switches import Switches

LATE_HOLD = 30.0
HTML = "<!DOCTYPE html><html><head><title>Clinicea</title></head><body>Please wait.</body></html>"


@dataclass(order=True, slots=True)
class _LateCommit:
    due: datetime
    number: int
    found: routes.Found = field(compare=False)
    request: Request = field(compare=False, repr=False)


class FakeClinicea:
    """One Clinicea account.

    `handle` takes a request and returns the answer with its effect. It is not thread-safe; the server has a lock
    for it. `fill` adds the initial data, now and after each reset.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        seed: int = 0,
        *,
        time_zone: str = DEFAULT_ZONE,
        credentials: Credentials | None = None,
        fill: "Callable[[FakeClinicea], None] | None" = None,
        switches: Mapping[str, object] | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.switches = Switches()
        self.store = Store(seed)
        self.sessions = Sessions(credentials or Credentials(), self.switches, seed)
        self.faults = Faults(seed, routes.CALLS | {routes.SWAGGER})
        self.log = Log()
        self._rate = Rate(self.switches)
        self.account = Account(self.store, self.sessions, self.switches, zone_named(time_zone))
        self._late: list[_LateCommit] = []
        self._late_made = 0
        self._fill = fill
        self._own_switches = dict(switches or {})
        self.switches.turn(self._own_switches, routes.CALLS)
        self._control = Control(self)
        if fill is not None:
            fill(self)

    def handle(self, request: Request) -> Answer:
        """Return the answer to a request, after all due late commits."""
        self.advance()
        if request.path.startswith(PREFIX):
            return self._control.handle(request)
        found = routes.find(request.method, request.path, self.switches)
        refused = self._rate.refusal(self.clock.now())
        if refused is not None:
            self.log.add(Entry(self.clock.now(), found.call, request.method, refused.status, None, None))
            return refused
        page = swagger.answer(request, self.switches) if found.call == routes.UNKNOWN_CALL else None
        if page is not None:
            found = routes.Found(routes.SWAGGER)
        rule = self.faults.draw(found.call)
        visit = _Visit(self, request, found, page)
        answer = visit.run(rule)
        status = None if answer.lost else answer.status
        fault = rule.kind if rule is not None else None
        self.log.add(Entry(self.clock.now(), found.call, request.method, status, fault, visit.work_status))
        return answer

    def advance(self) -> int:
        """Execute the due late commits in order; returns their number."""
        done = 0
        while self._late and self._late[0].due <= self.clock.now():
            late = heapq.heappop(self._late)
            answer = self.work(late.request, late.found, late.due)
            call, verb = late.found.call, late.request.method
            self.log.add(Entry(late.due, call, verb, None, LATE_COMMIT_DONE, answer.status))
            done += 1
        return done

    @property
    def waiting_commits(self) -> int:
        """Return the number of pending late commits."""
        return len(self._late)

    def commit_late(self, request: Request, found: routes.Found, seconds: float) -> None:
        """Schedule a request's work in so many seconds."""
        self._late_made += 1
        due = self.clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._late, _LateCommit(due, self._late_made, found, request))

    def reset(self) -> None:
        """Reset data, faults, sessions, log and switches to the start. No id is used again."""
        self.store.clear()
        self.sessions.clear()
        self.faults.clear()
        self.log.clear()
        self._late.clear()
        self.account.notifications.clear()
        self.account.outgoing.clear()
        self.switches.turn(Switches().as_json() | self._own_switches, routes.CALLS)
        if self._fill is not None:
            self._fill(self)

    def gate(self, request: Request, found: routes.Found) -> Answer | None:
        """Return the refusal of a request by route, verb, credential or role; None if it passes.

        The forms of these refusals are [assumed]: they are ASP.NET Web API's own.
        """
        if found.verb is None:
            return _no_such_route(request)
        if found.route is None:
            text = f"The requested resource does not support http method '{request.method}'."
            return message_answer(405, text, {"Allow": found.verb})
        try:
            return self._credential_gate(request, found)
        except RefusalError as refusal:
            return text_answer(refusal.status, refusal.text)

    def _credential_gate(self, request: Request, found: routes.Found) -> Answer | None:
        if found.call == routes.LOGIN:
            key = self._login_key(request, found)
            if key is None or not self.sessions.credentials.knows(key):
                return None  # the login itself refuses a missing or a wrong key
        else:
            key = self.sessions.key_behind(request, found.version, self.clock.now())
            if key is None:
                return message_answer(401, UNAUTHORIZED)
        if self.sessions.allows(key, found.call):
            return None
        if self.switches.denied_status == 401:
            return message_answer(401, UNAUTHORIZED)  # the same answer as for a bad credential [doc]
        return message_answer(403, "The API role does not have permission for this call.")

    def _login_key(self, request: Request, found: routes.Found) -> str | None:
        try:
            return self._given(request, found).text("apiKey")
        except UnsupportedMediaError:
            return None

    def _given(self, request: Request, found: routes.Found) -> Parameters:
        if found.route is None:
            raise ValueError("a request without a route has no parameters")
        return found.route.given(request, found.path_values, self.switches)

    def _call(self, request: Request, found: routes.Found, now: datetime) -> Call:
        by_session = self.switches.api_key_header.lower() not in request.headers
        return Call(self.account, self._given(request, found), now, found.version, by_session)

    def _answered(self, route: routes.Route, call: Call) -> Answer:
        try:
            return route.work(call)
        except RefusalError as refusal:
            if not route.writes:
                raise
            return bookings.refused(call, refusal)

    def work(self, request: Request, found: routes.Found, now: datetime) -> Answer:
        """Execute a request that has passed the gate."""
        route = found.route
        if route is None:
            raise ValueError("a request without a route has no work")
        try:
            call = self._call(request, found, now)
            return route.shape_now(self.switches).dressed(self._answered(route, call))
        except RefusalError as refusal:
            return text_answer(refusal.status, refusal.text)
        except UnsupportedMediaError:
            text = "The request entity's media type is not supported for this resource."
            return message_answer(415, text)


def _no_such_route(request: Request) -> Answer:
    # ASP.NET repeats the whole address with its query, so logged error bodies would hold credentials.
    query = f"?{request.query}" if request.query else ""
    address = f"http://{request.headers.get('host', 'localhost')}{request.path}{query}"
    return message_answer(404, f"No HTTP resource was found that matches the request URI '{address}'.")


@dataclass(slots=True)
class _Visit:
    """One request and the fault that hits it."""

    core: FakeClinicea
    request: Request
    found: routes.Found
    page: Answer | None
    work_status: int | None = None

    def run(self, rule: Rule | None) -> Answer:
        if rule is None:
            return self._worked()
        match rule.kind:
            case "status":
                return self._denied(rule, _said(rule))
            case "html":
                return self._denied(rule, Answer(200, (rule.body or HTML).encode(), HTML_TYPE, rule.headers))
            case "delay":
                return self._worked(Delay(rule.seconds))
            case "drip":
                return self._worked(Drip(rule.seconds, rule.drip_headers))
            case "timeout_before":
                return Answer(0, effect=Hold(rule.seconds))
            case "timeout_after":
                self._worked()
                return Answer(0, effect=Hold(rule.seconds))
            case "reset_before":
                return Answer(0, effect=Reset())
            case "reset_after":
                self._worked()
                return Answer(0, effect=Reset())
            case "late_commit":
                return self._late(rule)
            case "steal_token":
                self.core.sessions.steal(self.core.clock.now())
                return self._worked()

    def _late(self, rule: Rule) -> Answer:
        # The credential is checked at arrival; it may have expired at the commit.
        stopped = self.page or self.core.gate(self.request, self.found)
        if stopped is not None:
            self.work_status = stopped.status
            return stopped
        self.core.commit_late(self.request, self.found, rule.seconds)
        if rule.answered:
            return _said(rule)
        return Answer(0, effect=Reset() if rule.reset else Hold(LATE_HOLD))

    def _denied(self, rule: Rule, said: Answer) -> Answer:
        """Return the rule's answer, after the work if the rule says so; or the gate's refusal."""
        if not rule.after_work:
            return said
        stopped = self.core.gate(self.request, self.found) if self.page is None else None
        worked = self._worked()
        return said if stopped is None else worked

    def _worked(self, effect: Effect | None = None) -> Answer:
        answer = self.page or self.core.gate(self.request, self.found)
        if answer is None:
            answer = self.core.work(self.request, self.found, self.core.clock.now())
        self.work_status = answer.status
        route = self.found.route
        if effect is None and route is not None and route.paged and self.core.switches.slow_pages:
            effect = Delay(self.core.switches.slow_pages)
        return Answer(answer.status, answer.body, answer.content_type, answer.headers, effect)


def _said(rule: Rule) -> Answer:
    """Return the answer of a rule instead of the work's own."""
    body = (rule.body or "").encode()
    return Answer(rule.status, body, TEXT_TYPE if body else None, rule.headers)
