"""`./connector people`: the end of a person's sessions, a forgotten password, a provider of one's own."""

from __future__ import annotations

import pytest

from commands.cli_support import COULD_NOT_ASK
from tests.support.people import LEFT, Here, acts, do, listed, sessions, signed_in, stack_of
from tests.support.user_pool import Pool


class TestEnding:
    def test_who_is_disabled_is_out_at_once(self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]) -> None:
        asha = pool.add("asha", "agent-7", "agents")
        cookies = [signed_in(target, asha), signed_in(target, asha)]
        another = signed_in(target, "another", "agent-8")

        assert do(target, "disable", "asha", why=LEFT) == 0

        assert [sessions(target).find(each) for each in cookies] == [None, None]
        assert sessions(target).find(another) is not None
        assert pool.users["asha"]["Enabled"] is False
        assert "2 sessions ended" in capsys.readouterr().out
        assert acts(target, capsys) == [("disable", "asha", LEFT)]
        assert do(target, "enable", "asha") == 0
        assert pool.users["asha"]["Enabled"] is True

    def test_sessions_under_an_earlier_agent_id_end_too(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asha = pool.add("asha", "agent-8", "agents")
        cookies = [signed_in(target, asha, each) for each in ("agent-7", "agent-8")]
        assert [each["open_sessions"] for each in listed(target, capsys)] == [2]

        assert do(target, "sign-out", "asha", why=LEFT) == 0
        assert [sessions(target).find(each) for each in cookies] == [None, None]

    def test_a_signed_out_person_may_come_back(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asha = pool.add("asha", "agent-7", "agents")
        cookie = signed_in(target, asha)

        assert do(target, "sign-out", "ASHA", why=LEFT) == 0

        assert sessions(target).find(cookie) is None
        assert pool.operations() == []
        assert "may sign in again" in capsys.readouterr().err
        assert sessions(target).find(signed_in(target, asha)) is not None

    @pytest.mark.parametrize("provider", ["the pool", "another"])
    def test_a_person_is_signed_out_by_their_id(
        self, target: Here, other: Here, provider: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cookie = signed_in(target, "subject-1")
        here = target if provider == "the pool" else other

        assert do(here, "sign-out", "subject-1", why=LEFT) == 0

        assert sessions(target).find(cookie) is None
        assert acts(here, capsys) == [("sign-out", "subject-1", LEFT)]

    @pytest.mark.parametrize("action", ["disable", "enable", "password", "sign-out"])
    def test_somebody_unknown_is_refused(
        self, target: Here, pool: Pool, action: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert do(target, action, "nobody", why=LEFT) == 1

        assert "nothing was changed: there is no" in capsys.readouterr().err
        assert pool.operations() == []

    @pytest.mark.parametrize("action", ["add", "disable", "enable", "password"])
    def test_a_provider_of_ones_own_keeps_its_people(
        self, other: Here, action: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert do(other, action, "asha", agent_id="agent-7", why=LEFT) == 1
        assert "come from its claims" in capsys.readouterr().err

    def test_a_new_password_is_printed_once(self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]) -> None:
        pool.add("asha", "agent-7", "agents")

        assert do(target, "password", "asha") == 0

        said = capsys.readouterr()
        assert said.out.strip() == pool.users["asha"]["password"]
        assert pool.users["asha"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"

    def test_a_table_that_does_not_answer_is_told(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pool.add("asha", "agent-7", "agents")
        gone = stack_of("no-such-table")

        assert do(gone, "disable", "asha", why=LEFT) == COULD_NOT_ASK
        assert "the outcome is unknown" in capsys.readouterr().err
