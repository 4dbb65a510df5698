"""What a proof of consent proves: which text, in which language, for what, and who gave it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.settings import packed
from tests.support import invented
from tests.support.bookings import in_days, new_body
from tests.support.deployment import Deployment
from tests.support.events import REQUEST_ID

YEAR = datetime.now(UTC).year
CHILD = {"date_of_birth": f"{YEAR - 5}-01-02", "first_name": invented.CHILD_NAME}
PLAIN = "call +91 99999 00041, zanzi@example.com"
HINDI = {
    "version": "hi-7",
    "language": "hi-IN",
    "purposes": ["registration"],
    "since": "2026-01-01",
    "text": "Kya hum aapko register karein?",
}


def proof(deployment: Deployment) -> dict[str, Any]:
    (entry,) = [each for each in deployment.stack.entries() if each["kind"]["S"] == "consent"]
    return {name: next(iter(value.values())) for name, value in entry.items()}


def with_texts(deployment: Deployment, *versions: dict[str, Any]) -> None:
    document = json.dumps({"schema": 1, "versions": [*packed("consent_texts")["versions"], *versions]})
    aws.client_in_time("ssm").put_parameter(
        Name="/convox-clinicea/texts", Value=document, Type="String", Overwrite=True
    )
    deployment.configure(CONSENT_TEXTS="ssm:/convox-clinicea/texts")


@pytest.mark.parametrize("way", ["book_new", "call_status"])
def test_a_proof_names_the_request_that_brought_it(deployment: Deployment, way: str) -> None:
    answer = getattr(deployment, way)(new_body(disposition="Appointment"))

    assert answer.status == 202
    assert proof(deployment)["request_id"] == REQUEST_ID


class TestTheText:
    def test_a_version_that_the_deployment_does_not_list_is_refused(self, deployment: Deployment) -> None:
        for version in (PLAIN, "made-up", "2"):
            answer = deployment.book_new(new_body(consent={"given": True, "text_version": version}))

            answer.is_error(400, "invalid_request", "consent.text_version")
            assert version not in json.dumps(answer.body)
        assert deployment.stack.items() == deployment.stack.entries() == []

    def test_callback_with_an_invalid_text_version_is_unlisted(self, deployment: Deployment) -> None:
        body = new_body(disposition="Appointment", consent={"given": True, "text_version": PLAIN})

        answer = deployment.call_status(body)

        assert (answer.status, answer.body["left_out"]) == (202, ["consent.text_version"])
        assert proof(deployment)["text_version"] == "unlisted"
        assert "99999 00041" not in repr([deployment.stack.items(), deployment.stack.entries()])

    def test_the_proof_tells_language_purposes_and_the_words(self, deployment: Deployment) -> None:
        with_texts(deployment, HINDI)

        assert deployment.book_new(new_body(consent={"given": True, "text_version": "hi-7"})).status == 202

        entry = proof(deployment)
        assert (entry["language"], entry["purposes"]) == ("hi-IN", [{"S": "registration"}])
        assert len(entry["text_digest"]) == 64

    def test_the_default_version_needs_no_document(self, deployment: Deployment) -> None:
        assert deployment.book_new(new_body()).status == 202

        assert proof(deployment)["text_version"] == "2031-01"

    def test_it_was_not_heard_before_it_existed(self, deployment: Deployment) -> None:
        with_texts(deployment, HINDI | {"since": in_days(1).date().isoformat()})
        now = datetime.now(UTC).isoformat(timespec="seconds")

        deployment.book_new(new_body(consent={"given": True, "text_version": "hi-7", "at": now}))

        assert "heard_at" not in proof(deployment)

    def test_it_outlives_the_register_of_disclosures(self, deployment: Deployment) -> None:
        deployment.book_new(new_body())

        years = (int(proof(deployment)["expires_at"]) - datetime.now(UTC).timestamp()) / 86400 / 365
        assert 9.9 < years < 10.1


class TestAChild:
    @pytest.mark.parametrize("given_by", [{}, {"given_by": "self"}])
    def test_who_consents_is_asked_for(self, deployment: Deployment, given_by: dict[str, str]) -> None:
        answer = deployment.book_new(new_body(**CHILD, consent={"given": True, **given_by}))

        answer.is_error(400, "invalid_request", "consent.given_by")
        assert deployment.stack.items() == deployment.stack.entries() == []

    @pytest.mark.parametrize(
        ("word", "given_by"), [("parent", "parent"), ("Mother", "parent"), ("GUARDIAN", "guardian")]
    )
    def test_a_parent_s_consent_says_so(self, deployment: Deployment, word: str, given_by: str) -> None:
        assert deployment.book_new(new_body(**CHILD, consent={"given": True, "given_by": word})).status == 202

        assert proof(deployment)["given_by"] == given_by

    def test_it_may_come_flat_and_in_a_form(self, deployment: Deployment) -> None:
        body = {name: value for name, value in new_body(**CHILD).items() if name != "consent"}

        answer = deployment.book_new(body | {"consent_given": "yes", "consent_given_by": "Father"})

        assert answer.status == 202
        assert proof(deployment)["given_by"] == "parent"

    def test_callback_for_a_child_is_booked_and_says_what_is_missing(self, deployment: Deployment) -> None:
        answer = deployment.call_status(new_body(**CHILD, disposition="Appointment"))

        assert (answer.status, answer.body["left_out"]) == (202, ["consent.given_by"])
        assert "given_by" not in proof(deployment)

    def test_who_came_of_age_consents_alone(self, deployment: Deployment) -> None:
        assert deployment.book_new(new_body(date_of_birth=f"{YEAR - 18}-01-01")).status == 202
        assert deployment.book_new(new_body(date_of_birth=...)).status == 202

    def test_another_word_is_none(self, deployment: Deployment) -> None:
        answer = deployment.book_new(new_body(consent={"given": True, "given_by": "the neighbour"}))

        answer.is_error(400, "invalid_request", "consent.given_by")


def test_an_unsound_document_opens_for_nobody(deployment: Deployment) -> None:
    with_texts(deployment, {"version": "x y", "language": "Hindi", "purposes": []})

    assert deployment.book_new(new_body()).status >= 500
    assert deployment.stack.items() == []
