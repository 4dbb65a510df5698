"""`connector doctor`: checks an account and writes the corrected call table. See docs/doctor.md."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from commands import cli_support
from commands.cli_support import Output, Read
from commands.confirming import NotConfirmed, confirmed, require_terminal
from commands.doctor import account as accounts
from commands.doctor import fetching, report
from commands.doctor.account import Account
from commands.doctor.asking import Asker
from commands.doctor.booking import TestSlot, book_test, not_made
from commands.doctor.checks import Checks
from commands.doctor.compare import compare
from commands.doctor.findings import Register, Verdict
from commands.doctor.probing import Probes, Services
from commands.doctor.zones import KnownVisit
from commands.explaining import REFUSED, explained
from commands.target import Target
from convox_clinicea.clinicea import CallTable, Endpoint
from convox_clinicea.clinicea.transport import RequestsTransport
from convox_clinicea.clinicea.wire import Transport
from convox_clinicea.deadline import Clock, SystemClock
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.mobile import InvalidMobile, Mobile, parse_mobile
from convox_clinicea.settings import packed

WRITTEN = Path("call-table.json")
WHAT_IS_BOOKED = "make a real appointment, which only a person can cancel in Clinicea"


class _Refused(Exception):
    """The options contradict each other."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        raise ValueError("must be a time zone such as Asia/Kolkata") from None
    return name


FILE = click.Path(path_type=Path)
ZONE = Read("zone", _zone)
TIME = Read("YYYY-MM-DDTHH:MM", datetime.fromisoformat)


@cli_support.verb(
    "doctor",
    f"doctor --url {accounts.DEFAULT_URL}",
    "doctor --stack convox-clinicea --all",
    "doctor --mobile - --book-test --clinic C-01 --start 2026-12-01T10:00",
    changes=True,
)
@click.option("--url", help=f"Before any deployment: {accounts.DEFAULT_URL}.")
@click.option(
    "--authentication", type=click.Choice(["api_key", "staff_session"]), default="api_key", help="With --url."
)
@click.option("--country", default="IN", help="With --url: the country of numbers without a code.")
@click.option("--time-zone", type=ZONE, default=accounts.DEFAULT_ZONE, help="With --url: the clinics'.")
@click.option("--call-table", type=FILE, help="With --url: your call table as it is now.")
@click.option("--swagger", type=FILE, multiple=True, help="A saved document; may be repeated.")
@click.option(
    "--mobile", envvar="MOBILE", help="A registered patient's number, or MOBILE; - reads it from the terminal."
)
@click.option("--patient-id", metavar="ID", help="Which patient, where several have that number.")
@click.option("--known-visit", type=TIME, help="A visit of that patient, by Clinicea's screen.")
@click.option("--staff-zone", type=ZONE, help="The staff user's time zone, where it is not the clinic's.")
@click.option("--fixed", multiple=True, metavar="CALL.NAME=VALUE", help="A value that is always sent.")
@click.option("--book-test", is_flag=True, help="Make a test appointment, really; asks before it does.")
@click.option("--clinic", metavar="ID", help="With --book-test: the clinic.")
@click.option("--service", metavar="ID", help="The usual service, where Clinicea books services by their ids.")
@click.option("--start", type=TIME, help="With --book-test: in the clinic's time.")
@click.option("--practitioner", metavar="ID", help="With --book-test.")
@click.option("--all", "everything", is_flag=True, help="List what is confirmed too.")
@click.option("--show", is_flag=True, help="Print patients' data too.")
@click.option("--write", type=FILE, default=WRITTEN, help=f"The corrected call table; default: {WRITTEN}.")
def doctor(out: Output, *, stack: str, **options: Any) -> int:
    """Check what is assumed about a Clinicea account.

    It checks the stack's account or, with --url, one before any deployment. Only --book-test changes anything.
    The exit code is 1 if something is wrong, 2 if the account or a setting cannot be read.
    """
    wanted = SimpleNamespace(**options)
    clock = SystemClock()
    target: Target | None = None
    try:
        target = None if wanted.url else _target(out, stack)
        account = _account(wanted, target, clock)
        return Doctor(out, account, wanted, clock).run()
    except InvalidMobile as error:
        out.error(f"doctor: --mobile {error}")
    except (ConfigurationError, NotConfirmed, _Refused) as error:
        out.error(f"doctor: {error}")
    except REFUSED as error:
        out.error(f"doctor: the stack cannot be read: {explained(error, target)}")
    return cli_support.COULD_NOT_ASK


def _target(out: Output, stack: str) -> Target:
    """Find the stack, and print its account and region."""
    target = Target.find(stack)
    if not target.endpoint:
        out.note(target.address())
    return target


def _account(wanted: SimpleNamespace, target: Target | None, clock: Clock) -> Account:
    if target is None:
        return accounts.before_deployment(
            wanted.url, wanted.authentication, wanted.country, wanted.time_zone, wanted.call_table, os.environ, clock
        )
    return accounts.of_stack(target, os.environ, clock)


