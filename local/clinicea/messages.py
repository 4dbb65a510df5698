"""Messages of the core: requests, answers and their effects.

Their `repr` has no query, header or body, which hold credentials and patients' data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; `Request.to` takes care of that."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def to(cls, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> "Request":
        """Return a request for `target`, a path with an optional query string."""
        path, _, query = target.partition("?")
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        return cls(method.upper(), path, query, lowered, body)

    @classmethod
    def with_json(cls, method: str, target: str, value: object, headers: Mapping[str, str] | None = None) -> "Request":
        """Return a request with a JSON body."""
        typed = {"content-type": "application/json", **(headers or {})}
        return cls.to(method, target, typed, json.dumps(value).encode())


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer is sent `seconds` late; the work was done at once."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """No answer: the connection is held until the client leaves or `seconds` are over, then closed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reset:
    """No answer: the connection is reset."""


@dataclass(frozen=True, slots=True)
class Drip:
    """The answer is sent byte by byte, one every `seconds`; with `headers` false only its body is."""

    seconds: float
    headers: bool = True


Effect = Delay | Hold | Reset | Drip


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer with its effect. `status` is 0 if no answer is sent (`lost`)."""

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    effect: Effect | None = None

    @property
    def lost(self) -> bool:
        """Whether the client gets no answer at all."""
        return isinstance(self.effect, Hold | Reset)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")

    def json(self) -> object:
        """Return the body, parsed."""
        return json.loads(self.body)


class RefusalError(Exception):
    """A call refused with plain text, which never repeats the request."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


class ControlInputError(ValueError):
    """Invalid input of the control interface; the text names the error."""


def json_answer(value: object, status: int = 200) -> Answer:
    """Return an answer with a JSON body."""
    # Raw UTF-8 as in .NET; a lone surrogate from JSON input becomes a question mark.
    return Answer(status, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), JSON_TYPE)


def text_answer(status: int, text: str) -> Answer:
    """Return an answer in plain text, like Clinicea's validation errors."""
    return Answer(status, text.encode(), TEXT_TYPE)


def message_answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer of ASP.NET Web API itself; [assumed] for Clinicea."""
    return Answer(status, json.dumps({"Message": message}).encode(), JSON_TYPE, headers or {})
