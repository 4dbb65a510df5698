"""Gets Clinicea's Swagger documents, from the network or from saved files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from commands.doctor.findings import DOCUMENT, Register
from commands.doctor.swagger import Document, NotSwagger, read
from convox_clinicea.clinicea.wire import NoAnswer, Transport, WireAnswer, WireRequest
from convox_clinicea.deadline import Clock, Deadline

SECONDS = 20.0
MOST_DOCUMENTS = 10
PERHAPS = ("v1", "v2", "v3", "v4")
PAGE = "/swagger/ui/index"
_DOCUMENTS = re.compile(rb"swagger/docs/([A-Za-z0-9._-]{1,20})")
SAVE_IT = "open it in a browser, save it, and give it as --swagger FILE"


def fetch(transport: Transport, expected: Iterable[str], clock: Clock, register: Register) -> list[Document]:
    """Fetch the documents of the versions on the Swagger page, and of the expected ones.

    Each request has its own deadline; a missing document is a finding, not an error.
    """
    page = _get(transport, PAGE, clock)
    listed = _DOCUMENTS.findall(page.body) if isinstance(page, WireAnswer) and page.status == 200 else []
    wanted = dict.fromkeys([*(each.decode() for each in listed), *sorted(expected)])
    documents = []
    for version in list(dict.fromkeys([*wanted, *PERHAPS]))[:MOST_DOCUMENTS]:
        answer = _get(transport, f"/swagger/docs/{version}", clock)
        if isinstance(answer, str):
            for each in wanted:
                _unread(register, each, answer)
            break  # without an answer here, there would be none to the next request
        if answer.status == 200:
            documents += _read(register, version, answer.body)
        elif version in wanted:
            _unread(register, version, f"status {answer.status}")
    return documents


def from_files(paths: Sequence[Path], register: Register) -> list[Document]:
    """Read saved documents; a file name such as `…v2.json` gives the version."""
    documents = []
    for path in paths:
        found = re.search(r"v[0-9]+", path.stem)
        version = found.group() if found else path.stem
        try:
            text = path.read_bytes()
        except OSError as error:
            _unread(register, version, f"the file cannot be read: {type(error).__name__}")
            continue
        documents += _read(register, version, text)
    return documents


def _get(transport: Transport, path: str, clock: Clock) -> WireAnswer | str:
    try:
        return transport.send(WireRequest("swagger", "GET", path), Deadline.after(clock, SECONDS))
    except NoAnswer as error:
        return f"no answer within {SECONDS:g} s" if error.timed_out else "no answer, or one over 8 MB"


def _read(register: Register, version: str, text: bytes) -> list[Document]:
    try:
        document = read(version, text)
    except NotSwagger as error:
        _unread(register, version, str(error))
        return []
    register.confirm(f"swagger.{version}", DOCUMENT, f"{len(document.operations)} operations", _assumption(version))
    return [document]


def _unread(register: Register, version: str, why: str) -> None:
    register.unchecked(f"swagger.{version}", DOCUMENT, f"{why}; {SAVE_IT}", _assumption(version))


def _assumption(version: str) -> str:
    return f"/swagger/docs/{version} is a Swagger document"
