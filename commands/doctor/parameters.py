"""Compares a call's parameters with its Swagger operation's: names, places, style, values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commands.doctor.findings import DOCUMENT, Register
from commands.doctor.swagger import Parameter
from commands.doctor.words import Guess, bare, guess
from convox_clinicea import new_patient
from convox_clinicea.clinicea.call_table import CallSpec

OPTIONAL = new_patient.OPTIONAL | {"practitioner_id", "service", "notes", "mobile"}
"""Parameters that a booking can do without."""


def compare_parameters(
    at: str,
    spec: CallSpec,
    taken: Sequence[Parameter],
    verb: str,
    register: Register,
    values: Mapping[str, str],
) -> dict[str, Any]:
    """Return the corrections of an entry of the call table: style, parameters, places, fixed values."""
    if not taken:
        return _nothing_described(at, spec, verb, register)
    style = _style(taken)
    corrected: dict[str, Any] = {}
    if style == spec.style:
        register.confirm(f"{at}.style", DOCUMENT)
    elif verb == "GET" and style != "query":
        register.wrong(f"{at}.style", DOCUMENT, detail="a GET with a body, which the connector does not send")
        style = "query"
    else:
        register.wrong(f"{at}.style", DOCUMENT, use=style)
        corrected["style"] = style
    names = _Names(at, spec, taken, register)
    names.match()
    corrected |= names.corrections(values)
    used = {*names.theirs.values(), *corrected.get("fixed", {}), *spec.fixed}
    places = {
        each.name: each.place for each in taken if each.name in used and each.place != style and each.place in _APART
    }
    if places != spec.places:
        corrected["places"] = places
        for name, place in places.items():
            if spec.places.get(name) != place:
                register.wrong(
                    f"{at}.places.{name}", DOCUMENT, use=place, assumption=f"{name} goes where the others go"
                )
    return corrected


_APART = ("query", "header", "path")


def _style(taken: Sequence[Parameter]) -> str:
    """Return the style of the parameters: a body's, if there is a body."""
    found = {each.place for each in taken}
    return "json" if "json" in found else "form" if "form" in found else "query"


def _nothing_described(at: str, spec: CallSpec, verb: str, register: Register) -> dict[str, Any]:
    register.unchecked(f"{at}.style", DOCUMENT, "the document shows no parameters")
    for ours in spec.parameters:
        register.unchecked(f"{at}.parameters.{ours}", DOCUMENT, "the document shows no parameters")
    return {"style": "query"} if verb == "GET" and spec.style != "query" else {}


