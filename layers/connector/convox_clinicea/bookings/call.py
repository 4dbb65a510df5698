"""A call: its requests and what each of its agents recorded.

ConVox gives a transferred call to the next agent under the same id, and each of them has a status callback: a call is a
call id with its agent, a leg (docs/adr/0158). What any leg has asked for stands in one record, so that none overlooks
another's appointment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Self

from convox_clinicea.bookings.record import Booking, timestamp
from convox_clinicea.text import normalized

SCHEMA_VERSION = 3
"""3: the legs of several agents. Versions 1 and 2 are still read."""
ONE_LEG_VERSION = 2
"""What a call of one agent is written as, so that the release before reads it. 2: what counts for each person."""
MOST_WISHES = 50
"""Of one call; what flow functions ask for beyond that is not noted with it, what callbacks do is refused."""
MOST_LEGS = 20
"""Agents of one call that are told apart; further ones share the leg of those who are not named."""
EVERYBODYS = ""
"""The agent of a call that an erasure has hidden: its agents are not known any more, and it has one leg."""


def is_same_agent(one: str | None, other: str | None) -> bool:
    """Whether both name one agent, in any case, or neither names any."""
    if one is None or other is None:
        return one is other
    return normalized(one) == normalized(other)


@dataclass(frozen=True, kw_only=True)
class Leg:
    """What one agent's callbacks told of a call. Nothing is personal but what was kept, sealed, for a person to see.

    Attributes:
        agent_id: None of callbacks that name no agent.
        asks: whether the newest callback asked for an appointment. The disposition itself is not kept, for agents may
            type into it what they will.
        wish_id: the one that counts now, of those that status callbacks have told.
        told: those, the newest last. For each person the last of theirs counts; what a flow function alone has asked
            for is none of them.
        recorded: when the agent recorded each of them, where ConVox tells.
        recorded_at: when the agent recorded the newest of the callbacks, where ConVox tells.
        problems: the fields that kept the last appointment asked for from being booked.
        kept: what that callback said, encrypted.
        number_key: HMAC of the mobile in it.
        patient_key: HMAC of Clinicea's id of the patient in it.
        several_kept: callbacks of several persons could not be booked, and only what the last one said is kept.
    """

    agent_id: str | None = None
    asks: bool = False
    wish_id: str | None = None
    told: tuple[str, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)
    recorded_at: datetime | None = None
    problems: tuple[str, ...] = ()
    kept: bytes | None = field(repr=False, default=None)
    number_key: str | None = None
    patient_key: str | None = None
    several_kept: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing would be lost if another agent's leg took its place."""
        return not self.told and self.recorded_at is None and not self.has_trace

    @property
    def trace_keys(self) -> set[str]:
        """The HMACs of whom what is kept is of."""
        return {each for each in (self.number_key, self.patient_key) if each is not None}

    @property
    def has_trace(self) -> bool:
        """Whether it asked for an appointment that could not be booked."""
        return bool(self.problems) or self.kept is not None

    def is_of(self, agent_id: str | None) -> bool:
        """Whether it is that agent's."""
        return is_same_agent(self.agent_id, agent_id)

    def recorded_before(self, moment: datetime | None) -> bool:
        """Whether something recorded at that moment is certainly newer than all that is known of the leg."""
        return moment is not None and self.recorded_at is not None and self.recorded_at < moment

    def recorded_after(self, moment: datetime | None) -> bool:
        """Whether something recorded at that moment is certainly older than what is known of the leg."""
        return moment is not None and self.recorded_at is not None and moment < self.recorded_at

    def concerns(self, number_key: str | None, patient_key: str | None) -> bool:
        """Whether what is kept may be of the person with these keys: it is, or nobody can tell of whom."""
        if self.number_key is None and self.patient_key is None:
            return True
        return (self.number_key is not None and self.number_key == number_key) or (
            self.patient_key is not None and self.patient_key == patient_key
        )

    def is_found_by(self, keys: Collection[str]) -> bool:
        """Whether what is kept is of the person with one of these keys."""
        return not self.trace_keys.isdisjoint(keys)

    def keeping(
        self, problems: tuple[str, ...], kept: bytes | None, number_key: str | None, patient_key: str | None
    ) -> Self:
        """Return it with the trace of a callback that could not be booked."""
        somebody = (number_key, patient_key) != (None, None)
        another = bool(self.problems) and somebody and not self.concerns(number_key, patient_key)
        return replace(
            self,
            problems=problems,
            kept=kept,
            number_key=number_key,
            patient_key=patient_key,
            several_kept=self.several_kept or another,
        )

    def corrected(self, number_key: str | None, patient_key: str | None) -> Self:
        """Return it once an appointment of that person is taken: their trace is gone, another's is not."""
        return self.cleared() if not self.several_kept and self.concerns(number_key, patient_key) else self

    def cleared(self) -> Self:
        """Return it without the trace of what could not be booked."""
        return replace(self, problems=(), kept=None, number_key=None, patient_key=None, several_kept=False)


