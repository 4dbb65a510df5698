"""What an operator types wrongly is told before anything is asked; nothing found is never the answer to a typo."""

from __future__ import annotations

import sys

import pytest

from commands import bookings, disclosures, holds, reconcile, redrive, resolve, restore

COMMANDS = {
    "bookings": bookings.main,
    "disclosures": disclosures.main,
    "holds": holds.main,
    "reconcile": reconcile.main,
    "redrive": redrive.main,
    "resolve": resolve.main,
    "restore": restore.main,
}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("disclosures --day 2026-13-45", "a day is such as 2026-12-01"),
        ("disclosures --day tomorrow", "a day is such as 2026-12-01"),
        ("disclosures", "PATIENT=, AGENT=, CALL= or DAY="),
        ("disclosures --client convox --since tuesday", "a moment is such as 2026-12-01"),
        ("disclosures --client convox --not-from 203.0.113.300", "addresses are such as 203.0.113.0/24"),
        ("disclosures --patient P-1 --agent a-1", "not allowed with argument"),
        ("reconcile --day 26-11-2026", "a day is such as 2026-12-01"),
        ("bookings --older 5", "a duration is such as 45m, 12h or 3d"),
        ("bookings --state open", "invalid choice"),
        ("redrive --go", 'WHY="…" (--why) is missing'),
        ("redrive --go --why x", 'WHY="x" (--why) is too short: at least 3 characters'),
        ("redrive --id bk_x --older 3d", "ID=… (--id) names the bookings; REASON= and OLDER="),
        ("resolve --as rejected --why because", "ID=bk_… (--id) is missing"),
        ("resolve --id bk_x --why because", "AS=booked or AS=rejected (--as) is missing"),
        ("resolve --id bk_x --as maybe --why because", "AS=booked or AS=rejected (--as), not maybe"),
        ("resolve --id bk_x --as booked --why because", "AS=booked needs APPOINTMENT=… (--appointment)"),
        ("resolve --id bk_x --as rejected --appointment A-1 --why because", "AS=rejected takes neither APPOINTMENT="),
        ("resolve --id bk_x --as rejected", 'WHY="…" (--why) is missing'),
        ("resolve --id bk_x --as rejected --why x", 'WHY="x" (--why) is too short'),
        ("holds --erase --why x", 'WHY="x" (--why) is too short'),
        ("restore", "FROM=<table> (--from) is missing"),
        ("restore --from ledger-restored --go", 'WHY="…" (--why) is missing'),
    ],
)
def test_it_says_what_is_wrong(
    typed: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *_ = words = typed.split()
    monkeypatch.setattr(sys, "argv", words)

    with pytest.raises(SystemExit) as ended:
        COMMANDS[name]()

    said = capsys.readouterr().err
    assert (ended.value.code, told in said, f"usage: {name}" in said) == (2, True, True), said
