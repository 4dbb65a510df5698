"""What `connector people` does on a stack: in its user pool, if it has one of its own, and to the desk's sessions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from commands.cli_support import COULD_NOT_ASK, NAME, Output
from commands.people_desk import DeskPeople
from commands.people_lines import act_line, doubled, lines, row, sessions
from commands.target import NoOutput, Target
from commands.user_pool import NotChanged, User, UserPool, holders, new_password
from convox_clinicea.errors import ConnectorError

Json = dict[str, Any]
NOT_CHANGED = 1
READING = ("list", "acts")
ACTIONS = ("list", "add", "disable", "enable", "password", "sign-out", "acts")
TEMPORARY_DAYS = 3
"""As the template's pool has it."""
OWN_PROVIDER = (
    "this stack signs people in with a provider of yours (DeskIssuer): people, agent ids and roles come from its "
    "claims, so {action} them there. `list` and `sign-out` work here"
)


@dataclass(frozen=True)
class Wanted:
    """What the command names: the person, and for `add` what they get."""

    action: str
    user: str = ""
    name: str = ""
    agent_id: str = ""
    role: str = "agents"
    email: str = ""
    why: str = ""


def carry_out(out: Output, target: Target, wanted: Wanted) -> int:
    """Do what is wanted, and print what became of it."""
    try:
        return People(out, target).do(wanted)
    except NotChanged as reason:
        out.error(f"nothing was changed: {reason}" if wanted.action not in READING else str(reason))
        return NOT_CHANGED
    except ConnectorError as error:  # of the table; what was changed before it stays so
        out.error(f"{target}: {error}; the outcome is unknown. See `./{NAME} people list`, and repeat")
        return COULD_NOT_ASK


