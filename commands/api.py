"""Client of the deployed API, as ConVox calls it, for commands and launcher. Needs only the standard library."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

ANSWER_SECONDS = 30
Json = dict[str, Any]


class NoAnswer(Exception):
    """The API did not answer, or not in JSON; the text holds no address and no personal data."""


@dataclass(frozen=True)
class Answer:
    """An answer of the API, and its duration."""

    status: int
    body: Json
    milliseconds: float


@dataclass(frozen=True)
class Api:
    """A stack's API, with its header and access token."""

    url: str
    header: str
    token: str = field(repr=False)

    def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        query: dict[str, str] | None = None,
        *,
        token: str | None = None,
    ) -> Answer:
        """Send one request.

        Args:
            token: sent instead of the API's token; "" sends none.

        Raises:
            NoAnswer: there was no answer within 30 s, or it is not a JSON object.
        """
        url = self.url + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        sent = self.token if token is None else token
        headers = {"Content-Type": "application/json"} | ({self.header: self._carried(sent)} if sent else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        began = time.monotonic()
        try:
            with self._opener().open(request, timeout=ANSWER_SECONDS) as answer:
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                status, raw = refused.code, refused.read()
        except OSError as error:
            raise NoAnswer(f"no answer: {type(error).__name__}") from None
        try:
            found = json.loads(raw)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NoAnswer(f"status {status} with a body that is not JSON")
        return Answer(status, found, (time.monotonic() - began) * 1000)

    def _carried(self, token: str) -> str:
        """Return the header's value: `Authorization` has a scheme before the token, other headers only the token."""
        return f"Bearer {token}" if self.header.lower() == "authorization" else token

    def _opener(self) -> urllib.request.OpenerDirector:
        """Return an opener that uses no proxy for this machine's own stack."""
        local = urllib.parse.urlsplit(self.url).hostname == "127.0.0.1"
        return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))
