"""What a chain's days leave in its ledger: the past by the record classes, the last day by the services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from convox_clinicea.bookings import identity
from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Ledger
from convox_clinicea.bookings.locks import Locks
from convox_clinicea.bookings.protocol import ProtocolTimings, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, Caller, Consent, PatientDetails
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText, digest
from convox_clinicea.table import Table
from local.clinicea.records import Appointment, Patient
from tests.chaos.chain import INDIA, KEY, Chain
from tests.chaos.large_tables import WithoutConditions
from tests.support.clock import VirtualClock

ONE_DAY = timedelta(days=1)
FURTHEST_START = 14
"""Days ahead that the chain books."""
NUMBERS = 99
"""All that invented people have but one; each newcomer of the day has one, the clinics' patients share the other."""
HALF_HOUR = timedelta(minutes=30)
EARLIER_PATIENT = "P-00200"
"""Has bookings in the past."""


@dataclass(frozen=True)
class Day:
    """What the last day's calls became."""

    booked: list[Booking]
    quiet: int


def number(place: int) -> Mobile:
    """One of the numbers that nobody has."""
    return Mobile.from_e164(f"+9199999{place:05d}")


def number_key(mobile: Mobile) -> str:
    """Return the HMAC by which the ledger knows that number."""
    return identity.digest_of_number(KEY, mobile)


def past(chain: Chain) -> None:
    """Write what the days before have left, as far as it has not expired."""
    for ago in range(chain.days, 0, -1):
        _day_before(chain, ago)


def _day_before(chain: Chain, ago: int) -> None:
    clock = VirtualClock(chain.clock.now() - ago * ONE_DAY)
    table = Table(WithoutConditions(chain.aws), "Ledger")  # type: ignore[arg-type]  # what the product calls of the client
    ledger, calls = Ledger(table, clock), Calls(table, clock)
    locks = Locks(table, ledger, clock, ProtocolTimings().settle)
    step = ONE_DAY.total_seconds() / chain.calls_a_day
    for place in range(chain.calls_a_day):
        clock.advance(step)
        name = f"c{ago:03d}-{place:05d}"
        now = clock.now()
        call = Call("convox", name, now, now, agent_id=f"agent-{place % 200}")
        if place >= chain.booked_a_day:
            written = calls.write(call)
            if written.expires_at is not None and written.expires_at < chain.clock.now():
                # The others of that day have expired too.
                chain.stored.expire(chain.clock.now().timestamp())
                return
            continue
        booking = _booking_before(chain, name, place, ago, now)
        noted = call.with_intent(booking.booking_id, booking, counts=True)
        calls.write(replace(noted, asks=True), start=booking.start)
        if max(now + DEFAULT_RETENTION, booking.start + 2 * ONE_DAY) < chain.clock.now():
            continue
        if booking.newcomer:
            locks.acquire_number_lock(booking)
        made = ledger.book(booking, f"A-{name}")
        if made.start > chain.clock.now() - 3 * ONE_DAY:
            stand(chain, made)


def _booking_before(chain: Chain, name: str, place: int, ago: int, now: datetime) -> Booking:
    new = place % 4 == 0
    patient = f"P-{(ago * 131 + place) % 50_000:05d}"
    start = _start(chain, chain.clock.now() - ago * ONE_DAY, place)
    return Booking(
        booking_id="bk_" + digest(KEY, [name]).hex()[:26],
        state=State.SENDING,
        flow="new_patient" if new else "known_patient",
        caller="convox",
        call_id=name,
        agent_id=f"agent-{place % 200}",
        start=start,
        clinic_id=chain.clinics[place % len(chain.clinics)],
        patient_id=patient,
        patient_key=identity.digest_of_patient(KEY, patient),
        number_key=digest(KEY, ["number", name]).hex() if new else None,
        newcomer=(digest(KEY, [name, "name"]).hex(),) if new else (),
        fingerprint=digest(KEY, [name, "content"]),
        request=b"s" * 400,
        posted=True,
        accepted_at=now,
        updated_at=now,
        queued_at=now,
    )