class _Names:
    """Mapping of Clinicea's names to ours, in one call."""

    def __init__(self, at: str, spec: CallSpec, taken: Sequence[Parameter], register: Register) -> None:
        self._at = at
        self._spec = spec
        self._taken = {each.name: each for each in taken}
        self._register = register
        self._wanted = {ours: theirs for ours, theirs in spec.parameters.items() if theirs is not None}
        self._doubt: dict[str, Guess] = {}
        self.theirs: dict[str, str] = {}

    def match(self) -> None:
        """Find each name: as assumed, else by its words, else the only one left."""
        self.theirs = {ours: theirs for ours, theirs in self._wanted.items() if theirs in self._taken}
        for _ in range(3):  # each found name may determine another
            for ours in [each for each in self._wanted if each not in self.theirs]:
                found = guess(ours, [self._wanted[ours]], self._left())
                self._doubt[ours] = found
                if found.name is not None:
                    self.theirs[ours] = found.name
        lacking = [ours for ours in self._wanted if ours not in self.theirs and ours not in OPTIONAL]
        left = [name for name in self._left() if self._taken[name].required and self._taken[name].value is None]
        if len(lacking) == len(left) == 1 and not self._doubt[lacking[0]].candidates:
            self.theirs[lacking[0]] = left[0]

    def _left(self) -> list[str]:
        used = {*self.theirs.values(), *self._spec.fixed}
        return [name for name in self._taken if name not in used]

    def corrections(self, values: Mapping[str, str]) -> dict[str, Any]:
        """Record the finding about each name; return the corrected parts of the entry."""
        parameters = self._parameters()
        fixed = self._fixed(values)
        choices = self._values()
        parts = {"parameters": parameters, "fixed": fixed, "values": choices}
        return {name: part for name, part in parts.items() if part}

    def _parameters(self) -> dict[str, str | None]:
        corrected: dict[str, str | None] = {}
        for ours, assumed in self._wanted.items():
            subject = f"{self._at}.parameters.{ours}"
            theirs = self.theirs.get(ours)
            doubt = self._doubt.get(ours, Guess())
            if theirs is not None:
                needed = ours in OPTIONAL and self._taken[theirs].required
                detail = "Clinicea requires it: the agents' form must" if needed else ""
                if theirs == assumed:
                    self._register.confirm(subject, DOCUMENT, detail)
                else:
                    detail = detail or ("only capitals or separators differ" if bare(theirs) == bare(assumed) else "")
                    self._register.wrong(subject, DOCUMENT, use=theirs, detail=detail)
                    corrected[ours] = theirs
            elif doubt.candidates:
                self._register.unchecked(subject, DOCUMENT, "not there; perhaps " + " or ".join(doubt.candidates))
            elif ours in OPTIONAL:
                self._register.wrong(
                    subject, DOCUMENT, use="null (not sent)", detail="Clinicea takes no such parameter"
                )
                corrected[ours] = None
            else:
                self._register.wrong(subject, DOCUMENT, detail="Clinicea's document has no such parameter")
        return corrected

    def _fixed(self, values: Mapping[str, str]) -> dict[str, str | None]:
        corrected: dict[str, str | None] = {}
        for name, value in self._spec.fixed.items():
            if value is None:
                continue
            subject = f"{self._at}.fixed.{name}"
            if name in self._taken:
                self._register.confirm(subject, DOCUMENT)
                continue
            found = guess(name, [name], self._left()).name
            corrected[name] = None
            if found is None:
                self._register.wrong(
                    subject, DOCUMENT, use="null (not sent)", detail="Clinicea takes no such parameter"
                )
            else:
                self._register.wrong(subject, DOCUMENT, use=found)
                corrected[found] = value
        sent = {*self.theirs.values(), *corrected, *self._spec.fixed}
        for each in self._taken.values():
            if each.required and each.name not in sent:
                corrected |= self._further(each, values.get(each.name, each.value))
        return corrected

    def _further(self, needed: Parameter, value: str | None) -> dict[str, str | None]:
        subject = f"{self._at}.fixed.{needed.name}"
        assumption = f"{needed.name} is not sent"
        if value is None:
            call = self._at.removeprefix("calls.")
            detail = f"Clinicea requires {needed.name}; run again with --fixed {call}.{needed.name}=<its value>"
            self._register.wrong(subject, DOCUMENT, detail=detail, assumption=assumption)
            return {}
        self._register.wrong(subject, DOCUMENT, use=value, detail="Clinicea requires it", assumption=assumption)
        return {needed.name: value}

    def _values(self) -> dict[str, dict[str, str]]:
        """Return the words of parameters with listed values."""
        corrected: dict[str, dict[str, str]] = {}
        for ours, known in self._spec.values.items():
            choices = self._taken[self.theirs[ours]].choices if ours in self.theirs else ()
            if not choices:
                continue
            if set(known.values()) <= set(choices):
                self._register.confirm(f"{self._at}.values", DOCUMENT)
                continue
            better = {ourself: _choice(ourself, choices) for ourself in known}
            found = {ourself: theirs for ourself, theirs in better.items() if theirs is not None}
            lacking = sorted(set(known) - set(found))
            detail = f"nothing listed fits {', '.join(lacking)}" if lacking else ""
            use = ", ".join(f"{ourself}: {theirs}" for ourself, theirs in found.items())
            self._register.wrong(f"{self._at}.values", DOCUMENT, use=use, detail=detail)
            corrected[ours] = found
        return corrected


def _choice(word: str, choices: Sequence[str]) -> str | None:
    """Return the listed choice that equals the word, else the only one with its first letter."""
    same = [each for each in choices if bare(each) == bare(word)]
    alike = [each for each in choices if bare(each)[:1] == bare(word)[:1]]
    return same[0] if same else alike[0] if len(alike) == 1 else None
