"""Errors of Clinicea calls.

Every leaf has the call's name and the HTTP status, if there was one, but no URL (queries may hold tokens), no body and
no patient's data.
"""

from __future__ import annotations

from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.errors import ConnectorError


class CliniceaError(ConnectorError):
    """Root of Clinicea's errors."""

    public = "The clinic's system could not answer."

    def __init__(self, call: str, status: int | None = None, detail: str = "") -> None:
        parts = [call, *([f"status {status}"] if status is not None else []), *([detail] if detail else [])]
        super().__init__(": ".join(parts))
        self.call = call
        self.status = status


_REFUSED = "the credential is not accepted, or its API role does not permit this call"
_LOGIN_REFUSED = "key, user name or password is not accepted, or the API role does not permit the login"


class SetupFault(CliniceaError):
    """A fault of the deployment, not of the patient: a setting must change. Usually nothing was executed."""

    public = "The clinic's system denies the connector access. Please tell the connector's operator."


class AuthenticationFailed(SetupFault):
    """401, after a renewal if possible: a bad credential, or a role without permission for this call [doc]."""

    def __init__(self, call: str, status: int | None = None, detail: str = "") -> None:
        super().__init__(call, status, detail or (_LOGIN_REFUSED if call == LOGIN else _REFUSED))


class PermissionDenied(SetupFault):
    """403: the API role lacks the permission for this call."""


class MethodRefused(SetupFault):
    """405; nothing was executed. The text names the setting to change."""

    def __init__(self, call: str, verb: str) -> None:
        text = f"Clinicea does not take {verb} here; change {_entry(call)}.verb and .style in the call table"
        super().__init__(call, 405, text)


class FormRefused(SetupFault):
    """406, 407, 415, 426, 431: the form of the request is wrong for any patient; nothing was executed.

    A 406 to a POST is the exception, see `AnswerFormRefused`.
    """

    def __init__(self, call: str, status: int) -> None:
        text = f"the form of the request is refused; check {_entry(call)} in the call table, and proxies on the way"
        super().__init__(call, status, text)


class AnswerFormRefused(FormRefused):
    """406 to a POST; it may have been carried out, because the answer's form is negotiated after the work."""

    outcome_known = False


class RouteMissing(SetupFault):
    """404 for the address itself; the text names the setting to change."""

    def __init__(self, call: str) -> None:
        super().__init__(call, 404, f"unknown address; change {_entry(call)}.path or .version in the call table")


class NotInDialect(SetupFault):
    """The flow's dialect in the call table has no such call; nothing was sent."""

    public = "The clinic's system cannot register new patients this way. Nothing was stored: please book by hand."

    def __init__(self, call: str) -> None:
        super().__init__(call, detail="the chosen dialect has no such call; set the flow to convox in the call table")


class AmbiguousTime(SetupFault):
    """A wall-clock time that occurs twice because clocks go back; nothing was sent."""

    def __init__(self, call: str, name: str) -> None:
        super().__init__(call, detail=f"{name} is in an hour that occurs twice: set times.writing_zone to utc")


class CliniceaRateLimited(CliniceaError):
    """429; nothing was executed. `retry_after` is Clinicea's Retry-After in seconds, if sent."""

    retryable = True
    public = "The clinic's system is busy."

    def __init__(self, call: str, retry_after: float | None) -> None:
        super().__init__(call, 429)
        self.retry_after = retry_after


class NotFoundInClinicea(CliniceaError):
    """404 that does not mean an empty result."""

    public = "The clinic's system does not know this record."


class Rejected(CliniceaError):
    """Clinicea refused the request itself.

    `reason` is the booking's reason if the call table lists this refusal.
    """

    public = "The clinic's system refused the request."

    def __init__(self, call: str, status: int, reason: str | None = None) -> None:
        super().__init__(call, status, reason or "")
        self.reason = reason


class UnlistedRefusal(Rejected):
    """A 4xx to a POST that the call table does not list: read back, then left to a person."""

    outcome_known = False


class Unavailable(CliniceaError):
    """5xx to a read, or no connection; Clinicea changed nothing."""

    retryable = True
    public = "The clinic's system is not reachable right now."


class TimedOut(CliniceaError):
    """A read without an answer before its deadline."""

    retryable = True
    public = "The clinic's system took too long to answer."


class UnexpectedAnswer(CliniceaError):
    """An unusable answer to a read: HTML, a redirect, a repeated page, broken JSON."""

    retryable = True
    public = "The clinic's system sent an invalid answer."


class OutcomeUnknown(CliniceaError):
    """A POST was sent, and it is unknown whether Clinicea carried it out."""

    outcome_known = False
    public = "It is not known yet whether the clinic's system made the appointment."


def _entry(call: str) -> str:
    return "login" if call == LOGIN else f"calls.{call}"
