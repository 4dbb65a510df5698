"""The judge: what came of the bookings, by the calendar and by what the outside was told, not by the ledger's word."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Protocol

from local.clinicea.records import Appointment
from tests.chaos.clinicea import POSTS, SimulatedClinicea
from tests.chaos.clock import BEGINNING
from tests.chaos.consent_said import Proof
from tests.chaos.deployments import Window
from tests.chaos.intent import Intent
from tests.chaos.judge_calendar import Acts, judge_made_again, judge_start
from tests.chaos.judge_desk import Shown, judge_desk
from tests.chaos.judge_minds import judge_call, of_one_call
from tests.chaos.judge_parked import behind, only_a_person
from tests.chaos.judge_records import owned_twice, without_consent
from tests.chaos.judge_traces import judge_trace
from tests.chaos.truth import standing_for, touched_of
from tests.chaos.verdict import HARMS, Verdict

__all__ = ["HARMS", "Judge", "Seen", "Verdict"]

READ_BACKS = frozenset({"getAppointmentsByPatient", "getAppointmentsByDate"})
LOGIN = "getTokenByStaffUsernamePwd"
_BOOKING_ID = re.compile(r"bk_[a-z2-7]{26}")


class Seen(Protocol):
    """What the judge goes by: of a simulated run, or of one over real sockets."""

    @property
    def clinicea(self) -> SimulatedClinicea: ...

    @property
    def acts(self) -> Acts:
        """What people did with parked bookings."""
        ...

    @property
    def notices(self) -> Iterable[str]:
        """The text of each notice that was published."""
        ...

    @property
    def consents(self) -> Collection[Proof] | None:
        """The proofs of consent that are on record; None where nobody can look."""
        ...

    @property
    def worn_out(self) -> Collection[str]:
        """The bookings of which a message was made a dead letter without its fault."""
        ...

    @property
    def crashes(self) -> Counter[str]:
        """Errors that are none of the product's own."""
        ...

    def status(self, booking_id: str) -> tuple[int, Any]:
        """Return status and body of what the connector answers who asks for a booking."""
        ...

    def calls_without_end(self) -> Collection[str]:
        """Return the calls of which the connector says that their status has not come."""
        ...


