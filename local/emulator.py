"""The two local servers: the embedded AWS (ministack) and the fake Clinicea."""

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from local import paths
from local.convox import ENVIRONMENT
from local.processes import Child, running

START_SECONDS = 60
ACCOUNT = "000000000000"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": paths.REGION,
    "AWS_REGION": paths.REGION,
    # No user profile may influence this deployment or send it to a real account.
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAM_CLI_TELEMETRY": "0",
}


def start_aws(port: int, temporary: Path, environment: dict[str, str]) -> AbstractContextManager[Child]:
    """Start the embedded AWS on `port`, with its state in `temporary`."""
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": paths.REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "LAMBDA_EXECUTOR": "local",
        "AUTH": "true",  # enforce the functions' permissions; the deployer is the account's root
        "STATE_DIR": str(temporary / "aws"),
        "S3_DATA_DIR": str(temporary / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    return running("embedded AWS", [sys.executable, "-m", "ministack"], environment | CREDENTIALS | settings)


def start_clinicea(port: int, environment: dict[str, str], world: str) -> AbstractContextManager[Child]:
    """Start the fake Clinicea on `port` with a world's account and invented patients."""
    program = [sys.executable, "-m", "local.clinicea", "--port", str(port), "--sample", "--world", world]
    return running("fake Clinicea", program, environment)


def start_convox(
    port: int, environment: dict[str, str], addresses: Mapping[str, str], token: tuple[str, str]
) -> AbstractContextManager[Child]:
    """Start the ConVox simulator on `port`.

    Args:
        addresses: of the API, the fake Clinicea and the desk, as the simulator's options name them.
        token: header and value of the access token.
    """
    program = [sys.executable, "-m", "local.convox", "--port", str(port)]
    for name, address in addresses.items():
        program += [f"--{name}", address]
    return running("ConVox simulator", program, environment | dict(zip(ENVIRONMENT, token, strict=True)))


def wait_for(child: Child, url: str) -> None:
    """Wait until `url` answers 200."""

    def answers() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    child.wait_until(answers, START_SECONDS)
