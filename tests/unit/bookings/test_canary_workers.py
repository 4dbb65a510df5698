"""A canary whose worker dies, freezes or meets another; and what a container remembers of a proof."""

from __future__ import annotations

from convox_clinicea import aws
from convox_clinicea.bookings.canary import PROOF_CACHED
from convox_clinicea.bookings.protocol import ProtocolTimings, State
from convox_clinicea.table import Item, Put, Table, TableUnavailable
from tests.support.bench import Bench
from tests.support.bookings import known_request
from tests.support.guarding import POST, further, held_up


def test_canary_that_died_before_posting_is_followed_by_next(guarded: Bench) -> None:
    first = guarded.accept()
    canary = guarded.canary()
    canary.turn(first, known_request(), "P-41", 1)
    other = further(guarded)
    assert held_up(guarded, other)

    guarded.clock.advance(ProtocolTimings().lease_seconds + 1)

    assert guarded.ends(other).state is State.BOOKED
    assert guarded.ends(first).state is State.BOOKED


def test_canary_that_died_after_its_post_is_read_before_others(guarded: Bench) -> None:
    first = guarded.accept()
    guarded.canary().turn(first, known_request(), "P-41", 1)
    claimed = guarded.claimed(first)
    guarded.clock.advance(ProtocolTimings().lease_seconds + 60)
    other = further(guarded)
    assert held_up(guarded, other)

    guarded.clock.advance(ProtocolTimings().settle.total_seconds() + 1)

    assert guarded.ends(other).state is State.BOOKED
    assert guarded.ends(claimed).state is State.BOOKED


def test_of_two_that_come_at_once_one_goes(guarded: Bench) -> None:
    first, other = guarded.accept(), further(guarded)
    late: list[bool] = []
    guarded.transport.before[POST] = lambda: late.append(held_up(guarded, other))

    assert guarded.ends(first).state is State.BOOKED
    assert late == [True]
    assert guarded.ends(other).state is State.BOOKED


def test_canary_whose_first_try_did_nothing_lets_others_try(guarded: Bench) -> None:
    first = guarded.accept()
    guarded.fake.fault(POST, "timeout_before", count=1)
    guarded.waits(first)
    guarded.clock.advance(ProtocolTimings().settle.total_seconds() + 1)

    assert guarded.waits(first).cause is None

    assert guarded.ends(further(guarded)).state is State.BOOKED
    assert guarded.ends(first).state is State.BOOKED


class Deaf(Table):
    """Writes, and loses the acknowledgement, as often as it is told."""

    losing = 0

    def put(self, put: Put) -> None:
        super().put(put)
        if self.losing > 0:
            self.losing -= 1
            raise TableUnavailable("dynamodb: no answer")


def test_a_lost_acknowledgement_holds_nobody_up(guarded: Bench) -> None:
    table = Deaf(aws.dynamodb(), guarded.stack.table)
    guarded.worker = guarded.another_worker(canary=guarded.canary(table=table))
    first = guarded.accept()

    table.losing = 1
    assert isinstance(guarded.waits(first).cause, TableUnavailable)
    assert guarded.fake.posted() == 0
    table.losing = 0
    assert guarded.ends(first).state is State.BOOKED
    table.losing = 1
    assert guarded.ends(further(guarded)).state is State.BOOKED


def test_once_proven_a_container_asks_the_table_once_a_minute(guarded: Bench) -> None:
    class Counting(Table):
        asked = 0

        def get(self, key: str) -> Item | None:
            self.asked += key.startswith("canary#")
            return super().get(key)

    table = Counting(aws.dynamodb(), guarded.stack.table)
    guarded.ends(guarded.accept())
    guarded.worker = guarded.another_worker(canary=guarded.canary(table=table))
    for number in range(1, 4):
        guarded.ends(further(guarded, number))
    assert table.asked == 1
    guarded.clock.advance(PROOF_CACHED.total_seconds())
    guarded.ends(further(guarded, 4))
    assert table.asked == 2


def test_without_read_backs_there_is_no_canary(bench: Bench) -> None:
    bench.worker = bench.another_worker(read_backs=False, canary=bench.canary(on=False))
    bench.patient()
    first = bench.accept()
    bench.fake.fault(POST, "timeout_before", count=1)
    bench.waits(first)

    assert bench.ends(further(bench)).state is State.BOOKED
