"""What became of the appointments that the connector made: how each was asked for, and what the clinic did to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from local.clinicea.records import Appointment


class Touch(StrEnum):
    """What the clinic's staff did to an appointment by hand."""

    CANCELLED = "cancelled"
    DELETED = "deleted"
    """No read of Clinicea's shows it any more, not even as a cancelled one."""
    MOVED = "moved"
    EDITED = "edited"


@dataclass
class Made:
    """One appointment that a POST of ours made.

    Attributes:
        tag: the intent's, as the request's notes told.
        asked: the start that was sent, in the clinic's own time.
        was: the appointment as it was made.
        at: when it was made.
        bare: whether the answer, if there was one, showed neither patient nor start.
        unread: whether it was made while the connector could not read back.
        touch: what the staff did to it, last.
        touched_at: when they did it first.
    """

    tag: int | None
    asked: datetime
    was: Appointment
    at: datetime
    bare: bool
    unread: bool = False
    touch: Touch | None = None
    touched_at: datetime | None = None

    @property
    def off(self) -> bool:
        """Whether Clinicea has put it at another start than was asked for."""
        return self.was.start != self.asked


class MadeByUs:
    """All of them, by Clinicea's id.

    Attributes:
        watchers: told of each as it is made.
    """

    def __init__(self) -> None:
        self.by_id: dict[str, Made] = {}
        self._by_tag: dict[int, list[Made]] = {}
        self._by_patient: dict[str, list[Made]] = {}
        self.watchers: list[Callable[[Made], None]] = []

    def clear(self) -> None:
        """Forget them, as the account does that is reset."""
        for index in (self.by_id, self._by_tag, self._by_patient):
            index.clear()

    def note(self, made: Made) -> None:
        self.by_id[made.was.appointment_id] = made
        self._by_patient.setdefault(made.was.patient_id, []).append(made)
        if made.tag is not None:
            self._by_tag.setdefault(made.tag, []).append(made)
        for watch in self.watchers:
            watch(made)

    def of_tag(self, tag: int) -> list[Made]:
        """Return what was made for an intent, in the order in which it came to stand."""
        return sorted(self._by_tag.get(tag, ()), key=lambda made: made.at)

    def of_patient(self, patient_id: str) -> list[Made]:
        return self._by_patient.get(patient_id, [])
