"""What finds leaks is itself tested: it misses no spelling, and cries over nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import quote, quote_plus

import pytest

from tests.support import invented
from tests.support.leaks import found

NAME, NUMBER, NOTES = "Zanzibarina", "9999900041", "fears the violet dentist chair"


@pytest.mark.parametrize(
    ("canary", "text"),
    [
        (NAME, f"patient {NAME}"),
        (NAME, NAME.upper()),
        (NAME, NAME.lower()),
        (NAME, f"?name={NAME[:7]}"),
        (NAME, NAME[-6:]),
        (NAME, NAME[::-1]),
        (NAME, NAME.encode().hex()),
        *((NAME, base64.b64encode(b"-" * n + NAME.encode() + b"...").decode()) for n in range(5)),
        (NUMBER, base64.urlsafe_b64encode(f"+91{NUMBER}".encode()).decode()),
        ("Zoë Ärmel", json.dumps({"name": "Zoë Ärmel"})),
        ("Zoë Ärmel", json.dumps(json.dumps("Zoë Ärmel"))),
        ("Zoë Ärmel", quote("Zoë Ärmel")),
        ("Zoë Ärmel", "".join(f"%{byte:02X}" for byte in "Zoë Ärmel".encode())),
        (NOTES, quote(NOTES)),
        (NOTES, quote_plus(NOTES)),
        (NOTES, "a violet one"),
        ('9 "Periwinkle" Steps', json.dumps('9 "Periwinkle" Steps')),
        (NUMBER, "99999 00041"),
        (NUMBER, "(99999) 000-41"),
        (NUMBER, "9 9 9 9 9 0 0 0 4 1"),
        (NUMBER, "+919999900041"),
        (NUMBER, "9999900"),
        ("+919999900041", "national 9999900041"),
        ("+919999900041", hashlib.sha256(b"+919999900041").hexdigest()),
        ("+919999900041", hashlib.md5(b"9999900041").hexdigest()),
        ("1991-07-23", "born 23/07/1991"),
        ("1991-07-23", "19910723"),
        ("1991-07-23", "datetime.date(1991, 7, 23)"),
        ("1991-07-23", "23 July 1991"),
    ],
)
def test_a_leak_is_found_however_it_is_written(canary: str, text: str) -> None:
    assert found([canary], f"before {text} after") == [canary]


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"level":"INFO","location":"known:31","timestamp":"2031-03-03 12:00:00,123+0000","code":"invalid_request"}',
        "1901234567890 0.99999 2026-11-22T19:39:41.999Z c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "bk_wrehqb67rq3pui3kf4qnmxhcep dynamodb: ValidationException searchPatientByMobileNumber: status 400",
    ],
)
def test_what_a_log_line_may_say_is_no_leak(text: str) -> None:
    assert found(invented.CANARIES, text) == []
