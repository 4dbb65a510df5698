"""The log of requests: which call came and how it ended. No body, no query, no path."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

LATE_COMMIT_DONE = "late_commit_done"


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `status` is what was sent, None for no answer; `work_status` how the work itself ended,
    None if it was never done. A late commit has a second entry when it happens."""

    at: datetime
    call: str
    verb: str
    status: int | None
    fault: str | None
    work_status: int | None
    number: int = 0


class Log:
    """The entries since the start or the last reset."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def clear(self) -> None:
        """Forget them."""
        self.entries.clear()

    def add(self, entry: Entry) -> None:
        """Note a request; its number is given here."""
        self.entries.append(replace(entry, number=len(self.entries) + 1))

    def as_json(self) -> list[dict[str, object]]:
        """The entries, oldest first."""
        return [asdict(entry) | {"at": entry.at.isoformat()} for entry in self.entries]
