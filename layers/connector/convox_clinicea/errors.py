"""The root of the error tree.

Each leaf has three facts, and nothing about a person: whether a retry can help, whether the outcome of
the failed step is known, and a sentence for the agent. `convox.http` maps the tree to HTTP answers,
`bookings.worker` to the next state of a booking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn

if TYPE_CHECKING:  # code with such an error has loaded pydantic
    from pydantic import ValidationError


class ConnectorError(Exception):
    """Base of all errors that this product raises."""

    retryable: ClassVar[bool] = False
    """Whether the same step may succeed later without any change."""
    outcome_known: ClassVar[bool] = True
    """Whether the outcome of the failed step is certain (for a read: always)."""
    public: ClassVar[str] = "Something went wrong in the connector."
    """A sentence that may be shown to an agent."""


def raise_alone(error: Exception) -> NoReturn:
    """Raise `error` in an exception handler without the handled exception as its context.

    Libraries' errors quote parameters, addresses and answers. `from None` only hides them: they stay in
    `__context__`.
    """
    try:
        raise error from None
    finally:
        error.__context__ = None


class ConfigurationError(ConnectorError):
    """A setting, secret or configuration document is missing or invalid; the text names it."""

    public = "The connector is not set up correctly. Please tell its operator."


class SecretUnavailable(ConfigurationError):
    """AWS does not return a secret now; it may later."""

    retryable = True
    public = "The connector cannot reach the clinic's system right now. Try again."


class InvalidDocument(ConfigurationError):
    """A configuration document is invalid; `problems` has a line for each place."""

    def __init__(self, document: str, problems: Sequence[str]) -> None:
        super().__init__(f"the {document} is not valid: {'; '.join(problems)}")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class FieldProblem:
    """One error of a request: the field's name and a sentence without its value."""

    field: str
    message: str


def field_problems(error: ValidationError, whole: str) -> list[FieldProblem]:
    """Return pydantic's errors without any value.

    Args:
        whole: name for the whole, for an error without a field.
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
    "union_tag_invalid": "is not a known action",  # pydantic's own message repeats the value
}


def sentence(kind: str, message: str) -> str:
    """Return pydantic's message about a field in our form: what the field must be."""
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = re.sub(r"^(Input|String|List|Dictionary) should", "must", message)
    return re.sub(r" after validation.*", "", message)


class InvalidRequest(ConnectorError):
    """The request cannot be parsed or breaks a limit of the contract."""

    public = "The request is not valid."

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in problems))
        self.problems = problems
        self.aliases_used: Mapping[str, str] = {}
        """Canonical name → the alias in the request."""


class NoCallerNumber(InvalidRequest):
    """The exchange sent a withheld or internal number as the caller's; the client cannot correct it."""


class ConsentRequired(ConnectorError):
    """A request for a new patient has no consent of the caller; nothing was stored."""

    public = "The caller has not consented to being registered. Nothing was stored."


class Unauthorized(ConnectorError):
    """The request has no authorizer context."""

    public = "The access token is missing or not valid."


class RateLimited(ConnectorError):
    """A client or one of its agents has reached a rate limit."""

    retryable = True
    public = "Too many look-ups in a short time. Try again in a moment."

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class TooManyPatients(RateLimited):
    """A client or one of its agents has reached the limit of patients shown."""

    public = "Too many patients were looked up in a short time. Try again later."


class TooManyBookings(RateLimited):
    """A client or one of its agents has reached the limit of bookings and status callbacks in a minute."""

    public = "Too many bookings in a short time. This one was not stored. Send it again in a moment."


class TooManyOpenBookings(RateLimited):
    """A number has reached the limit of open bookings with this client."""

    public = "This number has too many open bookings. No further one is accepted until a person has settled them."


class NotShown(ConnectorError):
    """The patient was not shown to this client on this call, so the visits are not shown either."""

    public = "This patient was not found on this call. Search by the caller's number first."


class NotFound(ConnectorError):
    """The resource does not exist, or belongs to another client."""

    public = "Not found."


class MethodNotAllowed(ConnectorError):
    """The route exists, but not for this HTTP method."""

    public = "The route does not support this HTTP method."

    def __init__(self, detail: str, *allowed: str) -> None:
        super().__init__(detail)
        self.allowed = allowed


class TooLarge(ConnectorError):
    """The request is over the contract's limit."""

    public = "The request is too large."


class NotStored(ConnectorError):
    """Ledger and queue did not both confirm the booking, so it is not accepted (rule 13)."""

    retryable = True
    public = "The booking is not confirmed. Send it again; do not book by hand."