class Doctor:
    """One run."""

    def __init__(self, out: Output, account: Account, wanted: SimpleNamespace, clock: Clock) -> None:
        self._out = out
        self._account = account
        self._wanted = wanted
        self._clock = clock
        self._transport: Transport = RequestsTransport(account.url)
        self._table = CallTable.build(packed("call_table"), account.replacement)
        self._register = Register(self._table)
        self._correction: dict[str, Any] = {}
        self._made: str | None = None
        self._not_done = ""

    def run(self) -> int:
        """Compare, check, print and write; return the exit code."""
        mobile, slot, fixed = self._mobile(), self._slot(), _fixed(self._wanted.fixed)
        visit = KnownVisit(self._wanted.known_visit, self._wanted.staff_zone)
        documents = fetching.from_files(self._wanted.swagger, self._register)
        if not self._wanted.swagger:
            specs = [self._table.login, *(self._table.calls[call] for call in self._table.flows.needed())]
            versions = {spec.version for spec in specs}
            documents = fetching.fetch(self._transport, versions, self._clock, self._register)
        self._correction |= compare(self._table, documents, self._register, fixed)
        lines = []
        if self._account.credentials is not None:
            asker = Asker(self._account, self._transport, self._correction, self._register, self._clock)
            services = Services(self._wanted.clinic, self._wanted.service)
            Probes(asker, documents, fixed, services).run(self._clock.now())
            checks = Checks(asker)
            patient_id = checks.run(mobile, self._wanted.patient_id, self._now(), visit)
            if slot is not None:
                self._book(slot, patient_id, asker, checks)
            if self._wanted.show:
                lines = [*report.shown(checks.seen), *_answer(asker)]
        return self._report(lines)

    def _now(self) -> datetime:
        return self._clock.now().astimezone(self._account.clinics.zone(None))

    def _mobile(self) -> Mobile | None:
        text = self._wanted.mobile
        if text == "-":
            text = _typed("A registered patient's mobile number: ")
        return parse_mobile(text, default_country=self._account.country) if text else None

    def _slot(self) -> TestSlot | None:
        wanted = self._wanted
        if not wanted.book_test:
            return None
        if self._account.credentials is None or not wanted.clinic or wanted.start is None:
            raise _Refused("--book-test needs credentials, --clinic and --start")
        if not (wanted.mobile or wanted.patient_id):
            raise _Refused("--book-test needs one patient: --mobile or --patient-id")
        start = wanted.start
        if start.tzinfo is None:
            start = start.replace(tzinfo=self._account.clinics.zone(wanted.clinic))
        if start <= self._clock.now():
            raise _Refused("--start is in the past")
        if not wanted.yes:
            require_terminal(WHAT_IS_BOOKED)
        return TestSlot(wanted.clinic, start, wanted.practitioner)

    def _book(self, slot: TestSlot, patient_id: str | None, asker: Asker, checks: Checks) -> None:
        if patient_id is None:
            self._not_done = not_made(asker, "not made: the search did not find exactly one patient")
            return
        at = f"{slot.start:%Y-%m-%d %H:%M}"
        where = f"{self._account.name}: {self._account.url}, at {at}; Clinicea may message the patient"
        if not confirmed(where, WHAT_IS_BOOKED, yes=self._wanted.yes, say=self._out.note):
            return
        self._made = book_test(slot, patient_id, asker, checks, self._wanted.staff_zone)

    def _report(self, lines: list[str]) -> int:
        findings = self._register.all()
        corrected = self._corrected()
        self._out.line(f"{self._account.name}: {self._account.url}, {self._account.scheme}\n")
        for line in [*report.as_table(findings, everything=self._wanted.everything), *lines]:
            self._out.line(line)
        if self._made:
            self._out.line(f"\nThe test appointment is {self._made}: cancel it in Clinicea.")
        if corrected:
            self._out.line(_NEXT.format(path=self._wanted.write, stack=self._account.stack))
        self._out.document(report.for_programs(self._account.name, findings, corrected))
        if self._not_done:
            self._out.error(f"doctor: {self._not_done}")
        return 1 if any(each.verdict is Verdict.WRONG for each in findings) else 2 if self._not_done else 0

    def _corrected(self) -> dict[str, Any]:
        """Write the corrected call table, if there is one; a failure does not prevent the report."""
        if not self._correction:
            return {}
        try:
            corrected = report.document(self._account.replacement, self._correction, self._now().date())
            self._wanted.write.write_text(json.dumps(corrected, indent=2) + "\n")
        except ConfigurationError as error:
            self._not_done = f"no call table is written: {error}"
            return {}
        except OSError as error:
            self._not_done = f"{self._wanted.write} cannot be written: {error.strerror}"
        return corrected


_NEXT = """
The corrected call table is {path}. Store it, and deploy with it:
  aws ssm put-parameter --name /{stack}/call-table --type String --tier Intelligent-Tiering --overwrite --value file://{path}
  make deploy PARAMETERS="CallTable=ssm:/{stack}/call-table\""""


def _typed(question: str) -> str:
    """Prompt on the terminal, because standard output is for the report; empty without a terminal."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _answer(asker: Asker) -> list[str]:
    text = asker.text(Endpoint.POST_BY_PATIENT)
    return [f"  Clinicea's answer to the test appointment: {text[:500]}"] if text else []


def _fixed(given: Sequence[str]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for each in given:
        place, equals, value = each.partition("=")
        call, dot, name = place.partition(".")
        if not (equals and dot and name):
            raise _Refused("--fixed is CALL.NAME=VALUE")
        values.setdefault(call, {})[name] = value
    return values
