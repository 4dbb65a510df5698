"""Cognito's part of an account, on a socket: one user pool, as far as an operator's commands ask for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from convox_clinicea.desk.sign_in import ROLES
from tests.support.small_server import Reply, Seen, json_reply

POOL = "ap-south-1_invented"
Json = dict[str, Any]


@dataclass
class Pool:
    """What answers a `SmallServer`'s requests; user names are compared as a pool without letter case does.

    Attributes:
        page: people of one answer.
        before: what happens just before an operation, once.
        refuses: operations that are denied.
    """

    users: dict[str, Json] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=lambda: {role: [] for role in ROLES})
    page: int = 60
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    asked: list[Json] = field(default_factory=list)

    def __call__(self, seen: Seen) -> Reply:
        operation = seen.headers["x-amz-target"].rpartition(".")[2]
        given = seen.json
        assert given.pop("UserPoolId") == POOL
        self.before.pop(operation, lambda: None)()
        self.asked.append({"operation": operation, **given})
        if operation in self.refuses:
            return _error("AccessDeniedException")
        return self._answer(operation, given)

    def operations(self) -> list[str]:
        """The operations that were asked for, in order, without those that only read."""
        return [
            each["operation"]
            for each in self.asked
            if "List" not in each["operation"] and each["operation"] != "AdminGetUser"
        ]

    def add(self, user: str, agent_id: str, *roles: str, enabled: bool = True, status: str = "CONFIRMED") -> str:
        """Let a person be there already; returns their subject."""
        attributes = {"sub": f"sub-of-{user}", "name": f"{user.title()} Invented", "custom:agent_id": agent_id}
        self.users[user.lower()] = {
            "Username": user,
            "Attributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
            "Enabled": enabled,
            "UserStatus": status,
        }
        for role in roles:
            self.groups[role].append(user)
        return attributes["sub"]

    def _answer(self, operation: str, given: Json) -> Reply:
        name = str(given.get("Username", "")).lower()
        if operation == "ListUsers":
            return self._page([*self.users.values()], given, "PaginationToken")
        if operation == "ListUsersInGroup":
            members = [self.users[each.lower()] for each in self.groups[given["GroupName"]]]
            return self._page(members, given, "NextToken")
        if operation == "AdminCreateUser":
            return self._create(name, given)
        if name not in self.users:
            return _error("UserNotFoundException")
        user = self.users[name]
        match operation:
            case "AdminGetUser":
                return json_reply({**user, "UserAttributes": user["Attributes"]})
            case "AdminEnableUser" | "AdminDisableUser":
                user["Enabled"] = operation == "AdminEnableUser"
            case "AdminSetUserPassword":
                assert given["Permanent"] is False
                user |= {"UserStatus": "FORCE_CHANGE_PASSWORD", "password": given["Password"]}
            case "AdminAddUserToGroup":
                self.groups[given["GroupName"]].append(user["Username"])
            case "AdminDeleteUser":
                del self.users[name]
            case _:
                raise AssertionError(operation)
        return json_reply({})

    def _create(self, name: str, given: Json) -> Reply:
        if name in self.users:
            return _error("UsernameExistsException")
        self.users[name] = {
            "Username": given["Username"],
            "Attributes": [*given["UserAttributes"], {"Name": "sub", "Value": f"sub-of-{name}"}],
            "Enabled": True,
            "UserStatus": "FORCE_CHANGE_PASSWORD",
            "password": given.get("TemporaryPassword"),
        }
        return json_reply({"User": self.users[name]})

    def _page(self, users: list[Json], given: Json, token: str) -> Reply:
        assert given["Limit"] <= 60, "Cognito gives no more"
        first = int(given.get(token, 0))
        answer: Json = {"Users": users[first : first + self.page]}
        return json_reply(answer | ({token: str(first + self.page)} if first + self.page < len(users) else {}))


def _error(kind: str) -> Reply:
    return Reply(400, json.dumps({"__type": kind, "message": "no"}).encode(), {"x-amzn-ErrorType": kind})
