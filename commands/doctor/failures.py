"""Findings from failed calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.doctor.findings import ACCOUNT, Register
from convox_clinicea.clinicea import CallTable, Endpoint
from convox_clinicea.clinicea.call_table import Evidence, laid_over
from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea.errors import (
    AuthenticationFailed,
    CliniceaError,
    MethodRefused,
    NotFoundInClinicea,
    PermissionDenied,
    Rejected,
    RouteMissing,
    UnexpectedAnswer,
)

_ASK_NOTHING = "ask Clinicea for this call's empty answer"


def note_failure(
    call: Endpoint, error: CliniceaError, table: CallTable, register: Register, correction: dict[str, Any]
) -> None:
    """Record the finding of an error, and correct the call table if the error shows how."""
    at = "login" if error.call == LOGIN else f"calls.{call}"
    match error:
        case AuthenticationFailed() if error.call == LOGIN:
            detail = "the login was refused: key, user name or password; not tried again, so that nobody is locked out"
            register.wrong("authentication", ACCOUNT, detail=detail)
        case _ if error.call == LOGIN and not isinstance(error, PermissionDenied | RouteMissing | MethodRefused):
            register.unchecked("authentication", ACCOUNT, f"the login failed: {type(error).__name__}")
        case AuthenticationFailed():
            why = "401: the credential is not accepted, or its role lacks the permission"
            register.unchecked(f"permission.{call}", ACCOUNT, why)
        case PermissionDenied():
            use = role_with(error.call)
            subject = "authentication" if error.call == LOGIN else f"permission.{call}"
            register.wrong(subject, ACCOUNT, use=use, detail="403")
        case RouteMissing():
            register.wrong(f"{at}.path", ACCOUNT, detail="404: unknown address")
        case MethodRefused():
            spec = table.login if error.call == LOGIN else table.calls[call]
            other = "GET" if spec.verb == "POST" else "POST"
            register.wrong(f"{at}.verb", ACCOUNT, use=other, detail="405")
            if error.call != LOGIN:
                changed = {"verb": other} | ({"style": "query"} if other == "GET" else {})
                correct(correction, call, changed)
        case NotFoundInClinicea():
            settled = table.calls[call].not_found == "nothing"
            use = "nothing" if settled else ""
            detail = "404" if settled else f"404, like an address that does not exist: {_ASK_NOTHING}"
            register.wrong(f"{at}.not_found", ACCOUNT, use=use, detail=detail, assumption="empty lists are not errors")
        case Rejected():
            assumption = "Clinicea accepts what is sent"
            detail = f"refused with status {error.status}: a parameter's name or form is not as assumed"
            register.wrong(f"{at}.accepted", ACCOUNT, detail=detail, assumption=assumption)
        case UnexpectedAnswer():
            register.wrong(f"answers.{call}", ACCOUNT, detail=str(error))
        case _:
            register.unchecked(f"permission.{call}", ACCOUNT, type(error).__name__)


def role_with(call: str) -> str:
    """Return what to use instead of a role without permission for a call."""
    return f"a role with the permission for {call}" + (", or ReadBacks=false" if call == Endpoint.BY_PATIENT else "")


def correct(
    correction: dict[str, Any], call: Endpoint, changed: Mapping[str, Any], evidence: Evidence = "confirmed"
) -> None:
    """Add a change to the correction of a call, with its evidence."""
    part: dict[str, Any] = correction.setdefault("calls", {}).setdefault(call.value, {})
    part.update(laid_over(part, changed))
    part.setdefault("evidence", {}).update(dict.fromkeys(changed, evidence))
