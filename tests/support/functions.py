"""The functions, loaded and invoked as Lambda does."""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.settings import Settings
from tests.support import documented, permissions
from tests.support.events import REQUEST_ID, Event

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
LOOK_UPS = [name for name in NAMES if "look_up=True" in (ROOT / "functions" / name / "app.py").read_text("utf-8")]
"""The functions whose good answers show a patient to the agent."""
_loads = itertools.count(1)


@dataclass(frozen=True)
class Context:
    """What Lambda tells an invocation about itself."""

    function_name: str
    seconds: float = 30.0
    memory_limit_in_mb: int = 512
    function_version: str = "$LATEST"
    aws_request_id: str = "8a2b7c1e-0000-4000-8000-000000000001"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:ap-south-1:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, as API Gateway would send it."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    def is_error(self, status: int, code: str, *fields: str) -> None:
        """Assert the contract's error shape, to the last key."""
        assert (self.status, self.body.get("code")) == (status, code), self.body
        assert set(self.body) == {"status", "code", "message", "fields", "request_id"}
        assert self.body["status"] == "error"
        assert self.body["message"]
        assert self.body["request_id"] == REQUEST_ID
        assert all(set(problem) == {"field", "message"} and problem["message"] for problem in self.body["fields"])
        assert sorted(problem["field"] for problem in self.body["fields"]) == sorted(fields)
        assert self.headers["Content-Type"] == "application/json"


class _Reading(Exception):
    """Raised where settings would be read."""

    def __init__(self, kind: type[Settings]) -> None:
        super().__init__(kind.__name__)
        self.kind = kind


def settings_of(name: str) -> type[Settings]:
    """Return the settings that a function reads when it builds what its requests need."""

    def read(kind: type[Settings], _environment: object = None) -> None:
        raise _Reading(kind)

    function = Function(name).module.function
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings, "from_environment", classmethod(read))
        with pytest.raises(_Reading) as reading:
            function.parts()
    return reading.value.kind


class Function:
    """One function after a cold start; its settings are read at its first use, as in Lambda."""

    def __init__(self, name: str) -> None:
        self.name = name
        aws.secret_cache.clear()  # what another function has read of secrets is not known to this one
        number = next(_loads)
        module_name = f"function_{name}_{number}"
        self._service = f"{name}_{number}"
        spec = importlib.util.spec_from_file_location(module_name, ROOT / "functions" / name / "app.py")
        assert spec is not None
        assert spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = self.module
        with pytest.MonkeyPatch.context() as environment:
            # A logger is one per service and process: a name of its own gives each load its own level and stream.
            environment.setenv("POWERTOOLS_SERVICE_NAME", self._service)
            spec.loader.exec_module(self.module)

    def invoke(self, event: Event, *, seconds: float = 30.0) -> dict[str, Any]:
        """The raw result."""
        with warnings.catch_warnings():
            # Powertools warns of an invocation that counted nothing; Lambda shows that once per cold start.
            warnings.filterwarnings("ignore", message="No application metrics")
            with permissions.running(self.name), pytest.MonkeyPatch.context() as environment:
                environment.setenv("POWERTOOLS_SERVICE_NAME", self._service)  # each function's own, as on Lambda
                result = self.module.handler(event, Context(self.name, seconds))
        # What the runtime cannot write as JSON is an error there, and would pass unseen here.
        answered: dict[str, Any] = json.loads(json.dumps(result))
        return answered

    def __call__(self, event: Event) -> Answer:
        """The answer to a request, which is as docs/openapi.json describes it."""
        result = self.invoke(event)
        assert result["isBase64Encoded"] is False
        headers = {name: values[0] for name, values in result["multiValueHeaders"].items()}
        answer = Answer(result["statusCode"], headers, json.loads(result["body"]))
        documented.check(event["httpMethod"], event["resource"], answer.status, answer.headers, answer.body)
        return answer