@dataclass(frozen=True)
class Call(Leg):
    """One call: its own attributes are those of one of its legs, the one that it was last turned to.

    Attributes:
        wishes: each appointment that any of its requests has asked for, by its wish id, and the booking that it became.
        others: the other agents' legs.
        version: 0 if it is not stored yet.
    """

    caller: str
    call_id: str
    received_at: datetime
    updated_at: datetime
    wishes: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Leg, ...] = ()
    version: int = 0
    expires_at: datetime | None = None
    write_token: str = ""
    schema_version: int = ONE_LEG_VERSION

    @property
    def leg(self) -> Leg:
        """The leg that it is turned to, alone."""
        return Leg(**{each: getattr(self, each) for each in _OF_A_LEG})

    @property
    def legs(self) -> tuple[Leg, ...]:
        """All of them, that one first."""
        return (self.leg, *self.others)

    @property
    def booking_id(self) -> str | None:
        """The booking that stands for what counts now for this leg's agent."""
        return None if self.wish_id is None else self.wishes.get(self.wish_id)

    @property
    def quiet(self) -> bool:
        """Whether none of its requests asked for an appointment."""
        return not self.wishes and not any(each.has_trace for each in self.legs)

    @property
    def problems_of_all(self) -> tuple[str, ...]:
        """The fields that kept an appointment from being booked, of whichever leg."""
        return tuple(dict.fromkeys(problem for each in self.legs for problem in each.problems))

    @property
    def booking_ids_told(self) -> set[str]:
        """The bookings that status callbacks have asked for, of whichever agent."""
        return self._bookings_of(self.legs)

    @property
    def booking_ids_own(self) -> set[str]:
        """The bookings that this leg's callbacks have asked for, another's too or not."""
        return self._bookings_of((self.leg,))

    @property
    def booking_ids_elsewhere(self) -> set[str]:
        """The bookings that other agents' callbacks have asked for, this one's too or not."""
        return self._bookings_of(self.others)

    def is_told_elsewhere_only(self, wish_id: str) -> bool:
        """Whether another agent has asked for that, and this one never has."""
        return wish_id not in self.told and any(wish_id in each.told for each in self.others)

    def of_agent(self, agent_id: str | None) -> Self:
        """Return the call turned to the leg of that agent; a new one, if nothing was heard of it."""
        if self.agent_id == EVERYBODYS or self.is_of(agent_id):
            return self
        own = next((each for each in self.others if each.is_of(agent_id)), None)
        if own is None and agent_id is not None and len(self.others) + 1 >= MOST_LEGS:
            return self.of_agent(None)
        leg = own or Leg(agent_id=agent_id)
        return self._turned(leg, tuple(each for each in self.legs if each is not own and not each.is_blank))

    def asked(self, wish_id: str, booking: Booking) -> Self:
        """Return the call once a flow function has asked for that."""
        return replace(self, wishes={**self.wishes, wish_id: booking.booking_id})

    def with_intent(self, wish_id: str, booking: Booking, *, counts: bool, recorded_at: datetime | None = None) -> Self:
        """Return the call once a status callback of this leg has asked for that.

        Args:
            counts: it is what that person is to have now; else something newer of theirs is known.
        """
        others = tuple(each for each in self.told if each != wish_id)
        return replace(
            self.asked(wish_id, booking),
            wish_id=wish_id if counts else self.wish_id,
            told=(*others, wish_id) if counts else self.told if wish_id in self.told else (wish_id, *others),
            recorded=self._recorded(wish_id, recorded_at),
        )

    def of_bookings(self, booking_ids: Collection[str]) -> Self:
        """Return the call as far as this leg is about these: what one person is to have, and when it was said."""
        told = tuple(each for each in self.told if self.wishes.get(each) in booking_ids)
        moments = [datetime.fromisoformat(self.recorded[each]) for each in told if each in self.recorded]
        return replace(
            self, told=told, wish_id=told[-1] if told else None, recorded_at=max(moments) if moments else None
        )

    def without_traces(self, keys: Collection[str] | None = None) -> Self:
        """Return it without what is kept of the person with one of these keys; None: of anybody."""
        others = tuple(each.cleared() if keys is None or each.is_found_by(keys) else each for each in self.others)
        own = self.cleared() if keys is None or self.is_found_by(keys) else self
        return replace(own, others=others)

    def hidden(self, name: str) -> Self:
        """Return the call as an erasure leaves it: what its wishes have become, under a name that tells nothing.

        Its legs are one from now on, that of the newest callback last.
        """
        alone = replace(self.cleared(), call_id=name, agent_id=EVERYBODYS, others=())
        return alone._with_told(self.others)

    def joined(self, other: Self) -> Self:
        """Return the call with what another record of the same call knows besides."""
        joined = replace(self, wishes={**other.wishes, **self.wishes})
        return replace(joined._with_told(other.legs), schema_version=max(self.schema_version, other.schema_version))

    def _with_told(self, legs: Collection[Leg]) -> Self:
        oldest_first: list[Leg] = [*reversed([*legs]), self]
        told = [wish_id for each in oldest_first for wish_id in each.told]
        recorded: dict[str, str] = {}
        for each in oldest_first:
            recorded |= {wish_id: max(moment, recorded.get(wish_id, "")) for wish_id, moment in each.recorded.items()}
        return replace(self, told=tuple(dict.fromkeys(told)), recorded=recorded)

    def _turned(self, leg: Leg, others: tuple[Leg, ...]) -> Self:
        return replace(self, **{each: getattr(leg, each) for each in _OF_A_LEG}, others=others)

    def _bookings_of(self, legs: Collection[Leg]) -> set[str]:
        return {self.wishes[wish_id] for each in legs for wish_id in each.told if wish_id in self.wishes}

    def _recorded(self, wish_id: str, moment: datetime | None) -> Mapping[str, str]:
        known = self.recorded.get(wish_id, "")
        return self.recorded if moment is None else {**self.recorded, wish_id: max(known, timestamp(moment))}


_OF_A_LEG = tuple(each.name for each in fields(Leg))


def key_of_trace(call: Call, leg: Leg) -> str:
    """Return the name that the journal of erasures has for what is kept of a person with one leg."""
    return f"{key_of_call(call.caller, call.call_id)}#{leg.number_key or leg.patient_key}"


def key_of_call(caller: str, call_id: str) -> str:
    """Return the primary key of a call."""
    return f"call#{caller}#{call_id}"
