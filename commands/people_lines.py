"""Lines and rows of `connector people`: one for each person, and one for each operator's action."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from commands.people_desk import SignedIn
from commands.user_pool import User, holders
from convox_clinicea.table import timestamp

Json = dict[str, Any]


def row(user: User | None, signed_in: SignedIn | None) -> Json:
    """Return a person for programs; what the pool or the desk does not know is None."""
    holder = None if signed_in is None else signed_in.holder
    seen_at = None if signed_in is None else signed_in.seen_at
    known = user or holder
    if known is None:
        raise ValueError("neither a user nor a sign-in")
    return {
        "user_name": None if user is None else user.user_name,
        "name": known.name,
        "agent_id": known.agent_id,
        "roles": [*(user.roles if user is not None else ())] or [*(signed_in.roles if signed_in is not None else ())],
        "enabled": None if user is None else user.enabled,
        "waits_for_first_sign_in": None if user is None else user.waits,
        "person": known.subject,
        "signed_in_at": None if holder is None else timestamp(holder.signed_in_at),
        "open_sessions": 0 if signed_in is None else len(signed_in.sessions),
        "seen_at": None if seen_at is None else timestamp(seen_at),
    }


def lines(rows: Sequence[Json]) -> list[str]:
    """Return a line for each person, in columns."""
    cells = [
        (
            each["user_name"] or f"({each['person']})",
            each["agent_id"] or "no agent id",
            ", ".join(each["roles"]) or ("no role" if each["user_name"] else "-"),
            each["name"],
            _may_sign_in(each),
            _sign_ins(each),
        )
        for each in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _may_sign_in(person: Json) -> str:
    if person["enabled"] is None:
        return "-"
    if not person["enabled"]:
        return "disabled"
    return "temporary password" if person["waits_for_first_sign_in"] else "enabled"


def _sign_ins(person: Json) -> str:
    if person["signed_in_at"] is None:
        return "no sign-in within 90 days"
    said = f"signed in {_minute(person['signed_in_at'])}"
    if not person["open_sessions"]:
        return f"{said}, signed out"
    return f"{said}, {sessions(person['open_sessions'])} open, last request {_minute(person['seen_at'])}"


def _minute(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}Z"


def sessions(count: int) -> str:
    """Return a number of sessions in words."""
    return f"{count} session{'' if count == 1 else 's'}"


def doubled(users: Sequence[User]) -> list[str]:
    """Return a sentence for each agent id that several people have who may sign in."""
    found = {tuple(each.user_name for each in holders([*users], user.agent_id)) for user in users if user.agent_id}
    return [
        f"{' and '.join(names)} have the same agent id: only one of them can be signed in at a time"
        for names in sorted(found)
        if len(names) > 1
    ]


def act_line(act: Json) -> str:
    """Return an operator's action as a line of the audit."""
    whom = f"{act['user']} ({act['agent_id']})" if act.get("agent_id") else act["user"]
    return f'  {act["at"]}  {act["what"]} {whom}, by {act["who"]}: "{act.get("why") or "-"}"'
