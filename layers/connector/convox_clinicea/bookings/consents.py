"""Proof of consent: an entry of its own for each new patient, which outlives the request it came with.

Whoever registers a person has to be able to show that they agreed, after the booking has ended and its request is
gone, and after an erasure too. So the entry names nobody: booking, call, agent, API Gateway's id of the request, time,
version of the text that was read out, and the HMAC of the mobile.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta, tzinfo
from hashlib import sha256

from convox_clinicea.bookings.record import Booking, timestamp
from convox_clinicea.bookings.request import Consent
from convox_clinicea.consent_texts import ConsentTexts
from convox_clinicea.deadline import CLOCKS_APART
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table

SCHEMA_VERSION = 1
MOST_PAGES = 20
"""Pages of 1 MB that are counted at once."""
LONGEST_AGO = timedelta(days=1)
"""A consent that was heard longer ago, or ahead of our clock, was not heard then: only when it came is on record."""
UNLISTED = "unlisted"
"""The version of a text that the deployment does not list, as a status callback named it."""
_FIRST = "attribute_not_exists(subject)"


class Consents:
    """Append-only, in the table of the register of disclosures, and kept for a time of its own.

    Args:
        text_version: what is read out where a request names no version.
        texts: what the deployment says of its versions.
    """

    def __init__(
        self,
        table: Table,
        text_version: str,
        retention: timedelta,
        zone: tzinfo,
        texts: ConsentTexts | None = None,
    ) -> None:
        self._table = table
        self._text_version = text_version
        self._retention = retention
        self._zone = zone
        self._texts = texts

    def add(self, booking: Booking, consent: Consent, request_id: str | None = None) -> None:
        """Put the consent on record before the booking itself; that it stands already is as good.

        Each content that is stored has an entry of its own: what a changed mind has replaced keeps its proof, and what
        is registered in Clinicea has the one whose text was read out with it.

        Args:
            request_id: of the request that brought it first, by which the access log tells from where.

        Raises:
            LedgerUnavailable: it may not stand.
        """
        heard = consent.at is not None and -LONGEST_AGO <= consent.at - booking.accepted_at <= CLOCKS_APART
        text_version = consent.text_version or self._text_version
        text = None if self._texts is None else self._texts.get(text_version)
        if text is not None and text.since is not None and consent.at is not None:
            heard = heard and consent.at.astimezone(self._zone).date() >= text.since
        heard_at = timestamp(consent.at) if consent.at is not None and heard else None
        texts = {
            "subject": subject_of_number(booking.number_key or ""),
            "entry": _entry_of(booking, text_version, heard_at),
            "kind": "consent",
            "at": timestamp(booking.accepted_at),
            "day": booking.accepted_at.astimezone(self._zone).date().isoformat(),
            "heard_at": heard_at,
            "booking_id": booking.booking_id,
            "caller": booking.caller,
            "agent_id": booking.agent_id,
            "call_id": booking.call_id,
            "request_id": request_id,
            "text_version": text_version,
            "given_by": consent.given_by,
            "language": None if text is None else text.language,
            "text_digest": None if text is None else text.digest,
            WRITE_TOKEN: booking.booking_id,
        }
        item: Item = {name: {"S": value} for name, value in texts.items() if value is not None}
        if text is not None:
            item["purposes"] = {"L": [{"S": purpose} for purpose in text.purposes]}
        item["v"] = {"N": str(SCHEMA_VERSION)}
        item["expires_at"] = {"N": str(int((booking.accepted_at + self._retention).timestamp()))}
        with suppress(ConditionFailed):
            self._table.put(Put(item, _FIRST))


def count_of_booking(table: Table, booking: Booking) -> int:
    """Count the proofs of consent that came with the booking, and with what it stood for before."""
    found = table.count_page(
        "#subject = :subject AND begins_with(#entry, :entry)",
        {"#subject": "subject", "#entry": "entry"},
        {":subject": {"S": subject_of_number(booking.number_key or "")}, ":entry": {"S": _entries_of(booking)}},
        None,
    )
    return found.count


def count_of(table: Table, subject: str, after: str | None, kind: str = "") -> tuple[int, str | None]:
    """Count what the register holds under a subject: a patient, or the HMAC of a mobile.

    Args:
        after: the entry after which to go on, as the call before returned it.
        kind: what the sort keys begin with.

    Returns:
        How many entries were counted, and the last one of them if there may be more.
    """
    key: Item = {"subject": {"S": subject}}
    start: Item | None = None if after is None else {**key, "entry": {"S": after}}
    count = 0
    condition, names, values = "#subject = :subject", {"#subject": "subject"}, {":subject": key["subject"]}
    if kind:
        condition += " AND begins_with(#entry, :kind)"
        names, values = {**names, "#entry": "entry"}, {**values, ":kind": {"S": kind}}
    for _ in range(MOST_PAGES):
        page = table.count_page(condition, names, values, start)
        count += page.count
        start = page.after
        if start is None:
            return count, None
    return count, None if start is None else start["entry"]["S"]


def _entries_of(booking: Booking) -> str:
    """Return what the sort keys of a booking's proofs begin with; the whole key, in a release before."""
    return f"consent#{booking.booking_id}"


def _entry_of(booking: Booking, text_version: str, heard_at: str | None) -> str:
    """Return the sort key of the proof: what the booking stands for, its content, and which text was heard when."""
    content = "\n".join((booking.fingerprint.hex(), text_version, heard_at or ""))
    return f"{_entries_of(booking)}#{booking.stands_for}#{sha256(content.encode()).hexdigest()[:16]}"


def subject_of_number(number_key: str) -> str:
    """Return the key under which the consents given from a mobile stand."""
    return f"number#{number_key}"
