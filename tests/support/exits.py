"""Watches everything that leaves the functions, and says which canaries it holds."""

from __future__ import annotations

import json
import logging
import traceback
from collections import defaultdict
from typing import Any

import pytest
from botocore.client import BaseClient

from local.clinicea.auth import Sessions
from tests.support import invented, leaks
from tests.support.deployment import Deployment
from tests.support.events import Event
from tests.support.functions import LOOK_UPS, Function

SECRETS = (
    invented.API_KEY,
    invented.TOKEN,
    invented.OLD_TOKEN,
    invented.IDENTITY_KEY,
    "local-user",
    "local-password",
)
DESK = "agent_desk"
"""Its pages show patients, and what the person has typed beside what is wrong with it."""
SEALS = ("Encrypt", "GenerateDataKey")
"""What is given to KMS to be encrypted is given to nobody else."""

TOOLS = frozenset({"responses"})
"""Loggers of what only the tests use."""


def api_call() -> Any:
    """Return the method by which all goes to AWS, as it is now; botocore has no public one, its stubs none at all."""
    return vars(BaseClient)["_make_api_call"]


def forget_levels() -> None:
    """Let each logger ask anew which levels it may write; it remembers, and Python has no public way to say so."""
    clear: Any = vars(logging.Manager)["_clear_cache"]
    clear(logging.getLogger().manager)


class Watch(logging.Handler):
    """From its making on, at log level DEBUG for everybody."""

    def __init__(self, deployment: Deployment, output: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        super().__init__(logging.DEBUG)
        self._seen: dict[str, list[str]] = defaultdict(list)
        self._output = output
        self._deployment = deployment
        self._tokens: set[str] = set()
        self.invoked: set[str] = set()
        self.failed: set[str] = set()
        root = logging.getLogger()
        patch.setattr(root, "handlers", [*root.handlers, self])
        patch.setattr(root, "level", logging.DEBUG)
        forget_levels()
        call, invoke, login = api_call(), Function.invoke, Sessions.login
        watch = self

        def calls(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
            if operation not in SEALS:
                watch._note(f"{client.meta.service_model.service_name} {operation}", repr(parameters))
            return call(client, operation, parameters)

        def invokes(function: Function, event: Event, **more: Any) -> dict[str, Any]:
            watch.invoked.add(function.name)
            try:
                result: dict[str, Any] = invoke(function, event, **more)
            except Exception as error:  # whatever it is: noted here, and raised again
                watch.failed.add(function.name)
                watch._note("exception", _whole(error))
                raise
            watch._note(f"answer of {function.name}", _told(function.name, result))
            return result

        def logs_in(sessions: Sessions, *given: Any) -> str | None:
            token = login(sessions, *given)
            if token is not None:
                watch._tokens.add(token)
            return token

        patch.setattr(Sessions, "login", logs_in)
        patch.setattr(BaseClient, "_make_api_call", calls)
        patch.setattr(Function, "invoke", invokes)

    def emit(self, record: logging.LogRecord) -> None:
        if record.name in TOOLS:
            return
        text = f"{record.getMessage()} {record.args!r} {vars(record)!r}"
        error = record.exc_info[1] if record.exc_info else None
        self._note(f"log of {record.name}", text if error is None else text + _whole(error))

    def text(self, surface: str = "") -> str:
        """All that was seen on the surfaces whose name begins so."""
        captured = self._output.readouterr()
        self._note("standard output", captured.out + captured.err)
        return "\n".join(text for name, texts in self._seen.items() if name.startswith(surface) for text in texts)

    def leaks(self) -> list[tuple[str, str]]:
        """Each surface on which a canary was seen, with the canary."""
        self.text()
        stack = self._deployment.stack
        self._note("ledger and register", repr([stack.items(), stack.entries()]))
        self._note("messages", repr([stack.messages(), stack.dead_letters()]))
        canaries = (*invented.CANARIES, invented.GENDER, *self._tokens)
        return [
            (surface, canary)
            for surface, texts in self._seen.items()
            for canary in leaks.found(canaries, " ".join(texts).replace(invented.CHOICE, ""))
        ]

    def _note(self, surface: str, text: str) -> None:
        self._seen[surface].append(text)


def _told(name: str, result: dict[str, Any]) -> str:
    """An answer, or only the secrets in it where it is meant to show a patient."""
    shows_what_was_typed = name == DESK and result["statusCode"] != 500
    if shows_what_was_typed or (name in LOOK_UPS and result["statusCode"] == 200):
        return " ".join(leaks.found(SECRETS, json.dumps(result)))
    return json.dumps(result)


def _whole(error: BaseException | None) -> str:
    """An exception with all that it came from, hidden links included, as somebody careless would show it."""
    text, seen = "", set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        text += f"{error} {error!r} {error.args!r} {vars(error)!r}\n{''.join(traceback.format_exception(error))}"
        error = error.__cause__ or error.__context__
    return text
