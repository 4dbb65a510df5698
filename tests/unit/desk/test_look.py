"""What holds for every page: headers, files under hashed names, texts from one catalogue, nothing inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convox_clinicea.bookings.protocol import Reason
from convox_clinicea.bookings.tasks import TaskOutcome, TaskReason
from convox_clinicea.desk import views, web
from convox_clinicea.desk.opening import QUESTIONS
from convox_clinicea.desk.states import Progress
from convox_clinicea.desk.texts import ENGLISH
from tests.support.desk_browser import Browser
from tests.unit.desk.test_bad_input import CALL

TEMPLATES = {path.name: path.read_text("utf-8") for path in sorted((views.HERE / "templates").glob("*.html"))}
KEY = re.compile(r"\bt\('([^']+)'")


@pytest.mark.parametrize("where", ["", "nowhere", "sign-in", CALL, f"{CALL}/caller", "signed-in"])
def test_every_page_bears_the_headers(signed_in: Browser, where: str) -> None:
    headers = {name: values[0] for name, values in signed_in.get(where, follow=False).headers.items()}

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    policy = dict(each.split(" ", 1) for each in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "form-action")} == {"'self'"}
    assert policy["connect-src"] in ("'self'", "'self' wss://sockets.invalid")
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_a_file_is_kept_for_ever_under_the_hash_of_what_it_holds(browser: Browser) -> None:
    found = re.findall(r'(?:href|src)="desk/(static/[^"]+)"', browser.get().body)

    assert len(found) == 3
    for name in found:
        file = browser.get(name)
        assert file.status == 200
        assert file.headers["Cache-Control"] == ["public, max-age=31536000, immutable"]
        assert re.search(r"-[0-9a-f]{12}\.(css|js|svg)$", name)


def test_htmx_is_loaded_where_the_function_was_built_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "htmx-4.min.js").write_text("var htmx;")
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    views.assets.cache_clear()
    name = views.assets().name("htmx-4.min.js")
    views.assets.cache_clear()

    assert name is not None
    assert re.fullmatch(r"htmx-4\.min-[0-9a-f]{12}\.js", name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_nothing_inline(name: str) -> None:
    source = TEMPLATES[name]

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|<script(?![^>]* src=)", source)
    assert "|safe" not in source
    assert "//" not in re.sub(r"<!doctype html>", "", source), "nothing from another host"


def test_every_text_is_in_the_catalogue_and_every_one_is_used() -> None:
    code = [path.read_text("utf-8") for path in sorted(views.HERE.glob("*.py"))]
    used = {key for source in TEMPLATES.values() for key in KEY.findall(source)}
    used |= {key for source in code for key in re.findall(r"\btext\(\s*[\"']([^\"']+)", source)}
    ends = {each for each in used if each.endswith((".", ".%d"))}
    built = {f"progress.{each.value}" for each in Progress} | {f"reason.{each.value}" for each in Reason}
    built |= {f"book.confirm.{each}" for each in QUESTIONS}
    built |= {f"why.{each.value}" for each in TaskReason} | {f"outcome.{each.value}" for each in TaskOutcome}
    built |= {f"task.{each}" for each in ("cancel.open", "move.waiting", "move.open")}
    built |= {f"task.{act}{each}" for act in ("cancel", "move") for each in ("", ".what", ".do")}
    built |= {key for key in ENGLISH if key.startswith(("error.", "key.", "gender.", "consent.", "field."))}

    assert used - ends <= set(ENGLISH)
    assert built <= set(ENGLISH)
    assert set(ENGLISH) - used - built == set()


def test_each_input_has_a_label() -> None:
    for name, source in TEMPLATES.items():
        shown = re.findall(r'<(?:input|select|textarea)\b[^>]*?\bid="([^"]+)"', source)
        labelled = re.findall(r'<label for="([^"]+)"', source)
        assert set(shown) == set(labelled), name


def test_an_answer_without_a_page_has_an_empty_body_never_none() -> None:
    answer = web.nothing()

    assert (answer.status_code, answer.body) == (204, ""), "the embedded AWS answers 500 to null"
