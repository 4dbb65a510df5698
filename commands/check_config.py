"""`connector check-config`: checks the configuration documents before a deployment."""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import click

from commands import cli_support, deploy_file
from commands.cli_support import Output
from commands.explaining import REFUSED, explained
from commands.parameters import pairs, samconfig
from commands.schedule_remarks import remarks
from commands.target import DEFAULT_STACK, Target
from convox_clinicea.clinicea import CallTable
from convox_clinicea.clinicea.calls import of_schema_1
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.deployment_documents import Clinics, ConsentTexts
from convox_clinicea.errors import ConfigurationError, InvalidDocument
from convox_clinicea.schedules import Schedules
from convox_clinicea.settings import packed, replacement

Document = dict[str, Any]
MODERN_BOOKING = "book_known by modern calls"
ZONE = "UTC"
"""Zone of clinics without one, where the parameters name none either."""


@dataclass(frozen=True)
class Kind:
    """A configuration document.

    Attributes:
        parameter: the template's parameter with its source.
        check: returns a summary of the document, and remarks; gets the deployment's time zone. Raises
            ConfigurationError.
    """

    name: str
    parameter: str
    check: Callable[[Document | None, str], tuple[str, list[str]]]


def _call_table(document: Document | None, _zone: str) -> tuple[str, list[str]]:
    table = CallTable.build(packed("call_table"), document)
    modern = [f"{flow} by modern calls" for flow, dialect in table.flows.model_dump().items() if dialect == "modern"]
    told = [f"{len(table.calls)} calls, {len(table.flows.needed())} in use", *modern]
    if document is not None and of_schema_1(document):
        told.append('schema 1, with its old defaults; write "schema": 2 for the current ones')
    return "; ".join(told), []


def _clinics(document: Document | None, zone: str) -> tuple[str, list[str]]:
    clinics = Clinics.from_document(packed("clinics") if document is None else document, zone)
    schedules = Schedules.from_clinics(clinics)
    zones = sum(1 for each in clinics if each.time_zone)
    told = f"{len([*clinics])} clinics, {zones} of them with a time zone"
    told += f", {len(schedules)} with a schedule" if len(schedules) else ""
    return told, remarks(clinics, schedules, datetime.now(UTC).date())


def _dialect(document: Document | None, _zone: str) -> tuple[str, list[str]]:
    Dialects.from_document(document)
    callers = sorted((document or {}).get("callers", {}))
    return f"clients with their own: {', '.join(callers) or 'none'}", []


def _consent_texts(document: Document | None, _zone: str) -> tuple[str, list[str]]:
    written = packed("consent_texts") if document is None else document
    ConsentTexts.from_document(written, "")
    versions = written["versions"]
    languages = sorted({each["language"] for each in versions})
    return f"{len(versions)} versions, in {', '.join(languages)}", []


@dataclass(frozen=True)
class Deployed:
    """The stack's name and parameters to be deployed."""

    stack: str
    values: dict[str, str]


CALL_TABLE = Kind("call_table", "CallTable", _call_table)
CLINICS = Kind("clinics", "Clinics", _clinics)
DIALECT = Kind("dialect", "Dialect", _dialect)
CONSENT_TEXTS = Kind("consent_texts", "ConsentTexts", _consent_texts)
KINDS = (CALL_TABLE, CLINICS, DIALECT, CONSENT_TEXTS)


@dataclass(frozen=True)
class Finding:
    """Result for one document: its source, its summary, its problems; and remarks, which stop nothing."""

    name: str
    source: str
    holds: str = ""
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def check(kind: Kind, source: str, zone: str = ZONE) -> Finding:
    """Read and check one document; `source` is empty, a file, ``ssm:/…`` or ``s3://…``."""
    shown = source or "packed with the connector"
    try:
        holds, told = kind.check(_read(kind.name, source), zone)
        return Finding(kind.name, shown, holds=holds, remarks=tuple(told))
    except InvalidDocument as error:
        return Finding(kind.name, shown, problems=error.problems)
    except ConfigurationError as error:
        return Finding(kind.name, shown, problems=(str(error),))


def _read(name: str, source: str) -> Document | None:
    if not source or source.startswith(("ssm:/", "s3://")):
        return replacement(name, source)
    try:
        text = Path(source).read_text("utf-8")
    except FileNotFoundError:
        raise ConfigurationError("no such file") from None
    except UnicodeDecodeError:
        raise ConfigurationError("is not UTF-8 text") from None
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}") from None
    return _parsed(text)


def _parsed(text: str) -> Document:
    """Parse JSON like the functions, but refuse repeated keys."""
    try:
        document = json.loads(text, object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError):
        raise ConfigurationError("is JSON, but nested too deep or with a number too long to be read") from None
    if not isinstance(document, dict):
        raise ConfigurationError("is not a JSON object")
    return document


def _each_once(pairs: list[tuple[str, Any]]) -> Document:
    several = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if several:
        raise ConfigurationError(f"has a key twice in one object, and only the last counts: {', '.join(several)}")
    return dict(pairs)


