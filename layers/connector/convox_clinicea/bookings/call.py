"""A call: its requests and what each of its agents recorded.

ConVox gives a transferred call to the next agent under the same id, and sends a status callback for each agent. One
agent's part of a call is a leg (docs/adr/0158). One record holds the requests of all legs, so that each leg sees the
appointments of the others.
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
"""Written for a call with one agent, so that the previous release can read it. 2: the latest request of each person."""
MOST_WISHES = 50
"""Requests stored with a call. Beyond that, requests of flow functions are not added, and callbacks are refused."""
MOST_LEGS = 20
"""Agents of one call that have a leg each. Further agents share the leg of callbacks without an agent."""
EVERYBODYS = ""
"""The agent of a call after an erasure: its agents were removed, and one leg is left."""


def is_same_agent(one: str | None, other: str | None) -> bool:
    """Return whether both are the same agent, ignoring case, or both None."""
    if one is None or other is None:
        return one is other
    return normalized(one) == normalized(other)


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One agent's callbacks of a call. Only `kept` is personal data, and it is encrypted.

    Attributes:
        agent_id: None for callbacks that name no agent.
        asks: whether the newest callback asked for an appointment. The disposition itself is not stored, because
            agents may type any text into it.
        wish_id: the request that counts now, of those that status callbacks made.
        told: the ids of those requests, the newest last. For each person the last one counts. Requests that only a
            flow function made are not in it.
        recorded: when the agent recorded each of them, if ConVox says so.
        recorded_at: when the agent recorded the newest callback, if ConVox says so.
        problems: the fields because of which the last requested appointment could not be booked.
        kept: the fields of that callback, encrypted.
        number_key: HMAC of the mobile in it.
        patient_key: HMAC of Clinicea's patient id in it.
        several_kept: callbacks for several persons could not be booked, and `kept` holds only the last one.
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
        """Whether another leg can replace this one without loss."""
        return not self.told and self.recorded_at is None and not self.has_trace

    @property
    def trace_keys(self) -> set[str]:
        """The HMACs of the person whose callback is kept."""
        return {each for each in (self.number_key, self.patient_key) if each is not None}

    @property
    def has_trace(self) -> bool:
        """Whether the leg asked for an appointment that could not be booked."""
        return bool(self.problems) or self.kept is not None

    def is_of(self, agent_id: str | None) -> bool:
        """Return whether this is the agent's leg."""
        return is_same_agent(self.agent_id, agent_id)

    def recorded_before(self, moment: datetime | None) -> bool:
        """Return whether a callback recorded at `moment` is certainly newer than the leg's newest one."""
        return moment is not None and self.recorded_at is not None and self.recorded_at < moment

    def recorded_after(self, moment: datetime | None) -> bool:
        """Return whether a callback recorded at `moment` is certainly older than the leg's newest one."""
        return moment is not None and self.recorded_at is not None and moment < self.recorded_at

    def concerns(self, number_key: str | None, patient_key: str | None) -> bool:
        """Return whether the kept callback may be about the person with these keys: it is, or it has no keys."""
        if self.number_key is None and self.patient_key is None:
            return True
        return (self.number_key is not None and self.number_key == number_key) or (
            self.patient_key is not None and self.patient_key == patient_key
        )

    def is_found_by(self, keys: Collection[str]) -> bool:
        """Return whether the kept callback is about a person with one of these keys."""
        return not self.trace_keys.isdisjoint(keys)

    def keeping(
        self, problems: tuple[str, ...], kept: bytes | None, number_key: str | None, patient_key: str | None
    ) -> Self:
        """Return the leg with the trace of a callback that could not be booked."""
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
        """Return the leg after an appointment of that person was accepted: without their trace."""
        return self.cleared() if not self.several_kept and self.concerns(number_key, patient_key) else self

    def cleared(self) -> Self:
        """Return the leg without the trace of a callback that could not be booked."""
        return replace(self, problems=(), kept=None, number_key=None, patient_key=None, several_kept=False)


