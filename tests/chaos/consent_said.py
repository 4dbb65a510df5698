"""What callers were read before they said yes: a text of its own for each content, named in the booking's notes.

So the calendar tells which content was registered, and the register has to hold the proof of that very content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

SOURCE = "ssm:/chaos/consent_texts"
MOST = 200
"""As many versions as a deployment may list; bookings of one call are never so many."""
_TEXT = re.compile(r"\bheard-[0-9]+\b")


class Proof(NamedTuple):
    """An entry of the register: the booking and call that it names, and the version of the text."""

    booking_id: str
    call_id: str
    text: str


class Registered(NamedTuple):
    """What a POST of ours registered: the intent's tag and the text that its notes name, where they name any."""

    tag: int | None
    text: str | None


class Documents:
    """The part of SSM that holds the deployment's texts."""

    def get_parameter(self, **asked: Any) -> dict[str, Any]:
        versions = [{"version": version(each), "language": "en", "purposes": ["registration"]} for each in range(MOST)]
        if asked["Name"] != SOURCE.removeprefix("ssm:"):
            raise KeyError(asked["Name"])
        return {"Parameter": {"Value": json.dumps({"schema": 1, "versions": versions})}}


def version(number: int) -> str:
    """Return the version that is read with the content of that number."""
    return f"heard-{number % MOST}"


def said_in(body: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return a newcomer's request whose consent and notes name the text; any other as it is."""
    if "consent" not in body:
        return dict(body)
    text, notes = version(number), _TEXT.sub("", body["notes"]).strip()
    return {**body, "consent": {**body["consent"], "text_version": text}, "notes": f"{notes} {text}"}


def text_in(notes: str) -> str | None:
    """Return the version that the notes of a request name."""
    found = _TEXT.search(notes)
    return found.group() if found else None


def proofs(items: Iterable[Mapping[str, Any]]) -> set[Proof]:
    """Return the proofs of consent among the register's items."""
    kept = (item for item in items if item.get("kind") == {"S": "consent"})
    return {Proof(item["booking_id"]["S"], item["call_id"]["S"], item["text_version"]["S"]) for item in kept}
