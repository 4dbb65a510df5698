"""The people in the stack's own Cognito user pool: read, added, disabled, enabled.

Cognito neither searches custom attributes nor keeps them unique, so every question about agent ids reads all people.
"""

import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from convox_clinicea.desk.sign_in import ROLES
from convox_clinicea.text import normalized

Json = dict[str, Any]
AGENT_ID = "custom:agent_id"
AT_A_TIME = 60
"""People of one answer; Cognito gives no more."""
MOST_PAGES = 200
PASSWORD_GROUPS, GROUP_LENGTH = 4, 4
PASSWORD_LETTERS = "".join(sorted({*string.ascii_letters, *string.digits} - {*"0O1Il"}))
"""Without those that look like others: a temporary password is typed from a screen or a slip."""
NOT_YET_CONFIRMED = "FORCE_CHANGE_PASSWORD"
NO_USER, USER_EXISTS = "UserNotFoundException", "UsernameExistsException"


class NotChanged(Exception):
    """Nothing was changed; the text says why."""


@dataclass(frozen=True)
class User:
    """A person who may sign in.

    Attributes:
        subject: Cognito's id of the person, as the desk's sessions name it.
        waits: whether the temporary password has not been replaced yet.
    """

    user_name: str
    subject: str
    name: str
    agent_id: str
    enabled: bool
    waits: bool
    roles: tuple[str, ...] = ()


class UserPool:
    """Reads and changes the people of one pool."""

    def __init__(self, client: Any, pool: str) -> None:
        self._client = client
        self._pool = pool

    def all(self) -> list[User]:
        """Return all people, by user name."""
        roles: dict[str, list[str]] = {}
        for role in sorted(ROLES):
            for each in self._pages("list_users_in_group", "NextToken", GroupName=role):
                roles.setdefault(each["Username"], []).append(role)
        found = self._pages("list_users", "PaginationToken")
        return sorted(
            (_user(each, each["Attributes"], roles.get(each["Username"], [])) for each in found),
            key=lambda user: user.user_name,
        )

    def find(self, user_name: str) -> User | None:
        """Return one person without roles, or None."""
        try:
            found = self._client.admin_get_user(UserPoolId=self._pool, Username=user_name)
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_USER:
                raise
            return None
        return _user(found, found["UserAttributes"], [])

    def create(self, user_name: str, name: str, agent_id: str, *, email: str = "", password: str = "") -> None:
        """Make a person without a role, who cannot use the desk yet.

        Args:
            email: where Cognito sends a temporary password of its own; empty for `password`.

        Raises:
            NotChanged: somebody has that user name.
        """
        attributes = {"name": name, AGENT_ID: agent_id}
        attributes |= {"email": email, "email_verified": "true"} if email else {}
        how: Json = (
            {"DesiredDeliveryMediums": ["EMAIL"]}
            if email
            else {"MessageAction": "SUPPRESS", "TemporaryPassword": password}
        )
        try:
            self._client.admin_create_user(
                UserPoolId=self._pool,
                Username=user_name,
                UserAttributes=[{"Name": each, "Value": value} for each, value in attributes.items()],
                **how,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != USER_EXISTS:
                raise
            raise NotChanged(f"there is a user {user_name} already") from None

    def delete(self, user_name: str) -> None:
        """Remove a person."""
        self._client.admin_delete_user(UserPoolId=self._pool, Username=user_name)

    def give_role(self, user_name: str, role: str) -> None:
        """Add a person to the group of a role; harmless if they are in it."""
        self._client.admin_add_user_to_group(UserPoolId=self._pool, Username=user_name, GroupName=role)

    def set_enabled(self, user_name: str, *, enabled: bool) -> None:
        """Let a person sign in, or not any more; open sessions of the desk are not touched."""
        change = self._client.admin_enable_user if enabled else self._client.admin_disable_user
        change(UserPoolId=self._pool, Username=user_name)

    def set_temporary(self, user_name: str, password: str) -> None:
        """Replace a person's password by one that has to be replaced at the next sign-in."""
        self._client.admin_set_user_password(
            UserPoolId=self._pool, Username=user_name, Password=password, Permanent=False
        )

    def _pages(self, operation: str, token: str, **more: Any) -> Iterator[Json]:
        after: Json = {}
        for _ in range(MOST_PAGES):
            page = getattr(self._client, operation)(UserPoolId=self._pool, Limit=AT_A_TIME, **more, **after)
            yield from page["Users"]
            if not page.get(token):
                return
            after = {token: page[token]}
        raise NotChanged(f"the user pool has more than {MOST_PAGES * AT_A_TIME} people; they cannot all be compared")


def holders(users: list[User], agent_id: str, but: str = "") -> list[User]:
    """Return who may sign in with an agent id, in any case of letters, but for the user of that name."""
    return [
        each
        for each in users
        if each.enabled
        and normalized(each.agent_id) == normalized(agent_id)
        and normalized(each.user_name) != normalized(but)
    ]


def new_password() -> str:
    """Return a random temporary password that the pool's policy takes."""
    while True:  # nearly always the first
        groups = (
            "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(PASSWORD_GROUPS)
        )
        made = "-".join(groups)
        if any(map(str.isupper, made)) and any(map(str.islower, made)) and any(map(str.isdigit, made)):
            return made


def _user(found: Json, attributes: list[Json], roles: list[str]) -> User:
    told = {each["Name"]: each["Value"] for each in attributes}
    return User(
        user_name=found["Username"],
        subject=told.get("sub", ""),
        name=told.get("name", ""),
        agent_id=told.get(AGENT_ID, ""),
        enabled=bool(found["Enabled"]),
        waits=found.get("UserStatus") == NOT_YET_CONFIRMED,
        roles=tuple(roles),
    )
