"""One standard SQS queue: no order, no deduplication, now and then a message twice; visibility and dead letters."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

LOOKED_AT = 10
"""How many of the messages that could be received the queue chooses among: it keeps no order."""
TWICE_WITHIN = 30.0
"""Seconds within which a message that is delivered twice comes the second time."""


@dataclass(eq=False)
class Message:
    """A message in a queue. `handle` is its latest receipt; `visible_at` when it may be received (again)."""

    message_id: str
    number: int
    body: str
    sent_at: float
    visible_at: float
    received: int = 0
    first_received_at: float = 0.0
    handle: str = ""


@dataclass(frozen=True)
class QueueSettings:
    """What the template says of a queue."""

    url: str
    visibility_seconds: float = 30.0
    most_receives: int | None = None

    @property
    def arn(self) -> str:
        return "arn:aws:sqs:" + self.url.removeprefix("https://sqs.").replace(".amazonaws.com", "").replace("/", ":")


class StaleHandle(Exception):
    """The receipt handle is of an earlier receipt, or its message has been deleted."""


class NotInFlight(Exception):
    """The message's visibility has run out."""


class UnknownHandle(Exception):
    """The receipt handle is none of this queue's."""


@dataclass(frozen=True)
class Disorder:
    """How far the queue makes use of what a standard queue promises not to do.

    Attributes:
        twice: the share of receipts after which the message is received once more, though it is in flight or deleted.
    """

    chance: Random
    twice: Callable[[], float] = lambda: 0.0


@dataclass(eq=False)
class Queue:
    """The queue itself, without the wire.

    Attributes:
        disorder: without it, messages come once and in the order of their visibility.
        woken: called with the moment at which a message may be there to be received.
    """

    settings: QueueSettings
    clock: Callable[[], float]
    dead_letters: Queue | None = None
    disorder: Disorder | None = None
    woken: Callable[[float], None] = lambda _when: None
    buried: int = 0
    doubled: int = 0
    overtaken: int = 0
    _messages: dict[int, Message] = field(default_factory=dict)
    _due: list[tuple[float, int]] = field(default_factory=list)
    _numbers: int = 0

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def empty(self) -> bool:
        return not self._messages

    def in_flight(self) -> int:
        now = self.clock()
        return sum(message.visible_at > now for message in self._messages.values())

    def measures(self) -> tuple[int, int, float]:
        """Return what SQS measures: messages that wait, messages in flight, and the age in seconds of the oldest."""
        now, flying = self.clock(), self.in_flight()
        oldest = max((now - message.sent_at for message in self._messages.values()), default=0.0)
        return len(self) - flying, flying, oldest

    def send(self, body: str) -> Message:
        """Take a message."""
        now = self.clock()
        message_id = f"{zlib.crc32(self.settings.url.encode()):08x}-0000-4000-8000-{self._numbers + 1:012x}"
        return self.append(Message(message_id, 0, body, now, now))

    def receive(self, visibility_seconds: float | None = None) -> Message | None:
        """Hand out a message that is visible, or None."""
        now = self.clock()
        message = self._chosen(now)
        if message is None:
            return None
        seconds = self.settings.visibility_seconds if visibility_seconds is None else visibility_seconds
        message.received += 1
        message.first_received_at = message.first_received_at or now
        message.visible_at = now + seconds
        message.handle = f"{message.message_id}#{message.number}#{message.received}"
        self._push(message)
        if self.disorder is not None and self.disorder.chance.random() < self.disorder.twice():
            self.doubled += 1
            self.append(replace(message, visible_at=now + self.disorder.chance.uniform(0.0, TWICE_WITHIN)))
        return message

    def delete(self, handle: str) -> None:
        """Remove a message by its latest receipt handle; by an earlier one nothing happens. Raises UnknownHandle."""
        try:
            message = self._of(handle)
        except StaleHandle:
            return
        del self._messages[message.number]

    def change_visibility(self, handle: str, seconds: float) -> None:
        """Let a message in flight reappear in `seconds`; raises StaleHandle, NotInFlight, UnknownHandle."""
        message = self._of(handle)
        if message.visible_at <= self.clock():
            raise NotInFlight
        message.visible_at = self.clock() + seconds
        self._push(message)

    def reappear(self) -> None:
        """End the visibility of everything that is in flight."""
        now = self.clock()
        for message in [each for each in self._messages.values() if each.visible_at > now]:
            message.visible_at = now
            self._push(message)

    def vanish(self) -> None:
        """Lose every message, as a queue does that is deleted."""
        self._messages.clear()

    def wear_out(self, handle: str) -> None:
        """Count a message in flight as received so often that it becomes a dead letter when it is due again."""
        self._of(handle).received = self.settings.most_receives or 0

    def wear_out_all(self) -> None:
        """Count every message so: each becomes a dead letter when it is due again."""
        for message in self._messages.values():
            message.received = self.settings.most_receives or 0

    def next_at(self) -> float | None:
        """Return when a message may be received next, or None; it may turn out too early, never too late."""
        return self._due[0][0] if self._due else None

    def _chosen(self, now: float) -> Message | None:
        """Return one of the visible messages; those that were received too often are buried on the way."""
        found: list[Message] = []
        while self._due and self._due[0][0] <= now and len(found) < (1 if self.disorder is None else LOOKED_AT):
            when, number = heapq.heappop(self._due)
            message = self._messages.get(number)
            if message is None or message.visible_at != when or message in found:
                continue  # since deleted or postponed; its present place has an entry of its own
            most = self.settings.most_receives
            if most is not None and self.dead_letters is not None and message.received >= most:
                self._bury(message, self.dead_letters)
            else:
                found.append(message)
        if not found:
            return None
        place = 0 if self.disorder is None else self.disorder.chance.randrange(len(found))
        self.overtaken += place > 0
        chosen = found.pop(place)
        for other in found:
            heapq.heappush(self._due, (other.visible_at, other.number))
        return chosen

    def _of(self, handle: str) -> Message:
        identifier, _, receipt = handle.partition("#")
        number, _, count = receipt.partition("#")
        if len(identifier) != 36 or not number.isdigit() or not count.isdigit():
            raise UnknownHandle
        message = self._messages.get(int(number))
        if message is None or message.handle != handle:
            raise StaleHandle
        return message

    def append(self, message: Message) -> Message:
        """Take a message in, whole."""
        self._numbers += 1
        message.number, message.handle = self._numbers, ""
        self._messages[message.number] = message
        self._push(message)
        return message

    def _bury(self, message: Message, where: Queue) -> None:
        del self._messages[message.number]
        self.buried += 1
        message.visible_at = self.clock()
        where.append(message)

    def _push(self, message: Message) -> None:
        heapq.heappush(self._due, (message.visible_at, message.number))
        self.woken(message.visible_at)
