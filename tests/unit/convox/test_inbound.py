"""Calls as ConVox may tell them, in each encoding, spelling and number that is known of it: the same call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import pytest

from convox_clinicea.lookups.search import SearchRequest
from tests.support.dialects import read
from tests.support.events import Event
from tests.support.written import FORM, PLACE, form, get, post

NUMBER = "+919999900041"

# The pop-up's names [2x], the status callback's [2x], the agent's page [1x].
POPUP = {"call_hit_reference_number": "R-77", "mobile_number": "9999900041", "agent_id": "a-1"}
STATUS = {"CALL_REFERENCE_ID": "R-77", "MOBILE_NO": "9999900041", "USER_ID": "a-1"}
PAGE = {"call_hit_referenceno": "R-77", "callernumber": "9999900041", "agentid": "a-1"}


def multipart(fields: Mapping[str, str]) -> bytes:
    parts = (f'--xYz\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items())
    return ("".join(parts) + "--xYz--\r\n").encode()


CALLS: dict[str, Event] = {
    "pop-up, JSON": post(POPUP),
    "pop-up, JSON that claims to be a form": post(POPUP, FORM),
    "pop-up, JSON that claims to be text": post(POPUP, "text/plain; charset=iso-8859-1"),
    "pop-up, JSON that claims to be nothing": post(POPUP, ""),
    "pop-up, JSON in base64": post(json.dumps(POPUP).encode()),
    "pop-up, JSON with a byte order mark": post(b"\xef\xbb\xbf" + json.dumps(POPUP).encode()),
    "pop-up, JSON in lines": post(json.dumps(POPUP, indent=2).replace("\n", "\r\n")),
    "pop-up, the number without quotes": post(POPUP | {"mobile_number": 9999900041}),
    "pop-up, all of its fields": post(
        POPUP
        | {
            "process_name": "Clinic",
            "lead_id": 9,
            "entry_date": "2026-11-22 10:15:00",
            "call_type": "INBOUND",
            "station": "",
        }
    ),
    "status, JSON": post(STATUS),
    "status, lower case": post({name.lower(): value for name, value in STATUS.items()}),
    "status, mixed case": post({name.title(): value for name, value in STATUS.items()}),
    "status, form": form(STATUS),
    "status, form that claims to be JSON": form(STATUS, "application/json"),
    "status, form in base64": post(urlencode(STATUS).encode(), FORM),
    "status, multipart form": post(multipart(STATUS), "multipart/form-data; boundary=xYz"),
    "status, multipart form with bare line feeds": post(multipart(STATUS).replace(b"\r\n", b"\n"), "text/plain"),
    "status, a form's field holding JSON": form({"data": json.dumps(STATUS)}),
    "status, a form's field of any name holding JSON": form({"x": json.dumps(STATUS), "submit": "1"}),
    "status, a form's field holding JSON that is not encoded": post(
        "payload=" + json.dumps(STATUS | {"remarks": "a=b & c"}), FORM
    ),
    "status, JSON as a form's only name": post(quote(json.dumps(STATUS)) + "=", FORM),
    "status, JSON percent-encoded as a whole": post(quote(json.dumps(STATUS)), FORM),
    "status, JSON encoded twice": post(json.dumps(json.dumps(STATUS))),
    "status, JSON encoded twice in a form's field": form({"payload": json.dumps(json.dumps(STATUS))}),
    "status, a list of one object": post([STATUS]),
    "status, an envelope": post({"event": "call_status", "data": STATUS}),
    "status, an envelope of text": post({"data": json.dumps(STATUS)}),
    "status, a raw line break in JSON": post('{"remarks": "a\nb\tc\x0b", ' + json.dumps(STATUS)[1:]),
    "status, an apostrophe that is escaped": post('{"remarks": "it\\\'s C:\\data \\u12", ' + json.dumps(STATUS)[1:]),
    "status, half an emoji": post('{"remarks": "\\ud83d", ' + json.dumps(STATUS)[1:]),
    "status, a comma too many": post(json.dumps(STATUS)[:-1] + ",\u00a0}"),
    "status, a byte of Latin-1 in JSON": post(b'{"remarks": "caf\xe9", ' + json.dumps(STATUS).encode()[1:]),
    "status, a byte of Latin-1 in a form": post("remarks=caf%E9&" + urlencode(STATUS), FORM),
    "status, UTF-16": post(json.dumps(STATUS).encode("utf-16")),
    "status, a form in HTML": post(urlencode(STATUS).replace("&", "&amp;"), FORM),
    "status, a form in HTML, twice": post(urlencode(STATUS).replace("&", "&amp;amp;"), FORM),
    "status, multipart form of .NET": post(multipart(STATUS).replace(b'name="', b"name=").replace(b'"\r', b"\r")),
    "status, fields of a list": post({"crmData": [{"key": n, "value": v, "type": "text"} for n, v in STATUS.items()]}),
    "status, fields of a list in a form": form(
        {"crmData": json.dumps([{"key": "MOBILE_NO", "value": "9999900041"}]), "call_id": "R-77", "USER_ID": "a-1"}
    ),
    "status, values in lists": post({name: [value] for name, value in STATUS.items()}),
    "status, PHP's lists": form({f"{name}[]": value for name, value in STATUS.items()}),
    "status, blanks and line ends round each value": post({n: f"\u200b {v}\r\n\u202f" for n, v in STATUS.items()}),
    "status, in the query of a POST": post(None, query=STATUS),
    "status, one half in the query": post(
        {"MOBILE_NO": "9999900041"}, query={"CALL_REFERENCE_ID": "R-77", "userid": "a-1"}
    ),
    "status, the same in query and body": post(STATUS, query={"mobile": "9999900041"}),
    "status, JSON in the query": get({"data": json.dumps(STATUS)}),
    "page, query": get(PAGE),
    "page, query in capitals": get({name.upper(): value for name, value in PAGE.items()}),
    "page, all of its fields": get(
        PAGE
        | {
            "convoxID": "5",
            "queue_name": "Q",
            "CallTime": "10:15:00",
            "CallDate": "2026-11-22",
            "CallReferenceID": "R-77",
            "convoxuid": "5",
            "DID": "1",
            "CallID": "8",
            "CALL_TYPE": "IN",
            "Process": "Clinic",
        }
    ),
    "our own names": post({"call_id": "R-77", "mobile": "9999900041", "agent_id": "a-1"}),
    "names with spaces round them": post({f" {name} ": value for name, value in STATUS.items()}),
    "a second name that is empty": post(POPUP | {"MOBILE_NO": "", "mobile": None, "callernumber": "null"}),
    "a second name that says the same": post(POPUP | {"CallReferenceID": "R-77", "callernumber": "9999900041"}),
    "a second name with a word for nothing": post(POPUP | {"MOBILE_NO": "undefined", "CallReferenceID": "N/A"}),
    "a second name with a withheld number": post(POPUP | {"MOBILE_NO": "anonymous", "callernumber": "0"}),
    "a second name with the dialling code": post(POPUP | {"MOBILE_NO": "+91 99999 00041"}),
}
for _name in ("mobile", "mobile_number", "MOBILE_NO", "callernumber", "CallerNumber"):
    CALLS[f"number as {_name}"] = post({"call_id": "R-77", "agent_id": "a-1", _name: "9999900041"})
for _name in (
    "call_hit_reference_number",
    "call_hit_referenceno",
    "CALL_REFERENCE_ID",
    "CallReferenceID",
    "callreferenceid",
):
    CALLS[f"call as {_name}"] = get({_name: "R-77", "agent_id": "a-1", "mobile": "9999900041"})
for _name in ("agent_id", "USER_ID", "userid", "agentid"):
    CALLS[f"agent as {_name}"] = form({_name: "a-1", "call_id": "R-77", "mobile": "9999900041"})
# tests/unit/base/test_mobile.py has all spellings; here are those whose signs an encoding could change.
for _number in (
    "+919999900041",
    "+91 99999 00041",
    " 919999900041",
    "99999\u202f00041",
    "\u096f\u096f\u096f\u096f\u096f\u0966\u0966\u0966\u096a\u0967",
    "9999900041#",
):
    CALLS[f"number {_number}"] = post({"call_id": "R-77", "agent_id": "a-1", "mobile": _number})
    # A + that was not encoded comes as a space, in queries and forms alike.
    CALLS[f"number {_number} in a query"] = get(
        {"call_id": "R-77", "agent_id": "a-1", "mobile": _number.replace("+", " ")}
    )
    CALLS[f"number {_number} in a form"] = post(f"call_id=R-77&agent_id=a-1&mobile={quote(_number, safe='+')}", FORM)


@pytest.mark.parametrize("case", CALLS)
def test_a_call_is_the_same_call_however_it_is_told(case: str) -> None:
    request = read(SearchRequest, CALLS[case])

    assert (request.call_id, request.agent_id) == ("R-77", "a-1")
    assert request.number(PLACE).reveal() == NUMBER
