"""Sessions of the desk and attempts to sign in, as items of the ledger table.

A browser holds a random value in a cookie; the table holds its SHA-256 alone. So a person who reads the table can take
over no session. DynamoDB removes ended items late: every read compares the times itself.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.desk.agent_ids import AgentIdInUse, AgentIds, Holder
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import SCHEMA, UnreadableRecord, require_readable
from convox_clinicea.table import ConditionFailed, Item, Put, Table, timestamp

SCHEMA_VERSION = 1
IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
NOTED_EACH = timedelta(minutes=1)
"""How often a session's use is written down, and how often it is compared with what ended the person's sessions."""
SIGN_IN = timedelta(minutes=10)
_COOKIE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Person:
    """Who is signed in: the provider's id of the person, ConVox's id of the agent, roles and a name to show."""

    subject: str
    agent_id: str
    roles: frozenset[str]
    name: str


@dataclass(frozen=True)
class Session:
    """A session as it stands; `token` is what its forms carry."""

    key: str
    person: Person
    token: str
    began_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Attempt:
    """A sign-in that has begun; `nonce` comes back in the id token."""

    nonce: str


class Sessions:
    """Begins, finds and ends sessions. Every method raises TableUnavailable."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._agent_ids = AgentIds(table, clock)

    def begin(self, person: Person) -> tuple[str, Session]:
        """Return the cookie's value and a new session: no value that a browser had before becomes one.

        Raises:
            AgentIdInUse: another person is signed in with the person's agent id.
        """
        cookie, now = fresh_secret(), self._clock.now()
        session = Session(_key("session", cookie), person, fresh_secret(), now, now)
        # Before the agent id is given to it: of two who sign in at once, the later one finds the other's session.
        self._table.put(Put(_item(session), "attribute_not_exists(pk)"))
        holder = Holder(person.agent_id, person.subject, person.name, now, (session.key,))
        try:
            self._agent_ids.claim(holder, lambda key: self.at(key) is not None)
        except AgentIdInUse:
            self.end(session)
            raise
        return cookie, session

    def find(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie, or None: unknown, idle for too long, too old, or ended."""
        if cookie is None or not _COOKIE.fullmatch(cookie):
            return None
        session, now = self._standing(_key("session", cookie)), self._clock.now()
        if session is None or now - session.seen_at < NOTED_EACH:
            return session
        return self._noted(replace(session, seen_at=now))

    def at(self, key: str) -> Session | None:
        """Return the session with that key; None where it has ended, in whatever way."""
        session = self._standing(key)
        return None if session is None or self._was_ended(session) else session

    def end(self, session: Session) -> None:
        """End one session."""
        self._table.delete(session.key, "attribute_exists(pk) OR attribute_not_exists(pk)", {})

    def end_all(self, subject: str) -> None:
        """End every session that a person has now; they hold for a minute (NOTED_EACH) at most."""
        now = self._clock.now()
        item: Item = {"pk": {"S": _person_key(subject)}, "ended_before": {"S": timestamp(now)}}
        self._table.put(Put(item | _kept_until(now + LONGEST)))

    def _standing(self, key: str) -> Session | None:
        """Return the session with that key, unless its time is over."""
        item = self._table.get(key)
        if item is None:
            return None
        session, now = _read(item), self._clock.now()
        return None if now - session.seen_at >= IDLE or now - session.began_at >= LONGEST else session

    def _was_ended(self, session: Session) -> bool:
        """Return whether all of the person's sessions were ended since it began."""
        ended = self._table.get(_person_key(session.person.subject))
        return ended is not None and timestamp(session.began_at) <= ended["ended_before"]["S"]

    def _noted(self, session: Session) -> Session | None:
        if self._was_ended(session):
            self.end(session)
            return None
        try:
            self._table.put(Put(_item(session), "attribute_exists(pk)"))  # one that ended meanwhile does not come back
        except ConditionFailed:
            return None
        return session


class SignInAttempts:
    """Attempts to sign in: each is bound to one browser, lasts ten minutes and serves once."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def begin(self, state: str, cookie: str) -> Attempt:
        """Store an attempt; raises TableUnavailable."""
        attempt, now = Attempt(fresh_secret()), self._clock.now()
        item: Item = {"pk": {"S": _key("sign-in", state)}, "browser": {"S": hashed(cookie)}}
        item |= {"nonce": {"S": attempt.nonce}, "began_at": {"S": timestamp(now)}}
        self._table.put(Put(item | _kept_until(now + SIGN_IN), "attribute_not_exists(pk)"))
        return attempt

    def take(self, state: str, cookie: str | None) -> Attempt | None:
        """Return the attempt and use it up, or None: unknown, used, too old, or another browser's.

        Raises:
            TableUnavailable: it may or may not be used up.
        """
        if cookie is None or not _COOKIE.fullmatch(state):
            return None
        key = _key("sign-in", state)
        item = self._table.get(key)
        if item is None or item["browser"]["S"] != hashed(cookie):
            return None
        try:
            self._table.delete(key, "attribute_exists(pk)", {})
        except ConditionFailed:
            return None
        began = datetime.fromisoformat(item["began_at"]["S"])
        return Attempt(item["nonce"]["S"]) if self._clock.now() - began < SIGN_IN else None


def fresh_secret() -> str:
    """Return 64 hexadecimal digits, 256 bits."""
    return fresh_token() + fresh_token()


def hashed(secret: str) -> str:
    """Return the SHA-256 by which a secret of a browser is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(kind: str, secret: str) -> str:
    return f"desk-{kind}#{hashed(secret)}"


def _person_key(subject: str) -> str:
    return f"desk-person#{hashed(subject)}"


def _kept_until(moment: datetime) -> Item:
    return {"expires_at": {"N": str(int(moment.timestamp()))}, SCHEMA: {"N": str(SCHEMA_VERSION)}}


def _item(session: Session) -> Item:
    person = session.person
    item: Item = {
        "pk": {"S": session.key},
        "subject": {"S": person.subject},
        "agent_id": {"S": person.agent_id},
        "person_name": {"S": person.name},
        "roles": {"SS": sorted(person.roles)},
        "form_token": {"S": session.token},
        "began_at": {"S": timestamp(session.began_at)},
        "seen_at": {"S": timestamp(session.seen_at)},
    }
    return item | _kept_until(min(session.seen_at + IDLE, session.began_at + LONGEST))


def _read(item: Item) -> Session:
    require_readable(item, SCHEMA_VERSION)
    try:
        person = Person(
            item["subject"]["S"],
            item["agent_id"]["S"],
            frozenset(item["roles"]["SS"]),
            item["person_name"]["S"],
        )
        began, seen = (datetime.fromisoformat(item[name]["S"]) for name in ("began_at", "seen_at"))
        return Session(item["pk"]["S"], person, item["form_token"]["S"], began, seen)
    except (KeyError, ValueError):
        raise_alone(UnreadableRecord("a session that cannot be read"))
