"""Parameters as bound by ASP.NET: case-insensitive names, from the query, a form or a JSON body."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import parse_qsl

from local.clinicea.messages import RefusalError, Request

DATE_REFUSED = "Get Operation Failed"  # [live] for GETs; the same text for POSTs is [assumed]
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EITHER = re.compile(f"{_DAY.pattern}|{_MOMENT.pattern}")
_MOST_PARAMETERS = 200


def refuse_encoded_colons(query: str, names: Iterable[str]) -> None:
    """Refuse a query with a percent-encoded colon in one of these parameters [live, of lastSyncDTime]."""
    wanted = {name.casefold() for name in names}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name.casefold() in wanted and "%3a" in value.casefold():
            raise RefusalError(400, DATE_REFUSED)


class UnsupportedMediaError(Exception):
    """A body of a type that the API does not accept."""


class Parameters:
    """A request's parameters; the first value of a name counts, and an empty one is missing."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            self._values.setdefault(name.casefold(), value)

    def __repr__(self) -> str:
        return f"Parameters({len(self._values)} values)"

    @classmethod
    def from_query(cls, query: str) -> "Parameters":
        """Return the parameters of a query string or a form; `+` is a space there."""
        try:
            return cls(parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
        except ValueError:
            raise RefusalError(400, "Too many parameters") from None

    @classmethod
    def from_body(cls, request: Request) -> "Parameters":
        """Return the parameters of a JSON or form body; raises UnsupportedMediaError and RefusalError."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not request.body:
            return cls(())
        if kind == "application/x-www-form-urlencoded":
            return cls.from_query(request.body.decode("utf-8", errors="replace"))
        if kind not in ("application/json", "text/json"):
            raise UnsupportedMediaError
        try:
            value = json.loads(request.body)
        except (ValueError, RecursionError):
            raise RefusalError(400, "The request body is not valid") from None
        if not isinstance(value, dict):
            raise RefusalError(400, "The request body is not valid")
        return cls((name, _scalar(each)) for name, each in value.items())

    def text(self, name: str) -> str | None:
        """Return the value, trimmed, or None."""
        return self._values.get(name.casefold(), "").strip() or None

    def required(self, name: str) -> str:
        """Return the value; a missing one is refused."""
        value = self.text(name)
        if value is None:
            raise RefusalError(400, f"{name} is required")
        return value

    def integer(self, name: str) -> int:
        """Return the value as a whole number."""
        value = self.required(name)
        if not re.fullmatch(r"-?[0-9]{1,9}", value):
            raise RefusalError(400, f"{name} is not valid")
        return int(value)

    def moment(self, name: str, form: str = "stamp") -> datetime:
        """Return the value as a naive time: exactly YYYY-MM-DDTHH:mm:ss [live], a plain date, or ("any") either."""
        value = self.required(name)
        if not (_MOMENT if form == "stamp" else _DAY if form == "date" else _EITHER).fullmatch(value):
            raise RefusalError(400, DATE_REFUSED)
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise RefusalError(400, DATE_REFUSED) from None

    def country_code(self, name: str) -> str:
        """Return a dialling code's digits; 91, +91, 0091 and a space with 91 (a plus lost in a query) are equal."""
        return self.required(name).removeprefix("+").strip().removeprefix("00")

    def has(self, name: str) -> bool:
        """Return whether the parameter was given."""
        return self.text(name) is not None


def _scalar(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        raise RefusalError(400, "The request body is not valid")
    return str(value)
