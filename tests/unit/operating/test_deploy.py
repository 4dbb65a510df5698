"""`make deploy`: its steps and their order, and what makes it stop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from commands.deploy import Deployment, Refused, saved, stack_name
from commands.parameters import UnreadableParameters
from commands.release import NotBuilt, overrides, release_id

SECRET = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:clinicea-AbCdEf"
KEPT = f"""[default.deploy.parameters]
stack_name = "clinic"
parameter_overrides = "CliniceaSecretArn=\\"{SECRET}\\" Python=\\"3.12\\""
"""
NOTHING = '[default.global.parameters]\nstack_name = "convox-clinicea"\n'


class Steps:
    """Notes each command; one that contains `fails` ends badly, and SAM's questions are answered by `answers`."""

    def __init__(self, root: Path, fails: str = "", answers: str = "") -> None:
        self._root = root
        self._fails = fails
        self._answers = answers
        self.taken: list[str] = []

    def __call__(self, command: Sequence[str]) -> int:
        line = " ".join(command)
        self.taken.append(line)
        if "--guided" in command and self._answers:
            (self._root / "samconfig.toml").write_text(self._answers)
        return 1 if self._fails and self._fails in line else 0

    @property
    def names(self) -> list[str]:
        found = []
        for line in self.taken:
            known = ("build.py", "--guided", "check-config", "sam deploy", "commands.smoke", "local.redeploy")
            found.append(next(name for name in known if name in line))
        return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that has been built."""
    (tmp_path / "functions" / "one").mkdir(parents=True)
    (tmp_path / "functions" / "one" / "app.py").write_text("handler = 1\n")
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    (tmp_path / "samconfig.toml").write_text(KEPT)
    layer = tmp_path / ".aws-sam" / "build" / "ConnectorLayer"
    layer.mkdir(parents=True)
    (layer / "layer.json").write_text(json.dumps({"content": "abc"}))
    return tmp_path


def deploy(root: Path, steps: Steps, **changes: str) -> None:
    Deployment(root, steps).on_aws(changes, "3.13", "arm64", [])


def released(steps: Steps) -> str:
    (line,) = [each for each in steps.taken if "sam deploy" in each and "--guided" not in each]
    return line.partition('ReleaseId="')[2].partition('"')[0]


def test_the_configuration_is_checked_before_and_the_answers_are_tried_after(root: Path) -> None:
    steps = Steps(root)

    deploy(root, steps)

    assert steps.names == ["build.py", "check-config", "sam deploy", "commands.smoke"]
    assert f"CliniceaSecretArn={SECRET}" in steps.taken[1]
    assert steps.taken[-1].endswith(f"--stack clinic --release {released(steps)}")


@pytest.mark.parametrize(("fails", "taken"), [("build.py", 1), ("check-config", 2), ("sam deploy", 3), ("smoke", 4)])
def test_what_fails_ends_it_there(root: Path, fails: str, taken: int) -> None:
    steps = Steps(root, fails=fails)

    with pytest.raises(Refused):
        deploy(root, steps)

    assert len(steps.taken) == taken


def test_on_first_use_it_asks_and_deploys_nothing_before_the_answers_are_checked(root: Path) -> None:
    (root / "samconfig.toml").write_text(NOTHING)
    steps = Steps(root, answers=KEPT)

    deploy(root, steps)

    assert steps.names == ["build.py", "--guided", "build.py", "check-config", "sam deploy", "commands.smoke"]
    assert "--no-execute-changeset" in steps.taken[1]
    assert "--python 3.12" in steps.taken[2], "the build is compared with what was answered"


def test_answers_that_were_not_kept_are_none(root: Path) -> None:
    (root / "samconfig.toml").write_text(NOTHING)

    with pytest.raises(Refused, match="were not kept"):
        deploy(root, Steps(root))


def test_what_is_given_goes_over_what_is_kept(root: Path) -> None:
    steps = Steps(root)

    deploy(root, steps, SettleSeconds="300")

    assert 'SettleSeconds="300"' in steps.taken[2]
    assert f'CliniceaSecretArn="{SECRET}"' in steps.taken[2]
    assert 'Python="3.13"' in steps.taken[2]


def test_values_that_are_empty_or_hold_spaces_and_quotes_are_quoted() -> None:
    assert overrides({"Clinics": "", "Title": 'a "b" \\c'}) == ['Clinics=""', 'Title="a \\"b\\" \\\\c"']


def test_a_release_is_another_when_layer_function_template_or_parameter_is(root: Path) -> None:
    def now(**parameters: str) -> str:
        return release_id(root, root / ".aws-sam" / "build", parameters)

    first = now(SettleSeconds="120")
    assert len(first) == 64
    assert now(SettleSeconds="120", ReleaseId="x" * 64) == first, "its own id is no part of it"
    seen = {first, now(SettleSeconds="121"), now()}
    (root / "functions" / "one" / "app.py").write_text("handler = 2\n")
    seen.add(now(SettleSeconds="120"))
    (root / "template.yaml").write_text("Resources: {A: {}}\n")
    seen.add(now(SettleSeconds="120"))
    (root / ".aws-sam/build/ConnectorLayer/layer.json").write_text('{"content": "def"}')
    seen.add(now(SettleSeconds="120"))

    assert len(seen) == 6


def test_without_a_built_layer_there_is_no_release(root: Path) -> None:
    (root / ".aws-sam/build/ConnectorLayer/layer.json").unlink()

    with pytest.raises(NotBuilt, match="make build"):
        deploy(root, Steps(root))


def test_a_kept_release_id_is_never_used_again(root: Path) -> None:
    (root / "samconfig.toml").write_text(KEPT.replace("Python=", f'ReleaseId=\\"{"0" * 64}\\" Python='))

    assert saved(root / "samconfig.toml") == {"CliniceaSecretArn": SECRET, "Python": "3.12"}


def test_the_stack_is_the_one_that_sam_is_given_or_keeps(root: Path) -> None:
    assert stack_name(root / "samconfig.toml") == "clinic"
    assert stack_name(root / "samconfig.toml", ["--stack-name", "other"]) == "other"
    (root / "samconfig.toml").write_text(NOTHING)
    assert stack_name(root / "samconfig.toml") == "convox-clinicea"


@pytest.mark.parametrize("text", ["= = =", "[default"])
def test_a_samconfig_that_cannot_be_read_is_refused(root: Path, text: str) -> None:
    (root / "samconfig.toml").write_text(text)

    with pytest.raises(UnreadableParameters):
        deploy(root, Steps(root))


def test_a_stack_on_this_machine_is_deployed_by_the_launcher(root: Path) -> None:
    steps = Steps(root)

    Deployment(root, steps).on_this_machine({"SettleSeconds": "60"})

    assert steps.names == ["local.redeploy"]
    assert steps.taken[0].endswith("SettleSeconds=60")
