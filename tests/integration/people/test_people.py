"""`./connector people`: who may sign in at the desk, one person for each agent id."""

from __future__ import annotations

import re

import pytest

from commands.user_pool import PASSWORD_LETTERS, new_password
from convox_clinicea import aws
from tests.support.people import DESK, Here, acts, add, do, listed, sessions, signed_in
from tests.support.user_pool import Pool


class TestAdding:
    def test_standard_output_has_the_password_alone(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert add(target) == 0

        said = capsys.readouterr()
        assert said.out.strip() == pool.users["asha"]["password"]
        assert f"asha opens {DESK}" in said.err
        assert said.out.strip() not in said.err
        assert pool.operations() == ["AdminCreateUser", "AdminAddUserToGroup"]
        assert pool.groups["agents"] == ["asha"]
        (person,) = listed(target, capsys)
        assert (person["agent_id"], person["roles"], person["name"]) == ("agent-7", ["agents"], "Asha Demo")
        assert person["waits_for_first_sign_in"] is True

    def test_by_mail_no_password_is_seen_here(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert add(target, email="asha@example.com", role="supervisors") == 0

        said = capsys.readouterr()
        (made,) = [each for each in pool.asked if each["operation"] == "AdminCreateUser"]
        assert (said.out, made.get("MessageAction"), made.get("TemporaryPassword")) == ("", None, None)
        assert made["DesiredDeliveryMediums"] == ["EMAIL"]
        assert "Cognito sends a temporary password" in said.err
        assert pool.groups["supervisors"] == ["asha"]

    @pytest.mark.parametrize("agent_id", ["agent-7", "AGENT-7"])
    def test_an_agent_id_of_another_person_is_refused(
        self, target: Here, pool: Pool, agent_id: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pool.add("ravi", "agent-7", "agents")

        assert add(target, agent_id=agent_id) == 1

        assert f"the agent id {agent_id} is ravi's" in capsys.readouterr().err
        assert pool.operations() == []

    def test_people_behind_the_first_page_count(self, target: Here, pool: Pool) -> None:
        pool.page = 2
        for number in range(7):
            pool.add(f"user-{number}", f"agent-{number + 1}", "agents")

        assert add(target) == 1

    def test_of_two_operators_at_once_neither_doubles_the_id(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pool.before["AdminCreateUser"] = lambda: pool.add("ravi", "agent-7", "agents")

        assert add(target) == 1

        assert "is ravi's" in capsys.readouterr().err
        assert [*pool.users] == ["ravi"]
        assert pool.groups["agents"] == ["ravi"]

    def test_a_user_name_that_is_taken_is_refused(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pool.add("asha", "agent-8", "agents")

        assert add(target) == 1
        assert "there is a user asha already, with the agent id agent-8" in capsys.readouterr().err

    def test_what_an_earlier_command_left_undone_is_finished(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pool.add("Asha", "agent-7")

        assert add(target) == 0

        assert pool.operations() == ["AdminAddUserToGroup"]
        assert "no password was changed" in capsys.readouterr().err

    def test_a_disabled_person_s_agent_id_is_free(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pool.add("ravi", "agent-7", "agents", enabled=False)

        assert add(target) == 0
        assert do(target, "enable", "ravi") == 1
        assert "the agent id agent-7 is asha's" in capsys.readouterr().err
        assert pool.users["ravi"]["Enabled"] is False

    def test_who_added_whom_is_on_record(self, target: Here, capsys: pytest.CaptureFixture[str]) -> None:
        add(target)
        password = capsys.readouterr().out.strip()

        assert acts(target, capsys) == [("add", "asha", "")]
        assert password not in str(aws.dynamodb().scan(TableName=target.stack)["Items"])

    def test_passwords_fit_the_pool_and_are_read_easily(self) -> None:
        made = {new_password() for _ in range(20)}

        assert len(made) == 20
        for each in made:
            assert len(each) == 19
            assert re.search("[a-z]", each)
            assert re.search("[A-Z]", each)
            assert re.search("[0-9]", each)
            assert set(each) <= {*PASSWORD_LETTERS, "-"}


class TestListing:
    def test_it_shows_who_may_and_who_is_signed_in(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asha = pool.add("asha", "agent-7", "agents")
        pool.add("ravi", "agent-8", "agents", "supervisors", enabled=False)
        cookies = [signed_in(target, asha), signed_in(target, asha)]

        assert do(target, "list") == 0

        said = capsys.readouterr().out
        assert "2 people, 1 signed in" in said
        (line,) = re.findall("^  asha .*$", said, re.MULTILINE)
        assert re.search(r"agent-7 +agents +Asha Invented +enabled +signed in \S+ \S+Z, 2 sessions open", line)
        assert re.search("^  ravi +agent-8 +agents, supervisors .*disabled +no sign-in within 90 days$", said, re.M)
        assert not [cookie for cookie in cookies if cookie in said]

    def test_the_document_has_no_secret(self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]) -> None:
        cookie = signed_in(target, pool.add("asha", "agent-7", "agents"))
        session = sessions(target).find(cookie)
        assert session is not None

        (person,) = listed(target, capsys)

        assert (person["user_name"], person["enabled"], person["open_sessions"]) == ("asha", True, 1)
        assert person["signed_in_at"] == person["seen_at"]
        assert not [each for each in (cookie, session.token, session.key) if each in str(person)]

    def test_two_people_with_one_agent_id_are_named(
        self, target: Here, pool: Pool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pool.add("asha", "agent-7", "agents")
        pool.add("ravi", "Agent-7", "agents")

        assert do(target, "list") == 0
        assert "asha and ravi have the same agent id" in capsys.readouterr().err

    def test_of_a_provider_of_ones_own_it_shows_the_sign_ins(
        self, other: Here, capsys: pytest.CaptureFixture[str]
    ) -> None:
        signed_in(other, "subject-1")

        (person,) = listed(other, capsys)

        assert (person["person"], person["user_name"], person["enabled"]) == ("subject-1", None, None)
        assert (person["agent_id"], person["roles"], person["open_sessions"]) == ("agent-7", ["agents"], 1)
        assert do(other, "list") == 0
        assert "your provider says" in capsys.readouterr().out

    def test_nobody_at_all_is_no_error(self, target: Here, capsys: pytest.CaptureFixture[str]) -> None:
        assert listed(target, capsys) == []

    def test_without_a_desk_it_says_so(self, target: Here, capsys: pytest.CaptureFixture[str]) -> None:
        assert do(Here(target.stack, None), "list") == 1
        assert "this stack has no desk" in capsys.readouterr().err