def misplaced(deployed: Deployed) -> list[str]:
    """Return a line for each parameter with a source that the functions cannot read."""
    wrong = []
    values = {kind.parameter: deployed.values.get(kind.parameter, "") for kind in KINDS}
    for parameter, source in values.items():
        below = f"ssm:/{deployed.stack}/"
        bucket = deployed.values.get("DocumentsBucket", "")
        if source.startswith("ssm:/") and not source.startswith(below):
            wrong.append(f"{parameter}: must lie below {below}, where the functions may read")
        elif source.startswith("s3://") and source.removeprefix("s3://").partition("/")[0] != bucket:
            wrong.append(f"{parameter}: must lie in DocumentsBucket, which is {bucket or 'not named'}")
        elif source and not source.startswith(("ssm:/", "s3://")):
            wrong.append(f"{parameter}: must be empty, ssm:/{deployed.stack}/<name> or s3://<DocumentsBucket>/<key>")
    named = Counter(source for source in values.values() if source)
    wrong += [f"{source}: is used for more than one document" for source, count in named.items() if count > 1]
    return wrong


def unfit(deployed: Deployed, call_table: Finding) -> list[str]:
    """Return a line for each parameter that contradicts others or the call table."""
    values = deployed.values
    wrong = []
    if values.get("LookupStart") == "snapstart" and values.get("Python") == "3.11":
        wrong.append("LookupStart: snapstart needs Python 3.12 or newer")
    if values.get("ReadBacks") == "false" and MODERN_BOOKING in call_table.holds:
        why = "createAppointment answers an id without a start, which only a read-back can settle"
        wrong.append(f"ReadBacks: must be true where flows.book_known is modern, for {why}")
    return wrong


def show(out: Output, findings: list[Finding], wrong_parameters: list[str]) -> None:
    """Print a line for each document, and one for each problem and remark."""
    for finding in findings:
        count = len(finding.problems)
        verdict = f"in order ({finding.holds})" if not count else f"{count} problem{'s' if count > 1 else ''}"
        out.line(f"{finding.name:<10} {finding.source}: {verdict}")
        for line in (*finding.problems, *(f"remark: {each}" for each in finding.remarks)):
            out.line(f"    {line}")
    if wrong_parameters:
        out.line("parameters")
        for problem in wrong_parameters:
            out.line(f"    {problem}")
    out.document({"documents": [asdict(each) for each in findings], "parameters": wrong_parameters})


def _to_be_deployed(given: Sequence[str]) -> Deployed:
    """Return the stack's name and parameters: as given, else from deploy.toml, else from samconfig.toml."""
    file, kept = deploy_file.read(deploy_file.path()), samconfig(deploy_file.ROOT / "samconfig.toml")
    return Deployed(file.stack or kept.stack or DEFAULT_STACK, kept.values | file.parameters | pairs(given))


def _speak_to(out: Output, target: Target) -> None:
    """Set the environment of the layer's clients to the stack's account and region, and print these."""
    out.note(target.address())
    os.environ["AWS_DEFAULT_REGION"] = target.region
    if target.profile:
        os.environ["AWS_PROFILE"] = target.profile


def _source(kind: Kind) -> Callable[[Callable[..., int]], Callable[..., int]]:
    meant = "A file, ssm:/… or s3://…; default: the parameter's."
    return click.option(f"--{kind.name.replace('_', '-')}", metavar="SOURCE", help=meant)


@cli_support.verb(
    "check-config",
    "check-config --dialect dialect.json",
    "check-config Dialect=ssm:/convox-clinicea/dialect",
    on_a_stack=False,
)
@_source(CALL_TABLE)
@_source(CLINICS)
@_source(DIALECT)
@_source(CONSENT_TEXTS)
@click.argument("parameters", nargs=-1, metavar="[Name=value]...")
def check_config(out: Output, parameters: Sequence[str], **given: str | None) -> int:
    """Check the call table, clinics, dialect and consent texts that a deployment would use.

    Their sources come from deploy.toml; Name=value overrides its parameters. The exit code is 1 if one has a problem,
    2 if there is nothing to check.
    """
    try:
        deployed = _to_be_deployed(parameters)
        sources = {kind: given[kind.name] or deployed.values.get(kind.parameter, "") for kind in KINDS}
        if any(source.startswith(("ssm:/", "s3://")) for source in sources.values()):
            _speak_to(out, Target.on_aws())
    except REFUSED as error:
        out.error(explained(error, None))
        return cli_support.COULD_NOT_ASK
    named = deployed.values.get("TimeZone", "")
    zone = named if named in available_timezones() else ZONE
    findings = {kind.name: check(kind, source, zone) for kind, source in sources.items()}
    wrong_parameters = misplaced(deployed) + unfit(deployed, findings["call_table"])
    show(out, [*findings.values()], wrong_parameters)
    return int(bool(wrong_parameters) or any(finding.problems for finding in findings.values()))
