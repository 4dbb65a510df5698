"""`data_requests`, the register, and the commands that ask them: what they print, and what they never say."""

from __future__ import annotations

import json

import pytest

from commands import person_search
from commands.__main__ import main
from convox_clinicea import aws
from convox_clinicea.bookings.protocol import State
from convox_clinicea.errors import InvalidRequest
from tests.support import invented
from tests.support.account import age_secrets
from tests.support.bookings import CALL_ID, in_days, new_body
from tests.support.data_requests import (
    ask,
    carry_out,
)
from tests.support.deployment import Deployment
from tests.support.terminal import Terminal


class TestHolds:
    def test_it_tells_what_is_held_and_shows_nothing_of_it(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert carry_out(deployment) == 0

        said = capsys.readouterr().out
        assert "the stack: 1 bookings, 0 consents, 1 disclosures" in said
        assert meera in said
        assert "an HMAC of the mobile, Clinicea's id of the patient" in said
        assert invented.leaks(said) == []

    def test_a_function_that_starts_cold_reads_the_key_itself(self, deployment: Deployment, meera: str) -> None:
        age_secrets(aws.SECRET_SECONDS)

        held = ask(deployment)({"action": "holds", "mobile": invented.MOBILE})

        assert [each["booking_id"] for each in held["bookings"]] == [meera]

    def test_erased_it_leaves_a_tombstone_that_is_still_answered(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert carry_out(deployment, erase=True, yes=True) == 0
        assert carry_out(deployment) == 0

        said = capsys.readouterr().out
        assert f"{meera}  erased; its tombstone remains" in said
        assert "the stack: 0 bookings" in said
        answer = deployment.status(meera)
        assert (answer.status, answer.body["state"], answer.body["patient_id"]) == (200, "booked", None)
        assert deployment.of_call(CALL_ID).body["bookings"] == []

    def test_as_json_it_is_one_document(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        capsys.readouterr()
        assert carry_out(deployment, erase=True, yes=True, as_json=True) == 0

        said = capsys.readouterr()
        document = json.loads(said.out[said.out.rindex("\n{\n") + 1 :] if "\n{\n" in said.out else said.out)
        assert (document["erased"], document["kept"]) == ([{"booking_id": meera, "kept": None}], 0)
        assert [each["booking_id"] for each in document["bookings"]] == [meera]
        assert json.loads(said.err) == {"note": "the stack"}
        assert invented.leaks(said.out + said.err) == []

    @pytest.mark.parametrize(("word", "code"), [("yes", 0), ("no", 1), ("", 1)])
    def test_it_asks_before_it_erases(
        self, deployment: Deployment, meera: str, monkeypatch: pytest.MonkeyPatch, word: str, code: int
    ) -> None:
        monkeypatch.setattr("sys.stdin", Terminal(f"{word}\n"))

        assert carry_out(deployment, erase=True) == code

        assert (deployment.booking(meera).erased_at is None) is (code == 1)

    def test_what_has_not_ended_is_kept_unless_that_is_wanted(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        body = new_body(start=in_days(4).isoformat(), consent={"given": True, "text_version": "1"})
        booking_id = deployment.book_new(body).body["booking_id"]

        assert carry_out(deployment, erase=True, yes=True) == 1
        assert deployment.booking(booking_id).state is State.ACCEPTED
        assert carry_out(deployment, erase=True, yes=True, open_too=True) == 0

        assert deployment.booking(booking_id).state is State.REJECTED
        said = capsys.readouterr().out
        assert "1 bookings, 1 consents" in said
        assert "is still open; --open" in said
        assert deployment.deliver().acknowledged
        assert deployment.fake.patients() == []

    def test_mobile_comes_from_the_environment_not_the_command_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOBILE", invented.MOBILE)

        assert person_search.person(None) == {"mobile": invented.MOBILE}
        for verb in ("holds", "erase", "withdraw"):
            assert main([verb, "--mobile", invented.MOBILE]) == 2, "no option takes it"

    @pytest.mark.parametrize("mobile", ["", "12", f"{invented.FIRST_NAME}", None])
    def test_what_is_no_number_is_refused_without_being_repeated(self, deployment: Deployment, mobile: object) -> None:
        with pytest.raises(InvalidRequest) as caught:
            ask(deployment)({"action": "holds", "mobile": mobile})

        assert invented.leaks(str(caught.value)) == []
