"""The desk on this machine: its address and its people, which sam deploy does not set on the embedded AWS."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

PATH = "/desk"
AGENT = "agent-7"
NOT_UPDATED = ("ClientSecret", "CreationDate", "LastModifiedDate")
"""What describes a user pool's client and is no input of its update."""
ALIAS = "live"
SOCKET_STAGE = "desk"
PASSWORD_GROUPS = 3
PASSWORD_LETTERS = "".join(sorted({*string.ascii_letters, *string.digits} - {*"0O1Il"}))


@dataclass(frozen=True)
class SignIn:
    """A person who may sign in at the desk, with this run's password."""

    user: str
    name: str
    agent_id: str
    group: str
    password: str


@dataclass(frozen=True)
class OpenDesk:
    """What there is beside a stack that has a desk: people who may sign in, and the ConVox simulator."""

    people: tuple[SignIn, ...] = ()
    simulator_url: str = ""

    @property
    def told(self) -> dict[str, object]:
        """The desk's part of the stack file, which only its owner may read."""
        told = [asdict(each) for each in self.people]
        return {"simulator_url": self.simulator_url, "people": told} if self.people else {}


def people() -> tuple[SignIn, ...]:
    """Return an agent and a supervisor who do not exist, with new passwords."""
    return (
        SignIn("nisha", "Nisha Inventedkar", AGENT, "agents", _password()),
        SignIn("omar", "Omar Placeholder", "agent-1", "supervisors", _password()),
    )


def _password() -> str:
    """Return a password that Cognito's policy takes and that can be read from a terminal."""
    while True:  # nearly always the first
        made = "-".join("".join(secrets.choice(PASSWORD_LETTERS) for _ in range(5)) for _ in range(PASSWORD_GROUPS))
        if any(map(str.isupper, made)) and any(map(str.islower, made)) and any(map(str.isdigit, made)):
            return made


def address_of(api_url: str) -> str:
    """Return where browsers find the desk."""
    return f"{api_url}{PATH}"


class LocalDesk:
    """Sets up the desk of a deployed stack.

    Args:
        client: gives a boto3 client.
        resources: physical ids of the stack's resources by their logical ids.
    """

    def __init__(self, client: Callable[[str], Any], resources: Mapping[str, str]) -> None:
        self._client = client
        self._resources = resources

    def set_address(self, api_url: str) -> str:
        """Tell the function and its user pool where browsers find the desk; returns the address.

        The emulator's addresses hold an id that is known only after the deployment.
        """
        address = address_of(api_url)
        self._set(self._resources["AgentDeskFunction"], DESK_ADDRESS=address)
        cognito = self._client("cognito-idp")
        which = {"UserPoolId": self._resources["DeskPool"], "ClientId": self._resources["DeskPoolClient"]}
        described = cognito.describe_user_pool_client(**which)["UserPoolClient"]
        # What an update does not name goes back to its default.
        kept = {name: value for name, value in described.items() if name not in NOT_UPDATED and value not in ("", None)}
        urls = {"CallbackURLs": [f"{address}/signed-in"], "LogoutURLs": [address]}
        cognito.update_user_pool_client(**(kept | which | urls))
        return address

    def set_sockets(self, endpoint: str) -> str:
        """Tell both functions where the emulator serves the WebSocket API; returns the address.

        The pop-up is called by its alias, so a version with the address is published for it.
        """
        address = f"{endpoint}/_aws/execute-api/{self._resources['DeskSockets']}/{SOCKET_STAGE}"
        self._set(self._resources["AgentDeskFunction"], DESK_SOCKETS=address)
        popup, functions = self._resources["CallPopupFunction"], self._client("lambda")
        if self._set(popup, DESK_SOCKETS=address):
            version = functions.publish_version(FunctionName=popup)["Version"]
            functions.update_alias(FunctionName=popup, Name=ALIAS, FunctionVersion=version)
        return address

    def _set(self, function: str, **variables: str) -> bool:
        """Set variables of a function's environment; False if they were so."""
        functions = self._client("lambda")
        known = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        if known | variables == known:
            return False
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": known | variables})
        return True

    def add(self, person: SignIn) -> None:
        """Let a new person sign in with that password."""
        cognito, pool = self._client("cognito-idp"), self._resources["DeskPool"]
        who = {"UserPoolId": pool, "Username": person.user}
        attributes = {"name": person.name, "custom:agent_id": person.agent_id}
        told = [{"Name": name, "Value": value} for name, value in attributes.items()]
        cognito.admin_create_user(**who, MessageAction="SUPPRESS", UserAttributes=told)
        cognito.admin_set_user_password(**who, Password=person.password, Permanent=True)
        cognito.admin_add_user_to_group(**who, GroupName=person.group)
