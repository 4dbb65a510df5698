"""Documents broken in every way, each told by `connector check-config` by place and in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.__main__ import main
from tests.support.documents import written

CALL = "searchPatientByMobileNumber"

BROKEN: dict[str, tuple[str, Any, str]] = {
    # what the file is
    "no JSON": ("dialect", "{'a': 1}", "is not JSON: line 1, column 2: Expecting property name"),
    "cut off": ("clinics", '{"schema": 1,\n "clinics": [', "is not JSON: line 2, column"),
    "a comma too many": ("clinics", '{"schema": 1,}', "is not JSON: line 1, column"),
    "a list": ("clinics", [], "is not a JSON object"),
    "a text": ("call_table", '"calls"', "is not a JSON object"),
    "nothing": ("dialect", "", "is not JSON: line 1, column 1"),
    "nested too deep": ("dialect", '{"a":' * 100_000, "nested too deep"),
    "a key twice": (
        "dialect",
        '{"aliases": {}, "aliases": {}}',
        "a key twice in one object, and only the last counts",
    ),
    "no UTF-8": ("dialect", b"\xff\xfe{", "is not UTF-8 text"),
    # clinics
    "clinics without a version": ("clinics", {"clinics": []}, "schema: is required"),
    "clinics of another version": ("clinics", {"schema": 2}, "schema: must be 1"),
    "clinics in an object": ("clinics", {"schema": 1, "clinics": {}}, "clinics: must be a list"),
    "a clinic without an id": (
        "clinics",
        {"schema": 1, "clinics": [{"name": "x"}]},
        "clinics.0.clinic_id: is required",
    ),
    "a clinic's odd id": (
        "clinics",
        {"schema": 1, "clinics": [{"clinic_id": "C 01"}]},
        "clinics.0.clinic_id: must match pattern",
    ),
    "a clinic's unknown field": (
        "clinics",
        {"schema": 1, "clinics": [{"clinic_id": "C", "timezone": "x"}]},
        "clinics.0.timezone: is not known here; known are clinic_id, name, address, time_zone",
    ),
    "a clinic's unknown zone": (
        "clinics",
        {"schema": 1, "clinics": [{"clinic_id": "C", "time_zone": "India"}]},
        "clinics.0.time_zone: is not an IANA time zone such as Asia/Kolkata",
    ),
    "a clinic's name that is a number": (
        "clinics",
        {"schema": 1, "clinics": [{"clinic_id": "C", "name": 5}]},
        "clinics.0.name: must be text",
    ),
    "a clinic twice": (
        "clinics",
        {"schema": 1, "clinics": [{"clinic_id": "C"}, {"clinic_id": "C"}]},
        "clinics: listed more than once: C",
    ),
    # call table
    "a call that there is not": (
        "call_table",
        {"calls": {"searchPatient": {}}},
        "calls.searchPatient: must be 'searchPatientByMobileNumber'",
    ),
    "a verb": ("call_table", {"calls": {CALL: {"verb": "PUT"}}}, f"calls.{CALL}.verb: must be 'GET' or 'POST'"),
    "a version": ("call_table", {"calls": {CALL: {"version": "2"}}}, f"calls.{CALL}.version: must match pattern"),
    "a path": ("call_table", {"calls": {CALL: {"path": "api/v2"}}}, f"calls.{CALL}.path: must match pattern"),
    "a parameter that there is not": (
        "call_table",
        {"calls": {CALL: {"parameters": {"phone": "x"}}}},
        f"calls.{CALL}.parameters: unknown parameter phone; known are",
    ),
    "a call's unknown field": (
        "call_table",
        {"calls": {CALL: {"method": "GET"}}},
        f"calls.{CALL}.method: is not known here; known are version, path, verb",
    ),
    "a GET with a body": ("call_table", {"calls": {CALL: {"style": "json"}}}, "style must be query"),
    "a page's size": (
        "call_table",
        {"calls": {"getAppointmentsByDate": {"page_size": 5}}},
        "calls.getAppointmentsByDate.page_size: must be greater than or equal to 10",
    ),
    "a date format": ("call_table", {"datetime_format": "%d.%m."}, "datetime_format: must be a strftime format"),
    "an evidence": (
        "call_table",
        {"calls": {CALL: {"evidence": {"path": "sure"}}}},
        f"calls.{CALL}.evidence.path: must be 'doc', 'live', 'code', 'assumed' or 'confirmed'",
    ),
    "a refusal's reason": (
        "call_table",
        {"refusals": [{"status": [400], "contains": "busy", "reason": "busy"}]},
        "refusals.0.reason: must be 'slot_taken'",
    ),
    "a refusal's text": (
        "call_table",
        {"refusals": [{"status": [400], "contains": "x", "reason": "slot_taken"}]},
        "refusals.0.contains: must have at least 3 characters",
    ),
    "status words that are a text": (
        "call_table",
        {"statuses": {"cancelled": "Cancelled"}},
        "statuses.cancelled: must be a list",
    ),
    "a lifetime": (
        "call_table",
        {"credentials": {"token_lifetime_minutes": 0}},
        "credentials.token_lifetime_minutes: must be greater than 0",
    ),
    "a table of another version": ("call_table", {"schema": 3}, "schema: must be 2"),
    "a table of schema 1 with parts of schema 2": (
        "call_table",
        {"flows": {"search": "modern"}},
        'flows: belongs to schema 2: write "schema": 2 and compare the rest with docs/clinicea.md',
    ),
    "a table of schema 2 with a part of schema 1": (
        "call_table",
        {"schema": 2, "datetime_format": "%Y-%m-%dT%H:%M:%S"},
        "datetime_format: belongs to schema 1; write times.stamp instead",
    ),
    "a modern booking without services": (
        "call_table",
        {"schema": 2, "flows": {"book_known": "modern"}},
        "flows.book_known is modern, which books services by their ids",
    ),
    # dialect
    "a dialect of another version": ("dialect", {"schema": 2}, "schema: must be 1"),
    "a dialect's unknown part": ("dialect", {"alias": {}}, "alias: is not known here; known are aliases, stands_in"),
    "a field that there is not": (
        "dialect",
        {"aliases": {"mobil": ["x"]}},
        "aliases.mobil: unknown field mobil; known are",
    ),
    "an alias that is a text": (
        "dialect",
        {"aliases": {"mobile": "x"}},
        "aliases.mobile: must be a list of names, or an object",
    ),
    "an alias that is a number": ("dialect", {"aliases": {"mobile": [1]}}, "aliases.mobile: must be a list of names"),
    "aliases in a list": ("dialect", {"aliases": []}, "aliases: must be an object"),
    "an alias's evidence": (
        "dialect",
        {"aliases": {"mobile": {"x": "3x"}}},
        "aliases.mobile.x: must be '2x', '1x', 'assumed' or 'site'",
    ),
    "an alias that is blank": ("dialect", {"aliases": {"mobile": [" "]}}, "aliases.mobile. : must be a name of"),
    "an alias that is long": (
        "dialect",
        {"aliases": {"mobile": ["x" * 65]}},
        "must be a name of 1 to 64 visible characters",
    ),
    "an alias in two lines": ("dialect", {"aliases": {"mobile": ["a\nb"]}}, "aliases.mobile.a?b: must be a name of"),
    "a name with two meanings": (
        "dialect",
        {"aliases": {"mobile": {"x": "site"}, "call_id": {"X": "site"}}},
        "aliases: X is an alias of mobile and of call_id; it may have one meaning",
    ),
    "a stand-in that there is not": (
        "dialect",
        {"stands_in": {"start": ["followup"]}},
        "stands_in.start.0: unknown field followup",
    ),
    "a stand-in that is a text": ("dialect", {"stands_in": {"start": "follow_up"}}, "stands_in.start: must be a list"),
    "an order of dates": ("dialect", {"date_order": "dd-mm-yyyy"}, "date_order: must be 'ymd', 'dmy' or 'mdy'"),
    "unknown words": (
        "dialect",
        {"words": {"consents": {}}},
        "words.consents: is not known here; known are missing, consent, gender, appointment",
    ),
    "no word for yes": ("dialect", {"words": {"consent": {"yes": []}}}, "words.consent.yes: must have at least 1 item"),
    "a word that means yes and no": (
        "dialect",
        {"words": {"consent": {"yes": ["ja"], "no": ["JA"]}}},
        "words.consent: JA has two meanings",
    ),
    "a word for two genders": (
        "dialect",
        {"callers": {"pune": {"words": {"gender": {"male": ["f"]}}}}},
        "callers.pune.words.gender: f has two meanings",
    ),
    "a gender that there is not": (
        "dialect",
        {"words": {"gender": {"w": ["w"]}}},
        "words.gender.w: must be 'male', 'female' or 'other'",
    ),
    "a caller's odd name": ("dialect", {"callers": {"a b": {}}}, "callers.a b: must match pattern"),
    "a caller's unknown part": (
        "dialect",
        {"callers": {"pune": {"timezone": "Asia/Kolkata"}}},
        "callers.pune.timezone: is not known here; known are aliases, stands_in, date_order, words, time_zone",
    ),
    "a caller's unknown zone": (
        "dialect",
        {"callers": {"pune": {"time_zone": "IST+5"}}},
        "callers.pune.time_zone: is not an IANA time zone such as Asia/Kolkata",
    ),
    "a number that is too long": ("dialect", '{"schema": ' + "1" * 5000 + "}", "with a number too long to be read"),
    "a lifetime without end": ("call_table", '{"credentials": {"token_lifetime_minutes": Infinity}}', "finite number"),
    "a field that nothing stands for": (
        "dialect",
        {"aliases": {"mobile": {"*": None, "mobile": None}}},
        "aliases.mobile: no alias is left, but every call needs this field",
    ),
    "a caller who cannot name the call": (
        "dialect",
        {"callers": {"pune": {"aliases": {"call_id": {"*": None}, "notes": {"call_id": "site"}}}}},
        "callers.pune.aliases.call_id: no alias is left",
    ),
    "a word that is missing and consents": (
        "dialect",
        {"words": {"missing": ["NULL", "YES"]}},
        "words.missing: YES is also a word of consent; only one is allowed",
    ),
    "a disposition that is missing": (
        "dialect",
        {"callers": {"pune": {"words": {"missing": ["NA"], "appointment": ["na"]}}}},
        "callers.pune.words.missing: NA is also a word of appointment",
    ),
    "a stand-in for itself": (
        "dialect",
        {"stands_in": {"start": ["follow_up", "start"]}},
        "stands_in.start: a field cannot stand in for itself",
    ),
    "a caller that is a text": ("dialect", {"callers": {"pune": "x"}}, "callers.pune: must be an object"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_document_is_told_by_place_and_in_words(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, content, told = BROKEN[case]
    path = written(tmp_path, content)

    assert main(["check-config", f"--{name.replace('_', '-')}", path]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"    {told}") or told in line for line in lines), lines
    assert [line for line in lines if line.startswith(name) and "problem" in line]
    assert "Traceback" not in "".join(lines)
