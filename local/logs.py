"""The logs of a run: a file for each function and for each started program."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import paths

EVERY_SECONDS = 1.0
OVERLAP_MS = 5_000
"""A line may be listed so much later than a line with a later time, because functions run in parallel."""
PAGE = 10_000
Client = Callable[[str], Any]
"""Returns a client for a service of the embedded AWS."""
Event = dict[str, Any]


class _State:
    folder: Path | None = None


def folder() -> Path:
    """Return the folder of this run's logs."""
    return _State.folder or paths.LOGS


def begin(stack_file: Path) -> Path:
    """Choose the folder for a stack file, and move an earlier run's logs into its folder `earlier`."""
    path = stack_file.resolve()
    if path == paths.STACK_FILE:
        chosen = paths.LOGS
    elif path.parent == paths.WORK:
        chosen = paths.LOGS / path.stem
    else:
        chosen = path.parent / f"{path.stem}-logs"
    _State.folder = chosen
    for old in sorted(chosen.glob("*.log")):
        (chosen / "earlier").mkdir(exist_ok=True)
        old.replace(chosen / "earlier" / old.name)
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


class FunctionLog:
    """Copier of one log group into a file, each line once; it keeps only the last seconds' lines in memory."""

    def __init__(self, group: str, file: Path) -> None:
        self._group = group
        self._file = file
        self._since = 0
        self._seen: Counter[tuple[object, ...]] = Counter()
        file.touch()

    def copy(self, client: Any) -> None:
        """Append new lines."""
        events: list[Event] = client.filter_log_events(logGroupName=self._group, startTime=self._since, limit=PAGE)[
            "events"
        ]
        if not events:
            return
        listed: Counter[tuple[object, ...]] = Counter()
        fresh = []
        for event in events:
            key = _key(event)
            listed[key] += 1
            if listed[key] > self._seen[key]:
                fresh.append(f"{event['message'].rstrip()}\n")
        if fresh:
            with self._file.open("a", encoding="utf-8") as log:
                log.writelines(fresh)
        youngest: int = events[-1]["timestamp"]
        # A full page may end within the overlap; continue from its end, or the next page would be the same.
        self._since = youngest if len(events) >= PAGE else max(self._since, youngest - OVERLAP_MS)
        self._seen = Counter({key: count for key, count in listed.items() if _time(key) >= self._since})


def _key(event: Event) -> tuple[object, ...]:
    return event["timestamp"], event.get("logStreamName"), event["message"]


def _time(key: tuple[object, ...]) -> int:
    return int(str(key[0]))


@contextmanager
def written(client: Client, prefix: str) -> Iterator[None]:
    """Copy the functions' logs about once a second during the block, and once more at its end."""
    logs = client("logs")
    copies = [
        FunctionLog(group["logGroupName"], folder() / f"{group['logGroupName'].rsplit('/', 1)[-1]}.log")
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    ]
    over = threading.Event()

    def copy_all() -> None:
        for each in copies:
            # The emulator may be busy or ending; the next round continues from here.
            with suppress(BotoCoreError, ClientError):
                each.copy(logs)

    def keep_copying() -> None:
        while not over.wait(EVERY_SECONDS):
            copy_all()

    writer = threading.Thread(target=keep_copying, name="logs", daemon=True)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()
        copy_all()