class People:
    """The people of one stack's desk."""

    def __init__(self, out: Output, target: Target) -> None:
        self._out = out
        self._target = target
        self._address = str((target.local or {}).get("desk_url", "")) or _output(target, "DeskAddress")
        if not self._address:
            raise NotChanged("this stack has no desk; Desk=on makes one")
        pool = _output(target, "DeskUserPoolId")
        self._pool = UserPool(target.client("cognito-idp"), pool) if pool else None
        self._desk = DeskPeople(target.client("dynamodb"), target.output("LedgerTable"))

    def do(self, wanted: Wanted) -> int:
        """Carry out an action; returns the exit code."""
        actions: dict[str, Callable[[Wanted], int]] = {
            "list": self._list,
            "acts": self._acts,
            "add": self._add,
            "disable": self._disable,
            "enable": self._enable,
            "password": self._password,
            "sign-out": self._sign_out,
        }
        return actions[wanted.action](wanted)

    def _list(self, _wanted: Wanted) -> int:
        signed_in = {each.holder.subject: each for each in self._desk.signed_in()}
        users = self._pool.all() if self._pool else []
        rows = [row(each, signed_in.pop(each.subject, None)) for each in users]
        rows += [row(None, each) for each in signed_in.values()]
        here = sum(bool(each["open_sessions"]) for each in rows)
        whose = "" if self._pool else "; who may sign in, your provider says: these have, within 90 days"
        self._out.line(f"{self._target}: {len(rows)} people, {here} signed in{whose}")
        for line in lines(rows):
            self._out.line(f"  {line}")
        for text in doubled(users):
            self._out.note(text)
        self._out.document({"user_pool": self._pool is not None, "people": rows})
        return 0

    def _acts(self, _wanted: Wanted) -> int:
        acts = self._desk.acts()
        for each in acts:
            self._out.line(act_line(each))
        self._out.document({"acts": acts})
        return 0

    def _add(self, wanted: Wanted) -> int:
        pool = self._own_pool("add")
        standing = pool.find(wanted.user)
        if standing is not None and not holders([standing], wanted.agent_id):
            disabled = "" if standing.enabled else ", disabled"
            raise NotChanged(f"there is a user {wanted.user} already, with the agent id {standing.agent_id}{disabled}")
        _require_free(pool.all(), wanted.agent_id, but=wanted.user)
        if standing is not None:  # left without a role by a command that did not end, or to have one more
            pool.give_role(wanted.user, wanted.role)
            self._out.note(
                f"{wanted.user} existed already, and has the role {wanted.role} now; no password was changed"
            )
            return self._done(wanted, wanted.agent_id, {"user_name": wanted.user})
        password = "" if wanted.email else new_password()
        pool.create(wanted.user, wanted.name, wanted.agent_id, email=wanted.email, password=password)
        # Another operator may have added the same agent id meanwhile. Without a role nobody has used it yet.
        try:
            _require_free(pool.all(), wanted.agent_id, but=wanted.user)
        except NotChanged:
            pool.delete(wanted.user)
            raise
        pool.give_role(wanted.user, wanted.role)
        return self._first_password(wanted, wanted.agent_id, password)

    def _disable(self, wanted: Wanted) -> int:
        pool = self._own_pool("disable")
        user = _found(pool, wanted.user)
        pool.set_enabled(user.user_name, enabled=False)
        ended = self._desk.end_sessions(user.subject)
        self._out.line(f"  {user.user_name} may not sign in any more; {sessions(ended)} ended")
        return self._done(wanted, user.agent_id, {"user_name": user.user_name, "ended_sessions": ended})

    def _enable(self, wanted: Wanted) -> int:
        pool = self._own_pool("enable")
        user = _found(pool, wanted.user)
        _require_free(pool.all(), user.agent_id, but=user.user_name)
        pool.set_enabled(user.user_name, enabled=True)
        self._out.line(f"  {user.user_name} may sign in again, with the password as before")
        return self._done(wanted, user.agent_id, {"user_name": user.user_name})

    def _password(self, wanted: Wanted) -> int:
        pool = self._own_pool("change the password of")
        user = _found(pool, wanted.user)
        password = new_password()
        pool.set_temporary(user.user_name, password)
        return self._first_password(wanted, user.agent_id, password)

    def _sign_out(self, wanted: Wanted) -> int:
        user = self._pool.find(wanted.user) if self._pool else None
        subject, agent_id = (user.subject, user.agent_id) if user else self._subject(wanted.user)
        ended = self._desk.end_sessions(subject)
        self._out.line(f"  {sessions(ended)} of {wanted.user} ended; a session that is not listed ends within a minute")
        self._out.note("the person may sign in again; `disable` prevents that")
        return self._done(wanted, agent_id, {"person": subject, "ended_sessions": ended})

    def _subject(self, named: str) -> tuple[str, str]:
        """Return the person of that id, who signed in within 90 days, and the agent id."""
        for each in self._desk.signed_in():
            if each.holder.subject == named:
                return named, each.holder.agent_id
        raise NotChanged(f"there is no {named}; see `./{NAME} people list`")

    def _first_password(self, wanted: Wanted, agent_id: str, password: str) -> int:
        """Say how the password reaches the person; standard output has only the password, if any."""
        where = (
            f"{wanted.user} opens {self._address}, signs in with it, and chooses a password of at least 12 characters"
        )
        if password:
            self._out.note("the temporary password, shown once; hand it over to the person only:")
            self._out.line(password)
        else:
            self._out.note("Cognito sends a temporary password to the address (from no-reply@verificationemail.com)")
        self._out.note(
            f"{where}; it is valid for {TEMPORARY_DAYS} days, `./{NAME} people password {wanted.user}` makes another"
        )
        told = {"user_name": wanted.user, "agent_id": agent_id, "desk": self._address}
        return self._done(wanted, agent_id, told | ({"temporary_password": password} if password else {}))

    def _done(self, wanted: Wanted, agent_id: str, document: Json) -> int:
        act = self._desk.note(self._target.caller(), wanted.action, wanted.user, agent_id, wanted.why)
        self._out.note(act_line(act))
        self._out.document({**document, "act": act})
        return 0

    def _own_pool(self, action: str) -> UserPool:
        if self._pool is None:
            raise NotChanged(OWN_PROVIDER.format(action=action))
        return self._pool


def _require_free(users: list[User], agent_id: str, *, but: str) -> None:
    """Raise NotChanged if another person who may sign in has the agent id."""
    others = holders(users, agent_id, but)
    if others:
        names = ", ".join(each.user_name for each in others)
        raise NotChanged(f"the agent id {agent_id} is {names}'s; each person needs one of their own")


def _found(pool: UserPool, user_name: str) -> User:
    user = pool.find(user_name)
    if user is None:
        raise NotChanged(f"there is no user {user_name}; see `./{NAME} people list`")
    return user


def _output(target: Target, name: str) -> str:
    """Return one of the stack's outputs; empty if it has none of this name."""
    try:
        return target.output(name)
    except NoOutput:
        return ""