@dataclass(frozen=True)
class Call(Leg):
    """One call, seen from one of its legs: the inherited attributes are those of that leg.

    Attributes:
        wishes: the booking id of each appointment that was asked for on the call, by its intent id.
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
        """The leg from which the call is seen."""
        return Leg(**{each: getattr(self, each) for each in _OF_A_LEG})

    @property
    def legs(self) -> tuple[Leg, ...]:
        """All legs, the current one first."""
        return (self.leg, *self.others)

    @property
    def booking_id(self) -> str | None:
        """The booking of the request that counts now for this leg's agent."""
        return None if self.wish_id is None else self.wishes.get(self.wish_id)

    @property
    def quiet(self) -> bool:
        """Whether no request of the call asked for an appointment."""
        return not self.wishes and not any(each.has_trace for each in self.legs)

    @property
    def problems_of_all(self) -> tuple[str, ...]:
        """The fields because of which an appointment could not be booked, of all legs."""
        return tuple(dict.fromkeys(problem for each in self.legs for problem in each.problems))

    @property
    def booking_ids_told(self) -> set[str]:
        """The bookings that status callbacks of any agent asked for."""
        return self._bookings_of(self.legs)

    @property
    def booking_ids_own(self) -> set[str]:
        """The bookings that this leg's callbacks asked for. Another leg's may have asked for them, too."""
        return self._bookings_of((self.leg,))

    @property
    def booking_ids_elsewhere(self) -> set[str]:
        """The bookings that other legs' callbacks asked for. This leg's may have asked for them, too."""
        return self._bookings_of(self.others)

    def is_told_elsewhere_only(self, wish_id: str) -> bool:
        """Return whether another agent asked for the appointment and this one never did."""
        return wish_id not in self.told and any(wish_id in each.told for each in self.others)

    def of_agent(self, agent_id: str | None) -> Self:
        """Return the call seen from the agent's leg, which is new if the agent has none yet."""
        if self.agent_id == EVERYBODYS or self.is_of(agent_id):
            return self
        own = next((each for each in self.others if each.is_of(agent_id)), None)
        if own is None and agent_id is not None and len(self.others) + 1 >= MOST_LEGS:
            return self.of_agent(None)
        leg = own or Leg(agent_id=agent_id)
        return self._turned(leg, tuple(each for each in self.legs if each is not own and not each.is_blank))

    def asked(self, wish_id: str, booking: Booking) -> Self:
        """Return the call after a flow function asked for the appointment."""
        return replace(self, wishes={**self.wishes, wish_id: booking.booking_id})

    def with_intent(self, wish_id: str, booking: Booking, *, counts: bool, recorded_at: datetime | None = None) -> Self:
        """Return the call after a status callback of this leg asked for the appointment.

        Args:
            counts: whether it is the person's latest request.
        """
        others = tuple(each for each in self.told if each != wish_id)
        return replace(
            self.asked(wish_id, booking),
            wish_id=wish_id if counts else self.wish_id,
            told=(*others, wish_id) if counts else self.told if wish_id in self.told else (wish_id, *others),
            recorded=self._recorded(wish_id, recorded_at),
        )

    def of_bookings(self, booking_ids: Collection[str]) -> Self:
        """Return the call with this leg reduced to the requests of these bookings, for one person."""
        told = tuple(each for each in self.told if self.wishes.get(each) in booking_ids)
        moments = [datetime.fromisoformat(self.recorded[each]) for each in told if each in self.recorded]
        return replace(
            self, told=told, wish_id=told[-1] if told else None, recorded_at=max(moments) if moments else None
        )

    def without_traces(self, keys: Collection[str] | None = None) -> Self:
        """Return the call without the kept callbacks of a person with one of these keys; None: of anybody."""
        others = tuple(each.cleared() if keys is None or each.is_found_by(keys) else each for each in self.others)
        own = self.cleared() if keys is None or self.is_found_by(keys) else self
        return replace(own, others=others)

    def hidden(self, name: str) -> Self:
        """Return the call as an erasure leaves it: its bookings, under a name that identifies nobody.

        All legs become one, with the requests of the newest callback last.
        """
        alone = replace(self.cleared(), call_id=name, agent_id=EVERYBODYS, others=())
        return alone._with_told(self.others)

    def joined(self, other: Self) -> Self:
        """Return the call merged with another record of the same call."""
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
    """Return the name in the journal of erasures for the callback of a person that a leg keeps."""
    return f"{key_of_call(call.caller, call.call_id)}#{leg.number_key or leg.patient_key}"


def key_of_call(caller: str, call_id: str) -> str:
    """Return the primary key of a call."""
    return f"call#{caller}#{call_id}"
