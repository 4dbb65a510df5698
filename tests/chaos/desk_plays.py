"""One call whose agent books at the desk, while its status callback comes and the sweeper passes by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from convox_clinicea.bookings.call_ends import CallEndBookings
from convox_clinicea.bookings.callbacks import StatusCallbacks
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.errors import InvalidRequest
from tests.chaos.workers import Workers
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID, START, known_request, status_callback

KEY = f"desk-wish#convox#{AGENT_ID}#{CALL_ID}"
LATER = START + timedelta(hours=2)


class DeskCall(Workers):
    """A call with an appointment that waits for its end.

    Args:
        makes: by what the call's end is noticed: `ended`, `callback` (which asks for the same appointment), `sweeper`.
        books: what the agent books at once meanwhile, each by a form of its own.
        keeps: whether something waits for the call's end.
    """

    def __init__(self, *makes: str, books: Sequence[BookingRequest] = (), keeps: bool = True) -> None:
        super().__init__()
        self.fake.add_patient(**invented.patient(patient_id="P-41"))
        self.refused = 0
        self.ends = CallEndBookings(
            table=self.table,
            intake=self.intake,
            sealer=self.sealer,
            ids=self.drafter.ids,
            clock=self.clock,
            count=lambda _metric: None,
        )
        self.callbacks = StatusCallbacks(
            calls=self.calls,
            ledger=self.ledger,
            queue=self.messages,
            drafter=self.drafter,
            sealer=self.sealer,
            clock=self.clock,
            count=lambda _metric: None,
            open_bookings=self.open_bookings,
        )
        self.keeps = keeps
        if keeps:
            self.ends.keep(known_request())
        for each in makes:
            self.actor(each, self._work_of(each))
        for request in books:
            self.actor(f"desk, {request.start:%H:%M}", partial(self._book, request))

    def harm(self) -> list[str]:
        self.ends.make("convox", AGENT_ID, CALL_ID)
        call = self.calls.get("convox", CALL_ID)
        found = (self.ledger.get(booking_id) for booking_id in sorted(set(call.wishes.values())))
        self.bookings = [each for each in found if each is not None]
        harms = super().harm()
        booked = [each for each in map(self.now, self.bookings) if each.state is State.BOOKED]
        if len(booked) != 1:
            harms.append(f"{len(booked)} of the call's bookings are booked")
        if self.keeps and self.refused and booked and booked[0].start != START:
            harms.append("the desk's booking was refused, and made")
        return harms

    def _work_of(self, name: str) -> Callable[[], object]:
        def callback() -> None:
            self.ends.make("convox", AGENT_ID, CALL_ID)
            self.callbacks.handle(status_callback())

        return {
            "ended": lambda: self.ends.make("convox", AGENT_ID, CALL_ID),
            "callback": callback,
            "sweeper": lambda: self.ends.make_all_of(KEY),
        }[name]

    def _book(self, request: BookingRequest) -> None:
        try:
            self.ends.book_now(request)
        except InvalidRequest:
            self.refused += 1


DESK_PLAYS: dict[str, Callable[[], DeskCall]] = {
    "the callback and the sweeper": lambda: DeskCall("callback", "sweeper"),
    "the call's end, and the same is booked": lambda: DeskCall("ended", books=[known_request()]),
    "the callback, and the same is booked": lambda: DeskCall("callback", books=[known_request()]),
    "the call's end, and another time is booked": lambda: DeskCall("ended", books=[known_request(start=LATER)]),
    "the sweeper, and another time is booked": lambda: DeskCall("sweeper", books=[known_request(start=LATER)]),
    "two times are booked at once": lambda: DeskCall(books=[known_request(), known_request(start=LATER)], keeps=False),
}
