"""`make deploy`: checks the configuration, deploys the build under its own release id, and runs the smoke test.

deploy.toml has the target and the parameters; PARAMETERS="Name=value" is written into it. While `make run` serves a
stack on this machine, that stack is deployed instead, and deploy.toml is unchanged.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from commands import allowed, before_deploying, cli_support, deploy_file, planning, usage_plans
from commands.cli_support import Output
from commands.confirming import confirmed
from commands.deploy_file import DeployFile
from commands.explaining import REFUSED
from commands.keeping import keep
from commands.parameters import pairs, samconfig
from commands.release import PARAMETER, NotBuilt, overrides, release_id
from commands.target import Target, means_this_machine
from commands.template import template

BUILD = Path(".aws-sam") / "build"
SAM = ".tools/sam/bin/sam"
EMULATOR_PYTHON = ".tools/emulator/bin/python"
PROGRAM = f"./{cli_support.NAME}"
YES = "YES=yes (--yes)"
CACHE = "AuthorizerCacheSeconds"
Json = dict[str, Any]
Run = Callable[[Sequence[str]], int]
"""Runs a command in the project's folder and returns its exit code."""


class Refused(Exception):
    """The deployment was not started; the text says why."""


class Failed(Exception):
    """A step of the deployment failed; the text names it."""


def main() -> int:
    """Deploy; returns 1 if a step failed or the answer was no, 2 if the deployment was refused beforehand."""
    parser = argparse.ArgumentParser(prog="deploy", description=__doc__)
    parser.add_argument("--sam", default="", help="more arguments for `sam deploy`")
    parser.add_argument("parameters", nargs="*", metavar="Name=value", help="of the template; written into deploy.toml")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--stack", default="", help=f"{cli_support.MEANT} the one that deploy.toml names")
    wanted = parser.parse_args()
    try:
        if not means_this_machine(wanted.stack):
            _require_settings(wanted.parameters)
    except (*REFUSED, Refused) as refused:
        print(f"deploy: {refused}", file=sys.stderr)
        return cli_support.COULD_NOT_ASK
    return cli_support.run(Output(), wanted.stack, lambda target: deploy(target, wanted, _run))


def deploy(target: Target, wanted: argparse.Namespace, run: Run) -> int:
    """Deploy to the stack; returns the exit code."""
    try:
        changes = pairs(wanted.parameters)
        deployment = Deployment(deploy_file.ROOT, run, target, yes=wanted.yes)
        done = (
            deployment.on_this_machine(changes)
            if target.endpoint
            else deployment.on_aws(changes, wanted.stack, shlex.split(wanted.sam))
        )
    except (Failed, NotBuilt) as failed:
        print(f"deploy: {failed}", file=sys.stderr)
        return 1
    except Refused as refused:
        print(f"deploy: {refused}", file=sys.stderr)
        return cli_support.COULD_NOT_ASK
    return 0 if done else cli_support.NOT_WANTED


