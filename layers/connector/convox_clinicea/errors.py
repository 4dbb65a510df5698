"""The root of the error tree.

A leaf states three things and nothing about a person: whether trying again can help, whether it is
known what the failed step did, and a sentence that an agent may read. `convox.errors` maps the tree to
HTTP answers, `bookings.worker` to what becomes of a booking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn

if TYPE_CHECKING:  # whoever has such an error has loaded pydantic
    from pydantic import ValidationError


class ConnectorError(Exception):
    """Anything this product raises on purpose."""

    retryable: ClassVar[bool] = False
    """Whether the same step may succeed later without anyone changing anything."""
    outcome_known: ClassVar[bool] = True
    """Whether it is certain what the failed step did (for a read: always)."""
    public: ClassVar[str] = "Something went wrong in the connector."
    """A sentence that may be shown to an agent."""


def raise_alone(error: Exception) -> NoReturn:
    """Raise `error` from within a handler without a trace of what is being handled.

    Libraries' errors quote parameters, addresses and answers. `from None` only hides them: whoever follows
    `__context__` finds them all the same.
    """
    try:
        raise error from None
    finally:
        error.__context__ = None


class ConfigurationError(ConnectorError):
    """A setting, secret or configuration document is missing or makes no sense; the text names it."""

    public = "The connector is not set up correctly. Please tell its operator."


class SecretUnavailable(ConfigurationError):
    """AWS does not give a secret now; it may in a moment."""

    retryable = True
    public = "The connector cannot reach the clinic's system right now. Try again."


class InvalidDocument(ConfigurationError):
    """A configuration document breaks its rules; `problems` holds a line for each place."""

    def __init__(self, document: str, problems: Sequence[str]) -> None:
        super().__init__(f"the {document} is not valid: {'; '.join(problems)}")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class FieldProblem:
    """One thing that is wrong with a request: the field's name and a sentence without its value."""

    field: str
    message: str


def field_problems(error: ValidationError, whole: str) -> list[FieldProblem]:
    """Return what pydantic found, without any value.

    Args:
        whole: what to call the thing itself, where no field of it is wrong.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [FieldProblem(".".join(map(str, e["loc"])) or whole, sentence(e["type"], e["msg"])) for e in found]


_SENTENCES = {
    "missing": "is required",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "union_tag_invalid": "is not a known action",  # pydantic's own repeats what came
}


def sentence(kind: str, message: str) -> str:
    """Return pydantic's message on a field as ours read: what the field must be."""
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = re.sub(r"^(Input|String|List|Dictionary) should", "must", message)
    return re.sub(r" after validation.*", "", message)


class InvalidRequest(ConnectorError):
    """The request cannot be understood or breaks a limit of the contract."""

    public = "The request is not valid."

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in problems))
        self.problems = problems
        self.aliases_used: Mapping[str, str] = {}
        """Canonical name → the alias that the client used for it."""


class NoCallerNumber(InvalidRequest):
    """The exchange sent a word for no number, or an internal one, as the caller's; no sender can correct it."""


class ConsentRequired(ConnectorError):
    """A new patient was asked for without the caller's consent; nothing was stored."""

    public = "The caller has not consented to being registered. Nothing was stored."


class Unauthorized(ConnectorError):
    """The request did not pass the authorizer, though it should have."""

    public = "The access token is missing or not valid."


class RateLimited(ConnectorError):
    """A caller, or one of its agents, has used up what it may ask for a while."""

    retryable = True
    public = "Too many look-ups in a short time. Try again in a moment."

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class TooManyPatients(RateLimited):
    """A client, or one of its agents, has been shown as many patients as it may be for a while."""

    public = "Too many patients were looked up in a short time. Try again later."


class TooManyBookings(RateLimited):
    """A client, or one of its agents, has sent as many bookings or status callbacks as it may in a minute."""

    public = "Too many bookings in a short time. This one was not stored. Send it again in a moment."


class TooManyOpenBookings(RateLimited):
    """A number has as many open bookings with this client as it may have."""

    public = "This number has too many open bookings. No further one is accepted until a person has settled them."


class NotShown(ConnectorError):
    """The patient was not shown to this client on this call, so nothing of theirs is handed out."""

    public = "This patient was not found on this call. Search by the caller's number first."


class NotFound(ConnectorError):
    """There is no such thing, or not for this caller."""

    public = "Not found."


class MethodNotAllowed(ConnectorError):
    """The route exists, but not for this HTTP method."""

    public = "The route does not support this HTTP method."

    def __init__(self, detail: str, *allowed: str) -> None:
        super().__init__(detail)
        self.allowed = allowed


class TooLarge(ConnectorError):
    """The body is over the contract's limit."""

    public = "The request is too large."


class NotStored(ConnectorError):
    """Ledger and queue do not both hold the booking, so it may not be called accepted."""

    retryable = True
    public = "The booking is not confirmed. Send it again; do not book by hand."
