"""`make deploy`: its steps and their order, what it asks, what it keeps, and what makes it stop."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from commands import allowed, deploy, deploy_file, usage_plans
from commands.template import template
from tests.support import deploying
from tests.support.deploy_runs import Said, released, run, secret_of, steps_instead
from tests.support.deploying import Account, Steps, secret, write
from tests.support.places import on_this_machine
from tests.support.small_server import SmallServer, json_reply
from tests.support.terminal import Terminal

WHERE = "convox-clinicea on AWS, account 123456789012, region ap-south-1"
BUILT = {
    "Resources": {
        "Api": {
            "Type": "AWS::Serverless::Api",
            "Properties": {
                "ApiKeySourceType": "AUTHORIZER",
                "Auth": {"ApiKeyRequired": True, "DefaultAuthorizer": "A"},
            },
        },
        "ClientUsage": {"Type": "AWS::ApiGateway::UsagePlan"},
    }
}


class TestSteps:
    def test_it_checks_before_and_tries_the_answers_after(self, root: Path, account: Account) -> None:
        steps = Steps()

        assert run(steps=steps) == 0

        assert steps.names == ["build.py", "check-config", "sam deploy", "connector smoke"]
        sam = steps.of("sam deploy")
        assert "--stack-name convox-clinicea --region ap-south-1 --no-confirm-changeset" in sam
        assert "--guided" not in sam
        assert steps.of("smoke").endswith(f"--stack convox-clinicea --release {released(steps)}")

    @pytest.mark.parametrize(
        ("fails", "taken"), [("build.py", 1), ("check-config", 2), ("sam deploy", 3), ("smoke", 4)]
    )
    def test_what_fails_ends_it_there(self, account: Account, fails: str, taken: int) -> None:
        steps = Steps(fails)

        assert (run(steps=steps), len(steps.taken)) == (1, taken)

    def test_every_parameter_is_passed_so_none_is_left_from_before(self, root: Path, account: Account) -> None:
        account.status, account.parameters = "UPDATE_COMPLETE", {"SettleSeconds": "999"}
        steps = Steps()

        run(steps=steps)

        sam = steps.of("sam deploy")
        assert all(f' {name}="' in sam for name in template()["Parameters"])
        assert 'SettleSeconds="120"' in sam

    def test_stack_region_profile_python_and_processor_are_from_file(self, root: Path, account: Account) -> None:
        (root / "aws-config").write_text("[profile north]\naws_access_key_id = c\naws_secret_access_key = d\n")
        arn = secret("eu-north-1")
        write(root, arn, stack="north", region="eu-north-1", profile="north", python="3.12", architecture="x86_64")
        steps = Steps()

        assert run(steps=steps) == 0

        assert "--stack-name north --region eu-north-1 --profile north" in steps.of("sam deploy")
        assert "--python 3.12 --arch x86_64" in steps.of("build.py")
        assert 'Python="3.12"' in steps.of("sam deploy")
        assert "--stack north" in steps.of("smoke")

    def test_what_is_deployed_already_is_only_tried(self, root: Path, account: Account, capsys: Said) -> None:
        first = Steps()
        run(steps=first)
        values = allowed.defaults(template()["Parameters"]) | deploy_file.read(root / "deploy.toml").parameters
        account.status = "CREATE_COMPLETE"
        account.parameters = deploying.as_deployed(values, released(first))
        capsys.readouterr()
        again = Steps()

        assert run(steps=again, yes=False) == 0

        assert again.names == ["build.py", "check-config", "connector smoke"]
        assert "nothing to deploy: release" in capsys.readouterr().out

    def test_without_a_built_layer_it_says_what_to_do(self, root: Path, account: Account, capsys: Said) -> None:
        (root / ".aws-sam/build/ConnectorLayer/layer.json").unlink()

        assert run() == 1
        assert "make build" in capsys.readouterr().err


class TestTheFirstUsagePlan:
    """A stack that answers ConVox gets it in two steps: no cached answer of the authorizer names a key yet."""

    @pytest.fixture
    def waited(self, root: Path, account: Account, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        (root / ".aws-sam/build/template.yaml").write_text(json.dumps(BUILT))
        account.status, account.outputs = "UPDATE_COMPLETE", {"ApiUrl": "https://api.example"}
        waited: list[float] = []
        monkeypatch.setattr("time.sleep", waited.append)
        return waited

    def test_it_is_prepared_and_required_once_the_cache_is_over(self, root: Path, waited: list[float]) -> None:
        steps = Steps()

        assert run("AuthorizerCacheSeconds=300", steps=steps) == 0

        prepared, required = [each for each in steps.taken if "sam deploy" in each]
        assert f"--template-file {root}/.aws-sam/build/prepared.yaml" in prepared
        assert "--template-file" not in required
        assert waited == [300 + usage_plans.MARGIN_SECONDS]
        api = yaml.safe_load((root / ".aws-sam/build/prepared.yaml").read_text())["Resources"]
        assert api["Api"]["Properties"] == {"Auth": {"DefaultAuthorizer": "A"}}
        assert "ClientUsage" in api

    def test_where_preparing_fails_nothing_is_required(self, waited: list[float]) -> None:
        assert run(steps=Steps("prepared.yaml")) == 1
        assert waited == []

    @pytest.mark.parametrize("status", ["", "UPDATE_COMPLETE"])
    def test_a_new_stack_and_one_that_has_it_are_deployed_at_once(
        self, account: Account, waited: list[float], status: str
    ) -> None:
        account.status = status
        account.outputs["UsagePlanId"] = "abc123"
        steps = Steps()

        assert run(steps=steps) == 0

        assert "--template-file" not in steps.of("sam deploy")
        assert waited == []


class TestTheQuestion:
    def test_account_region_and_stack_are_shown_and_what_changes(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, capsys: Said
    ) -> None:
        account.status, account.parameters = "UPDATE_COMPLETE", {"SettleSeconds": "60", "ReleaseId": "a" * 64}
        monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
        steps = Steps()

        assert run(steps=steps, yes=False) == 0

        said = capsys.readouterr()
        assert f"{WHERE}\nDeploy to this stack? yes/no: " in said.err
        assert "  SettleSeconds: 60 -> 120\n" in said.out
        assert f"  ReleaseId: aaaaaaaaaaaa -> {released(steps)[:12]}\n" in said.out

    def test_a_new_stack_shows_what_is_not_the_default(self, account: Account, capsys: Said) -> None:
        run("SettleSeconds=61", "LogLevel=INFO")

        said = capsys.readouterr().out
        assert "convox-clinicea: a new stack, with\n" in said
        assert "  SettleSeconds: 61\n" in said
        assert "  CliniceaSecretArn: arn:aws:secretsmanager:" in said
        assert "  LogLevel:" not in said

    def test_a_no_deploys_nothing_and_keeps_nothing(
        self, root: Path, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = (root / "deploy.toml").read_text()
        monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
        steps = Steps()

        assert run("SettleSeconds=61", steps=steps, yes=False) == 1

        assert steps.names == ["build.py", "check-config"]
        assert (root / "deploy.toml").read_text() == before

    def test_without_a_terminal_and_a_yes_production_is_not_reached(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, capsys: Said
    ) -> None:
        steps = Steps()
        steps_instead(monkeypatch, steps)
        monkeypatch.setattr(sys, "argv", ["deploy"])

        assert deploy.main() == 2

        assert steps.names == ["build.py", "check-config"]
        assert "nothing was changed: there is no terminal to confirm on" in capsys.readouterr().err


class TestKeeping:
    def test_what_was_told_is_kept_and_said(self, root: Path, account: Account, capsys: Said) -> None:
        run("SettleSeconds=61", "NoticesEmail=desk@example.com")

        text = (root / "deploy.toml").read_text()
        assert 'SettleSeconds = "61"' in text
        assert 'notices_email = "desk@example.com"' in text
        assert "# ours\n" in text
        assert "# made in May\n" in text
        assert "kept in deploy.toml: SettleSeconds=61, NoticesEmail=desk@example.com" in capsys.readouterr().out
        steps = Steps()
        run(steps=steps)
        assert 'SettleSeconds="61"' in steps.of("sam deploy")

    def test_kept_even_if_the_deployment_is_not_watched_to_its_end(self, root: Path, account: Account) -> None:
        assert run("SettleSeconds=61", steps=Steps("sam deploy")) == 1

        assert deploy_file.read(root / "deploy.toml").more == {"SettleSeconds": "61"}

    def test_what_the_file_says_already_leaves_it_alone(self, root: Path, account: Account) -> None:
        file = write(root, secret_of(root), parameters="SettleSeconds = 61")
        before = file.stat().st_mtime_ns

        run("SettleSeconds=61")

        assert file.stat().st_mtime_ns == before


class TestOnThisMachine:
    @pytest.fixture(autouse=True)
    def here(self, root: Path) -> Iterator[None]:
        with SmallServer(lambda _: json_reply({}, 200)) as server:
            on_this_machine(root, aws_endpoint_url=server.url, pid=os.getpid())
            yield

    @pytest.mark.parametrize("stack", ["", "local"])
    def test_the_launcher_deploys_and_deploy_toml_is_left_alone(self, root: Path, stack: str, capsys: Said) -> None:
        steps = Steps()

        assert run("SettleSeconds=60", steps=steps, stack=stack) == 0

        assert steps.names == ["local.redeploy"]
        assert steps.taken[0].endswith("SettleSeconds=60")
        assert "convox-clinicea on this machine\n" in capsys.readouterr().err
        assert not (root / "deploy.toml").exists()

    def test_a_parameter_that_is_not_allowed_is_refused_here_too(self, capsys: Said) -> None:
        steps = Steps()

        assert run("SettleSecond=61", steps=steps) == 2
        assert (steps.taken, "SettleSeconds?" in capsys.readouterr().err) == ([], True)


def test_sample_says_what_is_needed_and_nothing_unknown(root: Path) -> None:
    sample = template_root() / "deploy.toml.example"
    text = sample.read_text("utf-8")
    commented = "".join(f"{line.lstrip('# ') if ' = ' in line else line}\n" for line in text.splitlines())

    assert deploy_file.parsed(text, sample) == deploy_file.DeployFile(sample, region="ap-south-1")
    found = deploy_file.parsed(commented, sample)
    assert list(allowed.problems(found.more, template()["Parameters"])) == []
    assert json.loads(json.dumps(found.stack)) == "convox-clinicea"


def template_root() -> Path:
    return Path(__file__).resolve().parents[3]