def _start(chain: Chain, day: datetime, place: int) -> datetime:
    """Return a start at which that patient has no other appointment."""
    ahead = 1 + place % FURTHEST_START
    return day.replace(minute=0, second=0, microsecond=0) + ahead * ONE_DAY + (place % 16) * HALF_HOUR


def stand(chain: Chain, booking: Booking) -> None:
    """Let a booked booking's appointment stand in Clinicea's calendar."""
    start, now = booking.start.astimezone(INDIA).replace(tzinfo=None), chain.clock.now()
    if booking.patient_id not in chain.fake.store.patients:
        patient = Patient("Earlier", "9999900000", booking.patient_id or "", last_name=f"Patientova{booking.call_id}")
        chain.fake.store.add_patient(patient)
    chain.fake.store.add_appointment(
        Appointment(
            patient_id=booking.patient_id or "",
            clinic_id=booking.clinic_id or "",
            start=start,
            end=start + HALF_HOUR,
            created_at=now,
            modified_at=now,
            appointment_id=booking.appointment_id or "",
            notes=f"[{booking.booking_id}]",
        )
    )


def leave_traces(chain: Chain, mobile: Mobile) -> None:
    """Let a callback with that number be kept for a person, because it cannot be booked."""
    callback = Callback(
        caller=Caller(name="convox", call_id="kept", agent_id="agent-1"),
        call_id="kept",
        refusal=InvalidRequest(FieldProblem("clinic_id", "is missing")),
        said=PersonalText("{}"),
        mobile=mobile,
        grounds=Grounds.CONSENT,
    )
    with suppress(InvalidRequest):
        chain.callbacks.handle(callback)


def today(chain: Chain) -> Day:
    """Play the day: callbacks, and the worker for those that ask for an appointment."""
    step = ONE_DAY.total_seconds() / chain.calls_a_day
    booked, quiet = [], 0
    for place, callback in enumerate(_callbacks(chain)):
        chain.clock.advance(step)
        taken = chain.callbacks.handle(callback)
        if taken.booking is None:
            quiet += 1
        else:
            booked.append(chain.work(taken.booking))
        if place % 10 == 0:
            chain.announced.announce("convox", f"lost-{place}", "agent-1")
    return Day(booked, quiet)


def _callbacks(chain: Chain) -> Iterator[Callback]:
    """Yield the day's callbacks: one in five asks for an appointment."""
    every = chain.calls_a_day // chain.booked_a_day
    for place in range(chain.calls_a_day):
        caller = Caller(name="convox", call_id=f"today-{place:05d}", agent_id=f"agent-{place % 200}")
        wanted = _wanted(chain, caller, place // every) if place % every == 0 else None
        yield Callback(caller=caller, call_id=caller.call_id or "", wanted=wanted)


def _wanted(chain: Chain, caller: Caller, place: int) -> BookingRequest:
    start = _start(chain, chain.today, place)
    clinic_id = chain.clinics[place % len(chain.clinics)]
    if place < NUMBERS:
        mobile = number(1 + place)
        patient = PatientDetails(
            mobile=mobile, first_name=PersonalText(f"Newly{_letters(place)}"),
            consent=Consent(given=True),
        )  # fmt: skip
        return BookingRequest(caller=caller, clinic_id=clinic_id, start=start, duration_minutes=30, new_patient=patient)
    known = chain.fake.store.add_patient(
        Patient("Known", "9999900000", f"K-{place:04d}", last_name=f"Patientova{_letters(place)}")
    )
    return BookingRequest(
        caller=caller, clinic_id=clinic_id, start=start, duration_minutes=30, patient_id=known.patient_id
    )


def _letters(place: int) -> str:
    """Spell a number: names have no digits."""
    return "".join(chr(97 + int(digit)) for digit in str(place))