class Judge:
    """Judges a run that has come to rest.

    Args:
        unread: when the connector could not read back.
        starved: the wishes whose start passed while they waited for another, each with what they waited for.
        shown: how the desk shows the bookings of a wish's call, if there is a desk.
    """

    def __init__(
        self,
        world: Seen,
        intents: list[Intent],
        unread: Window | None = None,
        starved: Iterable[tuple[Intent, str]] = (),
        shown: Shown = lambda _intent: (),
    ) -> None:
        self._shown = shown
        self._unread = unread
        self._acts = world.acts
        self._starved = starved
        self._world = world
        self._intents = intents
        self._store = world.clinicea.calendar
        self._verdict = Verdict()
        self._notices = {each for notice in world.notices for each in _BOOKING_ID.findall(notice)}
        self._by_tag: dict[int, list[Appointment]] = defaultdict(list)
        made = world.clinicea.made.by_id
        for appointment_id, appointment in self._store.appointments.items():
            tag = made[appointment_id].tag if appointment_id in made else None
            if tag is not None and not appointment.cancelled:
                self._by_tag[tag].append(appointment)

    def verdict(self) -> Verdict:
        listed = self._world.calls_without_end()
        for intent in self._intents:
            self._appointments_of(intent)
            judge_trace(self, self._world.clinicea, intent, listed)
            if intent.mind is not None:
                continue
            if len(intent.booking_ids) > 1:
                self._verdict.split.append(f"split: tag {intent.tag} ({intent.story}) {sorted(intent.booking_ids)}")
            for booking_id in sorted(intent.booking_ids):
                self._booking(intent, booking_id)
        for wishes in of_one_call(self._intents):
            judge_call(self, wishes)
            for booking_id in sorted({each for wish in wishes for each in wish.booking_ids}):
                self._count(wishes, booking_id)
        judge_desk(self, self._intents, self._shown)
        self._doubles()
        self._patients()
        self._records()
        for intent, why in self._starved:
            self.harm("starved", intent, why)
        self._traffic()
        self._verdict.crashes = self._world.crashes
        return self._verdict

    def all_ended(self) -> bool:
        """Whether every booking has ended or waits for a person."""
        ids = [booking_id for intent in self._intents for booking_id in intent.booking_ids]
        return all(self.told(each)[0] in ("booked", "rejected", "needs_attention") for each in ids)

    def cannot_be_told(self, what: str) -> None:
        """Note what would be a harm, if anybody could know of it."""
        self._verdict.undecidable[what] += 1

    def harm(self, harm: str, intent: Intent, why: str) -> None:
        setattr(self._verdict, harm, getattr(self._verdict, harm) + 1)
        self._verdict.evidence.append(f"{harm}: tag {intent.tag} ({intent.story}) {sorted(intent.booking_ids)}: {why}")

    def _appointments_of(self, intent: Intent) -> None:
        made = self._by_tag[intent.tag]
        if len(made) > 1:
            self.harm("duplicate_appointments", intent, f"{[each.appointment_id for each in made]} stand for it")
        for each in made:
            if not intent.is_right(self._store.patients[each.patient_id]):
                self.harm("wrong_patient", intent, f"{each.appointment_id} is {each.patient_id}'s")
        judge_start(self, self._world.clinicea, intent, self._acts)
        judge_made_again(self, self._world.clinicea, intent, self._acts)

    def made_for(self, intent: Intent) -> list[Appointment]:
        """Return the standing appointments that bear the intent's tag."""
        return self._by_tag[intent.tag]

    def was_refused(self, intent: Intent) -> bool:
        """Whether Clinicea has refused the appointment."""
        return intent.tag in self._world.clinicea.refused

    def _count(self, wishes: list[Intent], booking_id: str) -> None:
        """Count a booking of a call of several wishes."""
        self._verdict.accepted += 1
        wish = next(each for each in reversed(wishes) if booking_id in each.booking_ids)
        state, reason = self.told(booking_id)
        match state:
            case "booked":
                self._verdict.booked += 1
            case "rejected":
                self._verdict.rejected += 1
                self._check_told(wish, booking_id, state)
            case "needs_attention":
                self._parked(wish, booking_id, reason)
            case _:
                self.harm("lost", wish, f"still {state}")

    def _booking(self, intent: Intent, booking_id: str) -> None:
        self._verdict.accepted += 1
        state, reason = self.told(booking_id)
        match state:
            case "booked":
                self._verdict.booked += 1
                if not self.stands(intent):
                    self.harm("lost", intent, "booked, but nothing stands")
            case "rejected":
                self._verdict.rejected += 1
                self._check_told(intent, booking_id, state)
                if self._by_tag[intent.tag]:
                    self.harm("false_rejected", intent, f"{reason}, but its appointment stands")
                elif intent.withdrawn:
                    pass
                elif intent.tag not in self._world.clinicea.refused and booking_id not in self._acts.given_up:
                    self.harm("false_rejected", intent, f"{reason}, but Clinicea never refused it")
            case "needs_attention":
                self._parked(intent, booking_id, reason)
            case _:
                self.harm("lost", intent, f"still {state}")

    def _parked(self, intent: Intent, booking_id: str, reason: str | None) -> None:
        self._verdict.needs_attention += 1
        self._check_told(intent, booking_id, "needs_attention")
        person = only_a_person(self._world.clinicea, intent, reason, self._written(booking_id), self._unread) or (
            reason == "waits_for_other_booking" and self._waits_for_a_person(intent)
        )
        self._verdict.only_a_person_can_decide += person
        if booking_id in self._world.worn_out:
            reason = f"{reason} (was a dead letter)"
        if not person:
            self._verdict.parked.append(f"parked: tag {intent.tag} ({intent.story}) {booking_id}: {reason}")
        self._verdict.needs_attention_causes[f"{reason}{' (a person must decide)' if person else ''}"] += 1

    def _waits_for_a_person(self, intent: Intent) -> bool:
        """Whether the intent waits for one that only a person can decide: no rule can go on before they have."""
        clinicea = self._world.clinicea
        for other in (each for each in self._intents if behind(clinicea, intent, each)):
            for booking_id in sorted(other.booking_ids):
                state, reason = self.told(booking_id)
                if state != "needs_attention":
                    continue
                if only_a_person(clinicea, other, reason, self._written(booking_id), self._unread):
                    return True
        return False

    def _check_told(self, intent: Intent, booking_id: str, state: str) -> None:
        if booking_id not in self._notices and not intent.withdrawn:
            self._verdict.untold.append(f"untold: tag {intent.tag} ({intent.story}) {booking_id} {state}")

    def told(self, booking_id: str) -> tuple[str, str | None]:
        """What the connector answers who asks."""
        body = self._answer(booking_id)
        return body["state"], body["reason"]

    def _written(self, booking_id: str) -> float:
        """When the booking's record was last written, in seconds of the run."""
        return (datetime.fromisoformat(self._answer(booking_id)["updated_at"]) - BEGINNING).total_seconds()

    def _answer(self, booking_id: str) -> dict[str, Any]:
        status, body = self._world.status(booking_id)
        return body if status == 200 else {"state": f"answered with {status}", "reason": None}

    def stands(self, intent: Intent) -> bool:
        """Whether an appointment stands, or stood until the clinic touched it, for the right patient and start."""
        return bool(standing_for(self._world.clinicea, intent) or touched_of(self._world.clinicea, intent))

    def _doubles(self) -> None:
        """Two standing appointments for one patient, start and practitioner, one of them at least made by us."""
        places: dict[tuple[Any, ...], list[Appointment]] = defaultdict(list)
        for each in self._store.appointments.values():
            if not each.cancelled:
                places[each.patient_id, each.start, each.practitioner_id].append(each)
        by_tag = {intent.tag: intent for intent in self._intents}
        made = self._world.clinicea.made.by_id
        for same in places.values():
            ours = [made[each.appointment_id] for each in same if each.appointment_id in made]
            tags = [each.tag for each in ours if each.tag is not None and each.touch is None]
            # Those of one tag have been counted already.
            if len(same) > 1 and len(ours) == 1 and ours[0].unread:
                self.cannot_be_told("made beside what stood there by hand, without a look")
            elif len(same) > 1 and tags and len(set(tags)) == len(tags):
                ids = [each.appointment_id for each in same]
                self.harm("duplicate_appointments", by_tag[tags[0]], f"{ids} stand for one patient and start")

    def _patients(self) -> None:
        """Two patients of the same number and name made by us."""
        meant = {
            (intent.person.number.e164, intent.person.full_name.casefold()): intent
            for intent in self._intents
            if intent.person is not None
        }
        made: Counter[tuple[str, str]] = Counter(
            (f"+{each.country_code}{each.mobile}", each.full_name.casefold())
            for each in self._store.patients.values()
            if each.made_by == "postAppointment"
        )
        for person, count in made.items():
            if count > 1:
                self.harm("duplicate_patients", meant[person], f"{count} patients of that number and name")

    def _records(self) -> None:
        """Whose the appointments are, and whether new patients have agreed, as the connector has it."""
        asked_by = {booking_id: intent for intent in self._intents for booking_id in intent.booking_ids}
        told = {booking_id: self._answer(booking_id) for booking_id in asked_by}
        for appointment_id, owners in owned_twice(told).items():
            self.harm("owned_twice", asked_by[owners[0]], f"{appointment_id} is that of {owners}")
        if self._world.consents is not None:
            registered = self._world.clinicea.registered
            for intent, why in without_consent(self._intents, registered, self._world.consents):
                self.harm("without_consent", intent, why)

    def _traffic(self) -> None:
        calls = Counter(entry.call for entry in self._world.clinicea.log.entries if entry.fault != "late_commit_done")
        self._verdict.logins = calls[LOGIN]
        self._verdict.posts = sum(calls[call] for call in POSTS)
        self._verdict.read_backs = sum(calls[call] for call in READ_BACKS)
