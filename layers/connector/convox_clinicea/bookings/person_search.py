"""Search of the ledger for one person, and the journal of erasures.

A backup still holds data that was erased later. The journal is in the register's table, so that it survives a loss of
the ledger, and is written in the erasure's own transaction. It holds digests under the identity key, a time and the
booking's end: nothing that identifies the person.

No index has these keys, so the search reads the whole table, a bounded part at a time. It returns the key at which the
next part starts, and works on a ledger of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from convox_clinicea.announcements import PERSONS
from convox_clinicea.bookings import identity, record
from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.calls import KEYS_OF_LEGS, call_from_item
from convox_clinicea.bookings.desk_records import PREFIX as DESK
from convox_clinicea.bookings.desk_records import DeskRecord, record_of
from convox_clinicea.bookings.record import EARLIER_PATIENT_KEY, Booking
from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.items import SCHEMA, UnreadableRecord, require_readable
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import digest, stand_in
from convox_clinicea.table import WRITE_TOKEN, Item, Put, Table, timestamp
from convox_clinicea.text import id_spellings

SUBJECT = "erased"
"""Subject of all entries, so that a restore reads them together."""
ERASURE_RETENTION = timedelta(days=45)
"""Point-in-time recovery reaches back 35 days, and a restored table may be used some days later."""
SCHEMA_VERSION = 1
_ALWAYS = "attribute_exists(subject) OR attribute_not_exists(subject)"


@dataclass(frozen=True)
class Erased:
    """One erasure.

    Attributes:
        state: the final state of the booking; None for a call.
    """

    at: datetime
    state: str | None = None


def digest_of(key: bytes, record: str) -> str:
    """Return the journal's name of the record with that primary key."""
    return digest(key, ["erased", record]).hex()


def put_of(register: Table, name: str, erased: Erased) -> Put:
    """Return the entry's write for the erasure's transaction; a later erasure of the record replaces it."""
    item: Item = {
        "subject": {"S": SUBJECT},
        "entry": {"S": name},
        "kind": {"S": "erasure"},
        "erased_at": {"S": timestamp(erased.at)},
        "expires_at": {"N": str(int((erased.at + ERASURE_RETENTION).timestamp()))},
        SCHEMA: {"N": str(SCHEMA_VERSION)},
        WRITE_TOKEN: {"S": fresh_token()},
    }
    if erased.state is not None:
        item["state"] = {"S": erased.state}
    return Put(item, _ALWAYS, table=register.name)


class Journal:
    """The journal of erasures, for a restore."""

    def __init__(self, key: bytes, entries: Iterable[Mapping[str, Any]]) -> None:
        """Index the entries; raises UnreadableRecord."""
        self._key = key
        self._erased: dict[str, Erased] = {}
        for entry in entries:
            require_readable(entry, SCHEMA_VERSION)
            state = entry["state"]["S"] if "state" in entry else None
            self._erased[entry["entry"]["S"]] = Erased(datetime.fromisoformat(entry["erased_at"]["S"]), state)

    def hidden_name(self, call_id: str) -> str:
        """Return the name under which an erasure leaves a call."""
        return stand_in(self._key, "call", call_id)

    def of(self, record: str) -> Erased | None:
        """Return the newest erasure of the record with that primary key."""
        return self._erased.get(digest_of(self._key, record))


MOST_PAGES = 20
"""Pages of 1 MB read for one part of a search."""
MOST_FOUND = 100
"""Records in one part of a search."""
LONGEST = timedelta(seconds=20)
"""Seconds after which no page is begun; the function has 60 s."""
_BOOKINGS = record.key_of("")
_CALLS = "call#"
_IDS = (":patient_id", f":{EARLIER_PATIENT_KEY}")
"""Prefixes of filter values that are not looked for in the legs of calls."""


@dataclass(frozen=True)
class Subject:
    """The person that a request is about.

    A patient is found under the spellings of `id_spellings`: a GUID in upper and in lower case. Any other id is
    case-sensitive: `p-01` and `P-01` are two patients.
    """

    mobile: Mobile | None = None
    patient_id: str | None = None


@dataclass(frozen=True)
class Part:
    """Result of one part of a search.

    Attributes:
        desk: items of the desk that hold something of the person.
        unreadable: number of matching records that this version cannot read.
        pages: number of pages read.
        after: the key at which the next part starts; None: the whole ledger was searched.
    """

    bookings: list[Booking] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    desk: list[DeskRecord] = field(default_factory=list)
    unreadable: int = 0
    pages: int = 0
    after: str | None = None


