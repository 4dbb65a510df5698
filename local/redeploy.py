"""`python -m local.redeploy`: build and deploy anew to the stack that `make run` serves, and see that it answers."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import EndpointConnectionError

from local import paths
from local.build import build
from local.deploy import Deployment
from local.processes import LaunchError, clean_environment, temporary_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy with changed parameters (Name=value); 1 if it failed or does not answer as it should."""
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
    print(f"release {release}", flush=True)
    return subprocess.run([sys.executable, "-m", "commands.smoke", "--release", release], check=False).returncode


def _deploy(deployment: Deployment, changes: dict[str, str], built: Path, environment: dict[str, str]) -> str:
    if not build(built, environment):
        print("nothing has changed since the last build", flush=True)
    deployment.leave_out()
    release = deployment.deploy({**deployment.parameters(), **changes}, environment)
    deployment.apply_left_out()
    deployment.lift_unknown_conditions()
    return release


if __name__ == "__main__":
    sys.exit(main())
