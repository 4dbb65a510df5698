"""The usual handler asks Clinicea what the connector asks; else the two would not be compared."""

from __future__ import annotations

import json

from bench.runtime import ROOT

USUAL = (ROOT / "bench" / "usual" / "app.py").read_text("utf-8")
TABLE = json.loads((ROOT / "layers/connector/convox_clinicea/documents/call_table.json").read_text("utf-8"))


def test_it_searches_at_the_address_of_the_call_table() -> None:
    search = TABLE["calls"]["searchPatientByMobileNumber"]

    assert f'{search["path"].replace("{version}", search["version"])}"' in USUAL
    for name in search["parameters"].values():
        assert f'"{name}": ' in USUAL
    assert (search["country_code_format"], '"+91"' in USUAL) == ("plus", True)
