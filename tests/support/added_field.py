"""A copy of the product that has one more field of a new patient, and bookings that bring it.

`python -m tests.support.added_field`, the copy's folder first in PYTHONPATH, books by the copy and prints what came
of the field as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

import convox_clinicea
from commands.doctor.parameters import OPTIONAL
from convox_clinicea.bookings.call_status import StatusReader
from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.requests import NewPatientBooking
from tests.support import events
from tests.support.account import aws_account
from tests.support.bench import Bench
from tests.support.bookings import START, new_body
from tests.support.dialects import PACKED, read
from tests.support.written import PLACE

TODAY = Path(convox_clinicea.__file__).parent
FIELD = "preferred_language"
EDITS = {
    "new_patient.py": (
        'FieldRules("email", "text", spared=True)] = None\n',
        'FieldRules("email", "text", spared=True)] = None\n'
        f'    {FIELD}: Annotated[PersonalText | None, FieldRules("name", "text", spared=True)] = None\n',
    ),
    "documents/call_table.json": ('"email": "Email",\n', f'"email": "Email", "{FIELD}": "Language",\n'),
    "documents/dialect.json": (
        '"email": {"email_id": "assumed"},\n',
        f'"email": {{"email_id": "assumed"}},\n    "{FIELD}": {{"lang": "site"}},\n',
    ),
}
"""The product's files that a new field touches, each with the text that it replaces and what stands there then."""


def written_to(folder: Path) -> Path:
    """Write the package with the field into the folder."""
    package = folder / "convox_clinicea"
    shutil.copytree(TODAY, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, after) in EDITS.items():
        text = (package / name).read_text("utf-8")
        assert text.count(before) == 1, (name, before)
        (package / name).write_text(text.replace(before, after), "utf-8")
    return folder


def _told(number: int, **changes: Any) -> dict[str, Any]:
    """A new patient's call; each number has its own call and its own start."""
    mobile, start = f"999990007{number}", START + timedelta(hours=number)
    return new_body(call_id=f"CALL-{number}", mobile=mobile, start=start.isoformat(), **changes)


def _callback(number: int, **changes: Any) -> Callback:
    body = _told(number, disposition="Appointment Booked", **changes)
    return StatusReader("convox", PACKED, PLACE, context_required=True).read(
        APIGatewayProxyEvent(events.call_status(body))
    )


def _sent(bench: Bench, booking: Booking | None) -> Any:
    """Work a booking; return the field as Clinicea got it, None if the parameter was not sent."""
    assert booking is not None
    bench.transport.sent.clear()
    bench.ends(booking)
    ((_, parameters),) = [each for each in bench.transport.sent if each[0] == "postAppointment"]
    return parameters.get("Language")


def _booked(bench: Bench) -> dict[str, Any]:
    request = read(NewPatientBooking, events.book_new(_told(1, **{FIELD: " Marathi&nbsp;"})))
    usable, unusable = _callback(2, lang="Konkani"), _callback(3, **{FIELD: "x" * 999})
    unbooked = _callback(4, **{FIELD: "Tamil"}, clinic_id=...)
    assert unbooked.said is not None
    return {
        "package": str(TODAY),
        "asked": _sent(bench, bench.accept(request.canonical("convox", PLACE))),
        "callback": _sent(bench, bench.callbacks.handle(usable).booking),
        "unusable": _sent(bench, bench.callbacks.handle(unusable).booking),
        "left_out": unusable.left_out,
        "kept": json.loads(unbooked.said.reveal()).get(FIELD),
        "documented": NewPatientBooking.model_json_schema()["properties"].get(FIELD),
        "doctor_may_lack_it": FIELD in OPTIONAL,
    }


if __name__ == "__main__":
    with aws_account():
        sys.stdout.write(json.dumps(_booked(Bench())))
