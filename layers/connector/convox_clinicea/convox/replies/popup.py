"""Search and completed appointments in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convox_clinicea.convox.replies.answer import SUCCESS
from convox_clinicea.convox.replies.completed import completed
from convox_clinicea.convox.replies.search import match
from convox_clinicea.mobile import Mobile
from convox_clinicea.patients.popup import PopUp

if TYPE_CHECKING:  # the shapes are for the type checker and for docs/openapi.json; a cold start needs none
    from convox_clinicea.convox import answers

_NO_ANSWER = "The clinic's system did not answer in time. Ask who is calling, and search again."
_NO_NUMBER = "The caller's number is withheld or internal. Ask who is calling, and search by the number that is told."
_NO_VISITS = "The clinic's system did not show the last visits in time."


def popup(found: PopUp, mobile: Mobile) -> answers.PopUp:
    """The match and, for one patient, the completed appointments; degraded where Clinicea left something out."""
    who = None if found.match is None else match(found.match, mobile)
    visits = None if found.appointments is None else completed(found.appointments)
    said = [part["message"] for part in (who, visits) if part is not None]
    if found.degraded:
        said.append(_NO_VISITS if found.match else _NO_ANSWER)
    return {
        "status": SUCCESS,
        "message": " ".join(said),
        "match": None if who is None else who["match"],
        "patients": [] if who is None else who["patients"],
        "appointments": None if visits is None else visits["appointments"],
        "degraded": found.degraded,
    }


def no_number() -> answers.PopUp:
    """Nobody: the exchange did not tell who is calling, which no sender can correct."""
    return {
        "status": SUCCESS,
        "message": _NO_NUMBER,
        "match": "none",
        "patients": [],
        "appointments": None,
        "degraded": False,
    }
