"""What `make deploy` refuses, and what it says before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.deploy_runs import Said, main_of, run, secret_of
from tests.support.deploying import Account, Steps, secret, write


class TestRefused:
    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ("SettleSecond=61", "SettleSecond: the template has no such parameter; SettleSeconds?"),
            ("Nonsense=1", "Nonsense: the template has no such parameter"),
            ("SettleSeconds=5", 'SettleSeconds: "5" must be 30 to 1800 seconds. Seconds after an unanswered request'),
            ("SettleSeconds=soon", 'SettleSeconds: "soon" must be 30 to 1800 seconds.'),
            ("LogLevel=LOUD", 'LogLevel: "LOUD" must be one of DEBUG, INFO, WARNING, ERROR. Lowest level of'),
            ("CliniceaUrl=http://x", 'CliniceaUrl: "http://x" must be https://<host>'),
            ("ReleaseId=" + "a" * 64, "ReleaseId: make deploy sets it"),
            ("Python=3.12", "Python=3.12, but deploy.toml says python = 3.13; change it there"),
        ],
    )
    def test_a_parameter_that_is_not_allowed(
        self, root: Path, account: Account, given: str, told: str, capsys: Said
    ) -> None:
        write(root, secret_of(root), python="3.13")
        steps = Steps()

        assert run(given, steps=steps) == 2

        assert steps.taken == []
        assert told in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("samconfig", "told"),
        [
            ('stack_name = "other"', "stack: deploy.toml says clinic, samconfig.toml says other"),
            ('region = "eu-west-1"', "region: deploy.toml says ap-south-1, samconfig.toml says eu-west-1"),
            ('parameter_overrides = "SettleSeconds=\\"300\\""', "SettleSeconds: samconfig.toml keeps 300"),
            ('parameter_overrides = ["LogLevel=DEBUG"]', "LogLevel: samconfig.toml keeps DEBUG"),
            ('parameter_overrides = "LogLevel=\\"INFO\\""', ""),
            (f'parameter_overrides = "ReleaseId={"0" * 64}"', ""),
            ('stack_name = "clinic"', ""),
        ],
    )
    def test_samconfig_may_not_say_otherwise(
        self, root: Path, account: Account, samconfig: str, told: str, capsys: Said
    ) -> None:
        write(root, secret_of(root), stack="clinic")
        (root / "samconfig.toml").write_text(f"[default.deploy.parameters]\n{samconfig}\n")

        assert run() == (2 if told else 0)
        assert told in capsys.readouterr().err

    @pytest.mark.parametrize("text", ["= = =", "[default", 'default.deploy.parameters.parameter_overrides = "A=\'"'])
    def test_a_samconfig_that_cannot_be_read(self, root: Path, account: Account, text: str, capsys: Said) -> None:
        (root / "samconfig.toml").write_text(text)

        assert main_of() == 2
        assert "samconfig.toml" in capsys.readouterr().err

    def test_another_stack_than_the_file_s(self, account: Account, capsys: Said) -> None:
        assert run(stack="other") == 2
        assert "STACK=other, but deploy.toml says convox-clinicea; another deployment" in capsys.readouterr().err

    def test_where_to_does_not_go_to_sam_directly(self, account: Account, capsys: Said) -> None:
        assert run(sam="--guided --stack-name=other") == 2

        said = capsys.readouterr().err
        assert "ARGS: --guided is not allowed" in said
        assert "ARGS: --stack-name=other is not allowed" in said

    @pytest.mark.parametrize("text", [None, 'region = "ap-south-1"\n', 'clinicea_secret_arn = ""\n'])
    def test_without_a_file_or_a_secret_it_says_what_to_write(self, root: Path, text: str | None, capsys: Said) -> None:
        if text is not None:
            (root / "deploy.toml").write_text(text)

        assert main_of() == 2

        said = capsys.readouterr().err
        assert 'clinicea_secret_arn = "arn:aws:secretsmanager:…"' in said
        assert len(said.splitlines()) == 3


class TestBeforeIt:
    def test_a_secret_in_another_region(self, root: Path, account: Account, capsys: Said) -> None:
        write(root, secret("eu-west-1"))

        assert run() == 2
        assert "the secret is in eu-west-1, the stack in ap-south-1" in capsys.readouterr().err

    def test_a_secret_that_is_not_there(self, root: Path, account: Account, capsys: Said) -> None:
        write(root, "arn:aws:secretsmanager:ap-south-1:123456789012:secret:none-AbCdEf")

        assert run() == 2
        assert "there is no such secret in ap-south-1, account 123456789012" in capsys.readouterr().err

    def test_api_gateway_s_role_for_logs(self, account: Account, capsys: Said) -> None:
        account.log_role = ""

        assert run() == 2
        assert 'make deploy PARAMETERS="ApiGatewayLogRole=create"' in capsys.readouterr().err
        assert run("ApiGatewayLogRole=create") == 0

    def test_which_a_deployer_need_not_be_allowed_to_ask_for(self, account: Account) -> None:
        account.denies = True

        assert run() == 0

    @pytest.mark.parametrize(
        ("status", "told"),
        [
            ("ROLLBACK_COMPLETE", "aws cloudformation delete-stack --stack-name convox-clinicea --region ap-south-1"),
            ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name convox-clinicea"),
            ("UPDATE_IN_PROGRESS", "another deployment is running"),
        ],
    )
    def test_a_stack_that_cannot_be_updated(self, account: Account, status: str, told: str, capsys: Said) -> None:
        account.status = status

        assert run() == 2
        assert told in capsys.readouterr().err

    def test_that_nobody_is_told_and_which_mail_must_be_answered(self, account: Account, capsys: Said) -> None:
        run("AlarmsEmail=night@example.com")

        said = capsys.readouterr().out
        assert "NoticesEmail is empty: no e-mail is sent when a booking fails" in said
        assert "AWS sends a confirmation mail to night@example.com; click its link to receive mails" in said

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ("", "SourceAddresses: the API is open to all addresses"),
            ("SourceAddresses=203.0.113.0/24,0.0.0.0/0", "SourceAddresses: the API is open to all addresses"),
            ("SourceAddresses=::/0", "SourceAddresses: the API is open to all addresses"),
            ("SearchByGet=true", "SearchByGet: URLs contain mobile numbers"),
            ("TlsPolicy=none", "TlsPolicy: none is set"),
        ],
    )
    def test_what_is_open_by_choice_or_by_default(self, account: Account, given: str, told: str, capsys: Said) -> None:
        run(given or "SettleSeconds=61")

        assert told in capsys.readouterr().out

    def test_what_is_closed_is_not_told(self, account: Account, capsys: Said) -> None:
        run("SourceAddresses=203.0.113.0/24")

        said = capsys.readouterr().out
        assert [each for each in ("SourceAddresses: the", "SearchByGet: ", "TlsPolicy: ") if each in said] == []
