"""A browser before the desk: it keeps cookies, follows redirects, and finds what a page holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from tests.support.events import HOST, Event, gateway
from tests.support.openid import Provider

ORIGIN = f"https://{HOST}"
DESK = f"{ORIGIN}/v1/desk"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Origin": ORIGIN}


@dataclass(frozen=True)
class Page:
    """One answer of the desk."""

    address: str
    status: int
    headers: dict[str, list[str]]
    body: str

    @property
    def token(self) -> str:
        """The token of the page's forms."""
        found = re.search(r'name="token" value="([0-9a-f]{64})"', self.body)
        assert found is not None, self.body
        return found[1]

    @property
    def text(self) -> str:
        """What a person reads."""
        parser = _Text()
        parser.feed(self.body)
        return re.sub(r"\s+", " ", " ".join(parser.found)).strip()

    def field(self, name: str) -> str | None:
        """The value of a hidden or typed field."""
        found = re.search(rf'name="{re.escape(name)}"[^>]*? value="([^"]*)"', self.body)
        return None if found is None else unescape(found[1])


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


class Browser:
    """Sends requests as API Gateway hands them over, with the cookies that came before."""

    def __init__(self, invoke: Callable[[Event], Mapping[str, Any]], stage: Mapping[str, str] | None = None) -> None:
        self._invoke = invoke
        self._stage = dict(stage) if stage else None
        self.cookies: dict[str, str] = {}

    def get(self, where: str = "", *, fragment: bool = False, follow: bool = True, **headers: str) -> Page:
        """Ask for an address, absolute or relative to `/desk/`; redirects within the desk are followed."""
        extra = {"HX-Request": "true"} if fragment else {}
        page = self._ask("GET", urljoin(f"{DESK}/", where) if where else DESK, None, extra | headers)
        return self._followed(page) if follow else page

    def post(
        self, where: str, form: Mapping[str, str] | str, *, fragment: bool = False, follow: bool = True, **headers: str
    ) -> Page:
        """Send a form."""
        body = form if isinstance(form, str) else urlencode(form)
        extra = {"HX-Request": "true"} if fragment else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        page = self._ask("POST", urljoin(f"{DESK}/", where), body, FORM | extra | named)
        return self._followed(page) if follow else page

    def sign_in(self, provider: Provider) -> Page:
        """Sign in, as the person whose claims the provider tells."""
        started = self.get("sign-in", follow=False)
        assert started.status == 303, started.body
        return self.get(provider.sign_in(started.headers["Location"][0]))

    def _followed(self, page: Page) -> Page:
        for _ in range(5):
            if page.status != 303 or not page.headers["Location"][0]:
                return page
            where = urljoin(page.address, page.headers["Location"][0])
            if not where.startswith(DESK):
                return page
            page = self._ask("GET", where, None, {})
        raise AssertionError("redirects go round")

    def _ask(self, method: str, where: str, body: str | None, headers: Mapping[str, str]) -> Page:
        parts = urlsplit(where)
        beyond = parts.path.removeprefix("/v1/desk").removeprefix("/")
        sent = {
            **headers,
            **({"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}),
        }
        event = gateway(
            method,
            "/desk/{proxy+}" if beyond else "/desk",
            query=dict(parse_qsl(parts.query, keep_blank_values=True)) or None,
            body=body,
            headers=sent,
            caller=None,
        )
        event["pathParameters"] = {"proxy": beyond} if beyond else None
        event["path"] = parts.path.removeprefix("/v1")
        event["requestContext"]["path"] = parts.path
        event["stageVariables"] = self._stage
        answered = self._invoke(event)
        assert isinstance(answered["body"], str), "the embedded AWS ends with an error without one"
        page = Page(where, answered["statusCode"], dict(answered["multiValueHeaders"]), answered["body"])
        for line in page.headers.get("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return page