class Deployment:
    """Steps of a deployment, which ends at the first failed one."""

    def __init__(self, root: Path, run: Run, target: Target, *, yes: bool) -> None:
        self._root = root
        self._run = run
        self._target = target
        self._yes = yes
        self._parameters: Mapping[str, Json] = template()["Parameters"]

    def on_aws(self, given: Mapping[str, str], stack: str, more: Sequence[str]) -> bool:
        """Check, show the changes, ask, deploy and test; returns False if the answer was no."""
        file = deploy_file.read(deploy_file.path())
        kept = samconfig(self._root / "samconfig.toml")
        _refuse(planning.contradictions(file, kept, given, self._parameters, stack=stack, sam=more))
        plan = planning.plan(file, given, self._parameters)
        now = before_deploying.standing(self._target)
        _refuse(before_deploying.obstacles(self._target, now, plan.values))
        self._built_for(plan.values)
        check = [PROGRAM, "check-config", *(f"{name}={value}" for name, value in plan.values.items())]
        self._step(check, "the configuration is refused")
        release = release_id(self._root, self._root / BUILD, plan.values)
        changes = self._changes(now, {**plan.values, PARAMETER: release})
        if not changes and not more:
            print(f"nothing to deploy: release {release[:12]} is deployed with these parameters", flush=True)
        elif not confirmed(self._target.address(), "deploy to this stack", yes=self._yes, option=YES):
            return False
        self._keep(file, plan)
        if changes or more:
            values = {**plan.values, PARAMETER: release}
            if now.status and usage_plans.are_new(self._target):
                self._prepare_usage_plans(values, more)
            self._sam_deploy(values, more)
        self._smoke(release)
        return True

    def on_this_machine(self, given: Mapping[str, str]) -> bool:
        """Build, deploy and test the stack that `make run` serves; returns False if the answer was no."""
        _refuse(allowed.problems(given, self._parameters))
        note = ", with its present and these parameters; deploy.toml is unchanged" if given else ""
        if not confirmed(self._target.address(), f"deploy to this machine{note}", yes=self._yes, option=YES):
            return False
        given_ones = [f"{name}={value}" for name, value in given.items()]
        self._step([EMULATOR_PYTHON, "-m", "local.redeploy", *given_ones], "the deployment has failed")
        return True

    def _built_for(self, parameters: Mapping[str, str]) -> None:
        """Check that the built layer is for the deployed Python and processor."""
        check = ["--check", str(BUILD / "ConnectorLayer"), "--python", parameters["Python"]]
        check += ["--arch", parameters["Architecture"]]
        self._step([".tools/sam/bin/python", "layers/connector/build.py", *check], "the build does not match")

    def _changes(self, now: before_deploying.Standing, values: Mapping[str, str]) -> list[str]:
        """Print the changes against the deployed stack, and warnings; returns the changes."""
        changes = planning.differences(now.parameters, values, allowed.defaults(self._parameters))
        if changes:
            print(f"{self._target.stack}: {'what changes' if now.status else 'a new stack, with'}")
            print("\n".join(changes))
        for warning in before_deploying.warnings(now, values):
            print(f"  note: {warning}")
        sys.stdout.flush()
        return changes

    def _keep(self, file: DeployFile, plan: planning.Plan) -> None:
        """Write make's parameters into the file before the deployment, which continues on AWS if we are interrupted."""
        if not plan.kept:
            return
        keep(file.path, plan.kept)
        print(f"kept in {file.path.name}: {', '.join(f'{name}={value}' for name, value in plan.kept.items())}")

    def _sam_deploy(self, values: Mapping[str, str], more: Sequence[str]) -> None:
        target = self._target
        print(f"release {values[PARAMETER]}", flush=True)
        command = [SAM, "deploy", "--stack-name", target.stack, "--region", target.region]
        command += ["--profile", target.profile] if target.profile else []
        command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", *more]
        self._step([*command, "--parameter-overrides", *overrides(values)], "sam deploy has failed")

    def _prepare_usage_plans(self, values: Mapping[str, str], more: Sequence[str]) -> None:
        cached = values.get(CACHE) or self._parameters[CACHE]["Default"]
        usage_plans.prepare(
            self._root / BUILD, lambda variant: self._sam_deploy(values, [*more, *variant]), float(cached), time.sleep
        )

    def _smoke(self, release: str) -> None:
        command = [PROGRAM, "smoke", "--stack", self._target.stack, "--release", release]
        self._step(command, "it is deployed, but the smoke test failed")

    def _step(self, command: Sequence[str], otherwise: str) -> None:
        if self._run(command):
            raise Failed(otherwise)


def _require_settings(given: Sequence[str]) -> None:
    file = deploy_file.read(deploy_file.path())
    if not file.path.is_file() or not (file.parameters | pairs(given)).get(planning.SECRET):
        raise Refused(planning.missing(file))


def _refuse(problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise Refused("\n  ".join(["nothing was deployed", *found]))


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, cwd=deploy_file.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
