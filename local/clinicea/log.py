"""The log of requests: the call and its result, without body, query and path."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

LATE_COMMIT_DONE = "late_commit_done"


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `status` was sent, None for no answer; `work_status` is the result of the work, None if it was
    never done. A late commit adds a second entry."""

    at: datetime
    call: str
    verb: str
    status: int | None
    fault: str | None
    work_status: int | None
    number: int = 0


class Log:
    """Entries since the start or the last reset."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def clear(self) -> None:
        """Forget them."""
        self.entries.clear()

    def add(self, entry: Entry) -> None:
        """Add a request, and give it a number."""
        self.entries.append(replace(entry, number=len(self.entries) + 1))

    def as_json(self) -> list[dict[str, object]]:
        """Return the entries, oldest first."""
        return [asdict(entry) | {"at": entry.at.isoformat()} for entry in self.entries]
