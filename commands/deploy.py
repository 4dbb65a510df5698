"""`make deploy`: check the configuration, deploy the build under a release id of its own, and see that it answers.

Without saved parameters (samconfig.toml) or given ones it asks for them first, as `sam deploy --guided` does. While
`make run` serves a stack on this machine, that one is deployed anew instead.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from commands.parameters import UnreadableParameters, read
from commands.release import PARAMETER, NotBuilt, overrides, release_id
from commands.target import STACK_FILE

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(".aws-sam") / "build"
SAM = ".tools/sam/bin/sam"
EMULATOR_PYTHON = ".tools/emulator/bin/python"
Run = Callable[[Sequence[str]], int]
"""Runs a command in the project's folder and returns its exit code."""


class Refused(Exception):
    """The deployment was not begun, or has failed; the text says why."""


def main() -> int:
    """Deploy; 1 if anything was refused or failed."""
    parser = argparse.ArgumentParser(prog="deploy", description=__doc__)
    parser.add_argument("--python", required=True)
    parser.add_argument("--arch", required=True)
    parser.add_argument("--sam", default="", help="more arguments for `sam deploy`")
    parser.add_argument(
        "parameters", nargs="*", metavar="Name=value", help="of the template; over those that are saved"
    )
    wanted = parser.parse_args()
    try:
        deployment = Deployment(ROOT, _run)
        changes = read(wanted.parameters, None).values
        if STACK_FILE.is_file():
            deployment.on_this_machine(changes)
        else:
            deployment.on_aws(changes, wanted.python, wanted.arch, shlex.split(wanted.sam))
    except (NotBuilt, Refused, UnreadableParameters) as refused:
        print(f"deploy: {refused}", file=sys.stderr)
        return 1
    return 0


class Deployment:
    """The steps, each of which must succeed for the next to be taken."""

    def __init__(self, root: Path, run: Run) -> None:
        self._root = root
        self._run = run

    def on_aws(self, changes: Mapping[str, str], python: str, arch: str, more: Sequence[str]) -> None:
        """Ask where nothing is known, check, deploy, smoke."""
        parameters = self._parameters(changes, python, arch)
        self._built_for(parameters)
        if not changes and not saved(self._root / "samconfig.toml"):
            self._ask(parameters, more)
            parameters = self._parameters(changes, python, arch)
            self._built_for(parameters)
        self._step(
            ["make", "--no-print-directory", "check-config", f"PARAMETERS={_joined(parameters)}"],
            "the configuration is refused",
        )
        release = release_id(self._root, self._root / BUILD, parameters)
        given = overrides({**parameters, PARAMETER: release})
        print(f"release {release}", flush=True)
        self._step([SAM, "deploy", *more, "--parameter-overrides", *given], "sam deploy has failed")
        self._smoke(stack_name(self._root / "samconfig.toml", more), release)

    def on_this_machine(self, changes: Mapping[str, str]) -> None:
        """Build, deploy and smoke the stack that `make run` serves."""
        given_ones = [f"{name}={value}" for name, value in changes.items()]
        self._step([EMULATOR_PYTHON, "-m", "local.redeploy", *given_ones], "the deployment has failed")

    def _parameters(self, changes: Mapping[str, str], python: str, arch: str) -> dict[str, str]:
        known = saved(self._root / "samconfig.toml")
        chosen = {"Python": python, "Architecture": arch} if changes or not known else {}
        return {**known, **chosen, **changes}

    def _built_for(self, parameters: Mapping[str, str]) -> None:
        """The layer in the build must be the one for the Python and the processor that are deployed."""
        check = ["--check", str(BUILD / "ConnectorLayer"), "--python", parameters.get("Python", "3.13")]
        check += ["--arch", parameters.get("Architecture", "arm64")]
        self._step([".tools/sam/bin/python", "layers/connector/build.py", *check], "the build does not fit")

    def _ask(self, parameters: Mapping[str, str], more: Sequence[str]) -> None:
        """Let SAM ask for the parameters and keep them; nothing is deployed yet."""
        release = release_id(self._root, self._root / BUILD, parameters)
        given = overrides({**parameters, PARAMETER: release})
        command = [SAM, "deploy", "--guided", "--no-execute-changeset", *more, "--parameter-overrides", *given]
        self._step(command, "the questions were not answered")
        if not saved(self._root / "samconfig.toml"):
            raise Refused("the answers were not kept; say yes to 'Save arguments to configuration file'")

    def _smoke(self, stack: str, release: str) -> None:
        command = [EMULATOR_PYTHON, "-m", "commands.smoke", "--stack", stack, "--release", release]
        self._step(command, "it is deployed, and does not answer as it should")

    def _step(self, command: Sequence[str], otherwise: str) -> None:
        if self._run(command):
            raise Refused(otherwise)


def saved(samconfig: Path) -> dict[str, str]:
    """Return the parameters that samconfig.toml keeps, but for the release id: that is never an old one."""
    return {name: value for name, value in read([], samconfig).values.items() if name != PARAMETER}


def stack_name(samconfig: Path, more: Sequence[str] = ()) -> str:
    """Return the stack's name: as given to SAM, or as samconfig.toml keeps it."""
    return more[more.index("--stack-name") + 1] if "--stack-name" in more else read([], samconfig).stack


def _joined(parameters: Mapping[str, str]) -> str:
    """As a shell reads it: make hands it to one."""
    return " ".join(shlex.quote(f"{name}={value}") for name, value in parameters.items())


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
