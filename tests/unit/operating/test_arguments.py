"""What an operator types wrongly is told before anything is asked; nothing found is never the answer to a typo."""

from __future__ import annotations

import json

import pytest

from commands.__main__ import main


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("disclosures --day 2026-13-45", "a day is such as 2026-12-01"),
        ("disclosures --day tomorrow", "a day is such as 2026-12-01"),
        ("disclosures", "--patient, --agent, --call, --client, --day: one of them is needed"),
        ("disclosures --client convox --since tuesday", "a moment is such as 2026-12-01"),
        ("disclosures --client convox --not-from 203.0.113.300", "addresses are such as 203.0.113.0/24"),
        ("disclosures --patient P-1 --agent a-1", "one of them is needed, and not more"),
        ("reconcile --day 26-11-2026", "a day is such as 2026-12-01"),
        ("bookings --older 5", "a duration is such as 45m, 12h or 3d"),
        ("bookings --state open", "'open' is not one of"),
        ("redrive --go", '--why "…" is missing'),
        ("redrive --go --why x", '--why "x" is too short: at least 3 characters'),
        ("redrive bk_x --older 3d", "give either IDs, or --reason and --older"),
        ("resolve --as rejected --why because", "Missing argument 'ID'"),
        ("resolve bk_x --why because", "Missing option '--as'"),
        ("resolve bk_x --as maybe --why because", "'maybe' is not one of 'booked', 'rejected'"),
        ("resolve bk_x --as booked --why because", "--as booked needs --appointment"),
        (
            "resolve bk_x --as rejected --appointment A-1 --why because",
            "--as rejected takes neither --appointment",
        ),
        ("resolve bk_x --as rejected", '--why "…" is missing'),
        ("resolve bk_x --as rejected --why x", '--why "x" is too short'),
        ("erase --why x", '--why "x" is too short'),
        ("restore", "Missing argument 'TABLE'"),
        ("holds --why because --patient P-1", "--why is for --full"),
        ("holds --full --why x", '--why "x" is too short'),
        ("rotate-token --drop --add", "--drop and --add exclude one another"),
        ("usage-key", "Missing option '--client'"),
        ("disclosures --client convox --after nonsense", "--after must be the value that the previous command printed"),
        ("doctor --time-zone Mars", "must be a time zone such as Asia/Kolkata"),
        ("restore ledger-restored --go", '--why "…" is missing'),
    ],
)
def test_it_says_what_is_wrong(typed: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *_ = words = typed.split()

    code = main(words)

    said = capsys.readouterr()
    assert (code, said.out, f"Usage: connector {name}" in said.err) == (2, "", True)
    assert told in " ".join(said.err.split())
    assert main([*words, "--json"]) == 2
    as_json = capsys.readouterr()
    assert told in json.loads(as_json.err)["error"]
    assert as_json.out == ""
