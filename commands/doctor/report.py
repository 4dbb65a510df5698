"""The report for people and for programs, and the corrected call table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from commands.doctor.checks import Seen
from commands.doctor.findings import Finding, Verdict
from convox_clinicea.clinicea.call_table import NOTHING_REPLACED, CallTable, laid_over
from convox_clinicea.clinicea.calls import LOGIN, Endpoint
from convox_clinicea.settings import packed

SCHEMA = 1


def document(replacement: Mapping[str, Any] | None, correction: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return the deployer's call table with the corrections: only differences from the packed one.

    A call with evidence from the account has the day of that evidence.

    Raises:
        ConfigurationError: the result is no call table.
    """
    corrected = laid_over(replacement or NOTHING_REPLACED, correction)
    for call, part in correction.get("calls", {}).items():
        if "confirmed" in part.get("evidence", {}).values():
            corrected["calls"][call] = {**corrected["calls"][call], "confirmed_on": today.isoformat()}
    CallTable.build(packed("call_table"), corrected)
    return corrected


def for_programs(account: str, findings: Sequence[Finding], corrected: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report for programs."""
    listed = [
        {
            "subject": each.subject,
            "assumption": each.assumption,
            "verdict": each.verdict.value,
            "use": each.use or None,
            "detail": each.detail or None,
            "by": each.by or None,
        }
        for each in findings
    ]
    whole = {"schema": SCHEMA, "account": account, "counts": _counts(findings), "findings": listed}
    return {**whole, "call_table": corrected or None}


def as_table(findings: Sequence[Finding], *, everything: bool = False) -> Iterator[str]:
    """Yield the report's lines, one for each finding, grouped by call.

    Args:
        everything: whether to list confirmed findings, too; otherwise they are only counted.
    """
    groups: dict[str, list[Finding]] = {}
    for each in findings:
        if each.verdict is Verdict.CONFIRMED and not everything:
            continue
        groups.setdefault(_group(each.subject), []).append(each)
    for title, members in groups.items():
        yield title
        yield from (_line(each) for each in members)
        yield ""
    counts = _counts(findings)
    hint = "" if everything else " (confirmed ones are listed with --all)"
    yield "; ".join(f"{counts[verdict.value]} {verdict.value}" for verdict in Verdict) + hint


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    counted = Counter(each.verdict.value for each in findings)
    return {verdict.value: counted[verdict.value] for verdict in Verdict}


def _group(subject: str) -> str:
    for call in sorted((LOGIN, *Endpoint), key=len, reverse=True):
        if call in subject:
            return str(call)
    first = subject.split(".")[0]
    if first in ("swagger", "flows"):
        return first.capitalize()
    return LOGIN if first in ("login", "credentials") else "Behaviour"


def _line(finding: Finding) -> str:
    told = f": use {finding.use}" if finding.use else ""
    told += f"; {finding.detail}" if finding.detail else ""
    by = f"  ({finding.by})" if finding.by else ""
    return f"  {finding.verdict.value:<17}  {finding.assumption}{told}{by}"


def shown(seen: Seen) -> Iterator[str]:
    """Yield the results of the reads with patients' data, for `--show` only."""
    for patient in seen.patients:
        name = patient.full_name.reveal() if patient.full_name else "no name"
        yield f"  patient {patient.patient_id}: {name}, last visit {patient.last_visit or 'not known'}"
    for title, appointments in (("completed", seen.completed), ("listed", seen.appointments)):
        for each in appointments:
            what = each.service.reveal() if each.service else "no service"
            where = each.clinic_name or each.clinic_id or "clinic not told"
            yield f"  {title} {each.appointment_id}: {each.start or 'no time'}, {what}, {where}, {each.status}"
