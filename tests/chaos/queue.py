"""One SQS FIFO queue: groups in order, one message of a group in flight at a time, deduplication, dead letters."""

from __future__ import annotations

import heapq
import itertools
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

DEDUPLICATION_SECONDS = 300.0


@dataclass(eq=False)
class Message:
    """A message in a queue. `handle` is its latest receipt; `visible_at` when it may be received (again)."""

    message_id: str
    number: int
    body: str
    group: str
    deduplication_id: str
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
    per_group_deduplication: bool = True

    @property
    def arn(self) -> str:
        return "arn:aws:sqs:" + self.url.removeprefix("https://sqs.").replace(".amazonaws.com", "").replace("/", ":")


class StaleHandle(Exception):
    """The receipt handle is of an earlier receipt, or its visibility has run out."""


class UnknownHandle(Exception):
    """The receipt handle is none of this queue's."""


@dataclass(eq=False)
class Queue:
    """The queue itself, without the wire.

    Attributes:
        woken: called with the moment at which a message may be there to be received.
    """

    settings: QueueSettings
    clock: Callable[[], float]
    dead_letters: Queue | None = None
    woken: Callable[[float], None] = lambda _when: None
    buried: int = 0
    _groups: dict[str, deque[Message]] = field(default_factory=dict)
    _heads: list[tuple[float, int, str]] = field(default_factory=list)
    _sent: dict[str, tuple[float, Message]] = field(default_factory=dict)
    _by_handle: dict[str, Message] = field(default_factory=dict)
    _numbers: int = 0

    def __len__(self) -> int:
        return sum(len(group) for group in self._groups.values())

    @property
    def empty(self) -> bool:
        return not self._groups

    def in_flight(self) -> int:
        now = self.clock()
        return sum(message.visible_at > now for group in self._groups.values() for message in group)

    def measures(self) -> tuple[int, int, float]:
        """Return what SQS measures: messages that wait, messages in flight, and the age in seconds of the oldest."""
        now = self.clock()
        messages = list(itertools.chain.from_iterable(self._groups.values()))
        flying = sum(message.visible_at > now for message in messages)
        return len(messages) - flying, flying, max((now - message.sent_at for message in messages), default=0.0)

    def send(self, body: str, group: str, deduplication_id: str) -> Message:
        """Take a message; one with an id that was sent within five minutes is swallowed, whatever became of that."""
        now = self.clock()
        scope = f"{group}/{deduplication_id}" if self.settings.per_group_deduplication else deduplication_id
        before = self._sent.get(scope)
        if before is not None and before[0] > now - DEDUPLICATION_SECONDS:
            return before[1]
        self._numbers += 1
        message_id = f"{zlib.crc32(self.settings.url.encode()):08x}-0000-4000-8000-{self._numbers:012x}"
        message = Message(message_id, self._numbers, body, group, deduplication_id, now, now)
        self._sent[scope] = (now, message)
        self._append(message)
        return message

    def receive(self, visibility_seconds: float | None = None) -> Message | None:
        """Hand out the message that has waited longest at the head of its group, or None."""
        now = self.clock()
        while self._heads and self._heads[0][0] <= now:
            when, number, name = heapq.heappop(self._heads)
            head = self._head(name)
            if head is None or head.number != number or head.visible_at != when:
                continue  # since moved, deleted or postponed; its present place has an entry of its own
            most = self.settings.most_receives
            if most is not None and self.dead_letters is not None and head.received >= most:
                self._bury(head)
                continue
            return self._hand_out(head, now, visibility_seconds)
        return None

    def delete(self, handle: str) -> None:
        """Remove a message by its latest receipt handle; raises StaleHandle, UnknownHandle."""
        self._remove(self._of(handle))

    def change_visibility(self, handle: str, seconds: float) -> None:
        """Let a message that is in flight reappear in `seconds`; raises StaleHandle, UnknownHandle."""
        message = self._of(handle)
        message.visible_at = self.clock() + seconds
        self._push(message)

    def reappear(self) -> None:
        """End the visibility of everything that is in flight."""
        now = self.clock()
        for message in sorted(self._by_handle.values(), key=lambda each: each.number):
            if message.visible_at > now:
                message.visible_at = now
                self._push(message)

    def wear_out(self, handle: str) -> None:
        """Count a message in flight as received so often that it becomes a dead letter when it is due again."""
        self._of(handle).received = self.settings.most_receives or 0

    def wear_out_all(self) -> None:
        """Count every message so: each becomes a dead letter when it is due again."""
        for message in itertools.chain.from_iterable(self._groups.values()):
            message.received = self.settings.most_receives or 0

    def next_at(self) -> float | None:
        """Return when a message may be received next, or None; it may turn out too early, never too late."""
        return self._heads[0][0] if self._heads else None

    def _hand_out(self, message: Message, now: float, visibility_seconds: float | None) -> Message:
        seconds = self.settings.visibility_seconds if visibility_seconds is None else visibility_seconds
        message.received += 1
        message.first_received_at = message.first_received_at or now
        message.visible_at = now + seconds
        self._by_handle.pop(message.handle, None)
        message.handle = f"{message.message_id}#{message.received}"
        self._by_handle[message.handle] = message
        self._push(message)
        return message

    def _of(self, handle: str) -> Message:
        message = self._by_handle.get(handle)
        if message is not None and message.visible_at > self.clock():
            return message
        identifier, _, receipt = handle.partition("#")
        if len(identifier) != 36 or not receipt.isdigit():
            raise UnknownHandle
        raise StaleHandle

    def _append(self, message: Message) -> None:
        group = self._groups.setdefault(message.group, deque())
        group.append(message)
        if len(group) == 1:
            self._push(message)

    def _bury(self, message: Message) -> None:
        self._remove(message)
        if self.dead_letters is not None:
            self.buried += 1
            other = self.dead_letters
            other._numbers += 1
            message.number, message.visible_at, message.handle = other._numbers, self.clock(), ""
            other._append(message)

    def _remove(self, message: Message) -> None:
        group = self._groups[message.group]
        group.remove(message)
        self._by_handle.pop(message.handle, None)
        if group:
            self._push(group[0])
        else:
            del self._groups[message.group]

    def _head(self, group: str) -> Message | None:
        messages = self._groups.get(group)
        return messages[0] if messages else None

    def _push(self, message: Message) -> None:
        if self._head(message.group) is message:
            heapq.heappush(self._heads, (message.visible_at, message.number, message.group))
            self.woken(message.visible_at)