class SubjectSearch:
    """Finds a person's bookings, and the calls that keep a callback of theirs."""

    def __init__(self, table: Table, key: Callable[[], bytes], clock: Clock) -> None:
        self._table = table
        self._key = key
        self._clock = clock

    def number_key(self, subject: Subject) -> str | None:
        """Return the HMAC of the subject's mobile."""
        return None if subject.mobile is None else identity.digest_of_number(self._key(), subject.mobile)

    def keys_of(self, subject: Subject) -> frozenset[str]:
        """Return the HMACs of the subject's mobile and patient id, which identify their kept callbacks."""
        number_key, patient_id = self.number_key(subject), subject.patient_id
        of_patient = () if patient_id is None else identity.digests_of_patient(self._key(), patient_id)
        return frozenset({*(() if number_key is None else (number_key,)), *of_patient})

    def hidden_name(self, call_id: str) -> str:
        """Return the name under which an erasure leaves a call."""
        return stand_in(self._key(), "call", call_id)

    def digest_of(self, record: str) -> str:
        """Return a record's name in the journal of erasures."""
        return digest_of(self._key(), record)

    def part(self, subject: Subject, after: str | None) -> Part:
        """Search one part of the ledger; raises ConfigurationError, TableUnavailable."""
        condition, names, values = self._condition(subject)
        keys = self.keys_of(subject)
        until = self._clock.now() + LONGEST
        bookings: list[Booking] = []
        calls: list[Call] = []
        desk: list[DeskRecord] = []
        unreadable, pages = 0, 0
        start: Item | None = None if after is None else {"pk": {"S": after}}
        while pages < MOST_PAGES and (pages == 0 or self._clock.now() < until):
            page = self._table.scan_page(condition, names, values, start)
            pages += 1
            for item in page.items:
                if item["pk"]["S"].startswith(DESK):
                    desk.append(record_of(item, keys))
                    continue
                found = _read(item)
                if found is None:
                    unreadable += 1
                elif isinstance(found, Booking):
                    bookings.append(found)
                else:
                    calls.append(found)
                if len(bookings) + len(calls) + unreadable == MOST_FOUND:
                    return Part(bookings, calls, desk, unreadable, pages, item["pk"]["S"])
            start = page.after
            if start is None:
                return Part(bookings, calls, desk, unreadable, pages)
        return Part(bookings, calls, desk, unreadable, pages, None if start is None else start["pk"]["S"])

    def _condition(self, subject: Subject) -> tuple[str, dict[str, str], Item]:
        """Return the filter: any key of the subject, in a booking or a call."""
        number_key = self.number_key(subject)
        keys: dict[str, list[str]] = {} if number_key is None else {"number_key": [number_key]}
        if subject.patient_id is not None:
            spellings = id_spellings(subject.patient_id)
            patient_keys = list(identity.digests_of_patient(self._key(), subject.patient_id))
            # The key finds a booking that asked for that patient even if a person has resolved it for another one.
            # Earlier releases call it `group`.
            keys |= {"patient_id": list(spellings), "patient_key": patient_keys, EARLIER_PATIENT_KEY: patient_keys}
        values: Item = {
            f":{name}{place}": {"S": value} for name, texts in keys.items() for place, value in enumerate(texts)
        }
        alternatives = " OR ".join(
            f"#{name} IN ({', '.join(f':{name}{place}' for place in range(len(texts)))})"
            for name, texts in keys.items()
        )
        # A list has no `IN`: one clause for each key of a person.
        lists = (KEYS_OF_LEGS, PERSONS)
        in_lists = [f"contains({name}, {each})" for each in values if not each.startswith(_IDS) for name in lists]
        alternatives = " OR ".join([alternatives, *in_lists])
        kinds = {":bookings": _BOOKINGS, ":calls": _CALLS, ":desk": DESK}
        return (
            f"({alternatives}) AND ({' OR '.join(f'begins_with(pk, {each})' for each in kinds)})",
            {f"#{name}": name for name in keys},
            {**values, **{name: {"S": prefix} for name, prefix in kinds.items()}},
        )


def _read(item: Item) -> Booking | Call | None:
    """Return the record, or None if this version cannot read it."""
    try:
        if item["pk"]["S"].startswith(_BOOKINGS):
            return record.from_item(item)
        return call_from_item(item)
    except UnreadableRecord:
        return None
