"""`python -m local.redeploy`: builds and deploys to the stack that `make run` serves, and tests it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import EndpointConnectionError

from commands.release import PARAMETER, release_id
from local import paths
from local.build import build
from local.deploy import Deployment
from local.processes import LaunchError, clean_environment, temporary_folder
from local.warming import warm


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy with changed parameters (Name=value); returns 1 if it failed or the test failed."""
    changes = dict(word.split("=", 1) for word in (sys.argv[1:] if arguments is None else arguments))
    try:
        stack = json.loads(paths.STACK_FILE.read_text())
        with temporary_folder() as temporary:
            built = Path(temporary) / "build"
            deployment = Deployment(built, stack["aws_endpoint_url"], stack["clinicea_url"], "api_key")
            release = _deploy(deployment, changes, built, clean_environment(Path(temporary)))
    except LaunchError as failure:
        print(failure, file=sys.stderr)
        return 1
    except (FileNotFoundError, EndpointConnectionError):
        print("no stack is served on this machine; `make run` starts one", file=sys.stderr)
        return 1
    command = [str(paths.ROOT / "connector"), "smoke", "--stack", "local", "--release", release]
    return subprocess.run(command, check=False).returncode


def _deploy(deployment: Deployment, changes: dict[str, str], built: Path, environment: dict[str, str]) -> str:
    if not build(built, environment):
        print("nothing has changed since the last build", flush=True)
    parameters = {**deployment.parameters(), **changes}
    release = release_id(paths.ROOT, built, parameters)
    if release == _running(deployment):  # otherwise SAM fails, because there is nothing to change
        print(f"nothing to deploy: release {release[:12]} is deployed with these parameters", flush=True)
        return release
    print(f"release {release}", flush=True)
    deployment.leave_out()
    deployment.deploy(parameters, environment)
    deployment.apply_left_out()
    deployment.lift_unknown_conditions()
    warm(deployment.stack())  # otherwise the following checks cause thirteen cold starts at once
    return release


def _running(deployment: Deployment) -> str:
    """Return the deployed release id."""
    (stack,) = deployment.client("cloudformation").describe_stacks(StackName=paths.STACK)["Stacks"]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    return str(given.get(PARAMETER, ""))


if __name__ == "__main__":
    sys.exit(main())
