"""The calls of the agent who is signed in: announced by ConVox, or typed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from convox_clinicea.announcements import AgentCall, AgentCalls, key_of_agent
from convox_clinicea.convox.defaults import RequestDefaults, number
from convox_clinicea.convox.fields import LONGEST_ID
from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.desk.states import BookingState, BookingStates
from convox_clinicea.errors import FieldProblem, InvalidRequest, NotFound
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import FreeTextIds, PersonalText
from convox_clinicea.sealing import Sealer

BY_HAND = "hand-"
"""What the id of a call begins with that ConVox did not announce."""
LONGEST_NUMBER = LONGEST_ID
_NO_DIGITS = str.maketrans("0123456789", "ghijklmnop")
"""A call's id with many digits in a row is taken for a telephone number, and hidden wherever it is stored."""
SECONDS_REMEMBERED = 60
"""For which a process does not read bookings of a call that have all ended."""
MOST_REMEMBERED = 1000


NumberKey = Callable[[Mobile], str]


class SignedIn(Protocol):
    """A person who is signed in at the desk."""

    @property
    def subject(self) -> str:
        """The identity provider's id of the person."""
        ...

    @property
    def agent_id(self) -> str:
        """ConVox's login name."""
        ...


@dataclass(frozen=True)
class DeskCall:
    """A call as the desk shows it.

    Attributes:
        call_id: the name by which the call is asked for; it tells nothing of a person.
        line: the queue, process or number that was called; empty if ConVox told none.
        direction: `in` or `out`.
        mobile: None if no number was told, and in a list.
        said_id: the call's id as ConVox sends it, under which it is booked.
        asked: whether the agent has asked for an appointment on it.
    """

    call_id: str
    since: datetime
    line: str
    direction: str
    mobile: Mobile | None = None
    ended_at: datetime | None = None
    bookings: tuple[BookingState, ...] = ()
    said_id: PersonalText = field(default=PersonalText(""), repr=False)
    asked: bool = False

    @property
    def by_hand(self) -> bool:
        """Whether the agent opened it, and ConVox knows nothing of it."""
        return self.call_id.startswith(BY_HAND)


class DeskCalls:
    """Reads and adds the calls of one client's agents.

    Args:
        numbers: gives the HMAC of a number, by which an erasure finds it.
    """

    def __init__(
        self,
        *,
        calls: AgentCalls,
        states: BookingStates,
        sealer: Sealer,
        ids: FreeTextIds,
        defaults: RequestDefaults,
        clock: Clock,
        client: str,
        numbers: NumberKey,
    ) -> None:
        self._calls = calls
        self._states = states
        self._sealer = sealer
        self._ids = ids
        self._defaults = defaults
        self._clock = clock
        self._client = client
        self._numbers = numbers
        self._ended: dict[tuple[str, str], tuple[float, tuple[BookingState, ...]]] = {}

    def today(self, person: SignedIn, *, with_bookings: bool = True) -> list[DeskCall]:
        """Return the agent's calls of this day in the deployment's zone, newest first, without their numbers.

        Args:
            with_bookings: whether to read how their bookings stand; a page that only waits for a call needs none.

        Raises:
            TableUnavailable, UnreadableRecord: they cannot be read now.
        """
        today = self._day(self._clock.now())
        announced = self._calls.of(self._client, self._agent(person))
        calls = [self._opened(person, each, numbers=False) for each in announced if self._day(each.since) == today]
        return [self._listed(person, each) for each in calls] if with_bookings else calls

    def find(self, person: SignedIn, call_id: str) -> DeskCall:
        """Return one call of the agent's with its number and bookings.

        Raises:
            NotFound: it was not announced to this agent within the last 24 hours.
            TableUnavailable, UnreadableRecord, SealingUnavailable: it cannot be read now.
        """
        announced = self._calls.of(self._client, self._agent(person))
        found = next((each for each in announced if each.call_id == call_id), None)
        if found is None:
            raise NotFound("no such call of this agent")
        return self._with_bookings(person, self._opened(person, found, numbers=True))

    def by_hand(self, person: SignedIn, mobile_text: str) -> DeskCall:
        """Add a call that ConVox has not announced; raises InvalidRequest of its number, TableUnavailable."""
        call_id = f"{BY_HAND}{fresh_token()[:16].translate(_NO_DIGITS)}"
        mobile = self._number(mobile_text)
        return self._added(
            person, DeskCall(call_id, self._clock.now(), "", "in", mobile, said_id=PersonalText(call_id))
        )

    def with_number(self, person: SignedIn, call: DeskCall, mobile_text: str) -> DeskCall:
        """Give a call the number that the caller told; raises InvalidRequest, TableUnavailable."""
        return self._added(person, replace(call, mobile=self._number(mobile_text)))

    def _added(self, person: SignedIn, call: DeskCall) -> DeskCall:
        agent = self._agent(person)
        told = {} if call.mobile is None else {"mobile": call.mobile.reveal()}
        said = call.said_id.reveal()
        told |= {} if said == call.call_id else {"call_id": said}
        sealed = self._sealer.seal(key_of_agent(self._client, agent), json.dumps(told).encode())
        number_key = None if call.mobile is None else self._numbers(call.mobile)
        announced = AgentCall(
            call.call_id, call.since, call.line, call.direction, call.ended_at, sealed, number_key, call.asked
        )
        self._calls.announce(self._client, agent, announced)
        return call

    def _opened(self, person: SignedIn, call: AgentCall, *, numbers: bool) -> DeskCall:
        told: dict[str, str] = {}
        if numbers and call.sealed is not None:
            opened = self._sealer.open(key_of_agent(self._client, self._agent(person)), call.sealed)
            told = json.loads(opened)
        return DeskCall(
            call_id=call.call_id,
            since=call.since,
            line=call.line,
            direction=call.direction,
            mobile=Mobile.from_e164(told["mobile"]) if "mobile" in told else None,
            ended_at=call.ended_at,
            said_id=PersonalText(told.get("call_id", call.call_id)),
            asked=call.asked,
        )

    def _listed(self, person: SignedIn, call: DeskCall) -> DeskCall:
        """Return a call with its bookings; those that have ended are read once a minute."""
        if not call.asked:
            return call
        key, now = (person.agent_id, call.call_id), self._clock.monotonic()
        until, bookings = self._ended.get(key, (now, ()))
        if now < until:
            return replace(call, bookings=bookings)
        read = self._with_bookings(person, call)
        if call.ended_at is not None and all(each.ended for each in read.bookings):
            if len(self._ended) >= MOST_REMEMBERED:
                self._ended.clear()
            self._ended[key] = (now + SECONDS_REMEMBERED, read.bookings)
        return read

    def _with_bookings(self, person: SignedIn, call: DeskCall) -> DeskCall:
        return replace(call, bookings=tuple(self._states.of(call.said_id.reveal(), person.agent_id)))

    def _number(self, text: str) -> Mobile:
        if not text.strip():
            raise InvalidRequest(FieldProblem("mobile", "is required"))
        if len(text) > LONGEST_NUMBER:
            raise InvalidRequest(FieldProblem("mobile", f"must have at most {LONGEST_NUMBER} characters"))
        return number(PersonalText(text), None, self._defaults)

    def _agent(self, person: SignedIn) -> str:
        return self._ids.agent(person.agent_id)

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self._defaults.zone_of_calls).date().isoformat()
