"""deploy.toml: the target of the deployment, and the template's parameters.

`make deploy` reads it, and every command reads stack, region and profile from it. `make deploy PARAMETERS=…` writes
parameters into it. git ignores it, because it names an account. `deploy.toml.example` is the commented sample.
"""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "DEPLOY_FILE"
"""Environment variable with the path of another file, for a second deployment."""
SAMPLE = "deploy.toml.example"
PLACES = ("stack", "region", "profile")
FIXED = {
    "clinicea_secret_arn": "CliniceaSecretArn",
    "notices_email": "NoticesEmail",
    "alarms_email": "AlarmsEmail",
    "runbook_url": "RunbookUrl",
    "python": "Python",
    "architecture": "Architecture",
}
"""Keys for parameters of the template; other parameters are in the table `parameters` under their own names."""


class UnreadableDeployFile(Exception):
    """The file is invalid; the text names place and problem."""


@dataclass(frozen=True)
class DeployFile:
    """The file's contents; empty where it has none.

    Attributes:
        fixed: parameters set by keys of their own, by the template's names.
        more: parameters in the table `parameters`.
    """

    path: Path
    stack: str = ""
    region: str = ""
    profile: str = ""
    fixed: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        """Return all parameters of the template that the file sets."""
        return self.fixed | self.more


def path() -> Path:
    """Return the file's path: deploy.toml in the project's folder, or the path in DEPLOY_FILE."""
    return ROOT / (os.environ.get(VARIABLE) or "deploy.toml")


def read(file: Path) -> DeployFile:
    """Parse the file; a missing file is empty.

    Raises:
        UnreadableDeployFile: it is not TOML, has an unknown key, or sets a parameter twice.
    """
    try:
        return parsed(file.read_text("utf-8"), file) if file.is_file() else DeployFile(file)
    except UnicodeDecodeError:
        raise UnreadableDeployFile(f"{file.name} is not UTF-8 text") from None


def parsed(text: str, file: Path) -> DeployFile:
    """Parse a file's text; raises UnreadableDeployFile."""
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableDeployFile(f"{file.name} is not TOML: {error}") from None
    known = (*PLACES, *FIXED, "parameters")
    unknown = [key for key in written if key not in known]
    if unknown:
        hint = f"known are {', '.join(known[:-1])}; any other parameter goes below [parameters]"
        raise UnreadableDeployFile(f"{file.name}: {unknown[0]} is not known here; {hint}")
    table = written.get("parameters", {})
    if not isinstance(table, dict):
        raise UnreadableDeployFile(f"{file.name}: parameters must be a table, [parameters]")
    more = {name: _text(file, name, value) for name, value in table.items()}
    twice = [key for key, name in FIXED.items() if name in more]
    if twice:
        key = twice[0]
        raise UnreadableDeployFile(f"{file.name}: {FIXED[key]} has a key of its own here, {key}; set only that")
    fixed = {FIXED[key]: _text(file, key, written[key]) for key in FIXED if written.get(key, "") != ""}
    places = {key: _text(file, key, written.get(key, "")) for key in PLACES}
    return DeployFile(file, **places, fixed=fixed, more=more)


def _text(file: Path, key: str, value: Any) -> str:
    """Return a value in CloudFormation's form."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise UnreadableDeployFile(f"{file.name}: {key} must be a text, a number, true or false")
    return str(value)
