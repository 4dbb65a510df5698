"""deploy.toml: where the connector is deployed to, and with which of the template's parameters.

It is read by `make deploy`, and by every command for the stack, region and profile. `make deploy PARAMETERS=…` writes
what it was told into it. git ignores it: it names an account. `deploy.toml.example` is the commented sample.
"""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "DEPLOY_FILE"
"""The environment variable that names another file, for a second deployment."""
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
"""The keys that stand for a parameter of the template; all others stand in the table `parameters` by their own name."""


class UnreadableDeployFile(Exception):
    """The file is not valid; the text says what is wrong where."""


@dataclass(frozen=True)
class DeployFile:
    """What the file says; empty where it says nothing.

    Attributes:
        fixed: the parameters that its own keys set, by the template's names.
        more: those of its table `parameters`.
    """

    path: Path
    stack: str = ""
    region: str = ""
    profile: str = ""
    fixed: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        """All the template's parameters that the file sets."""
        return self.fixed | self.more


def path() -> Path:
    """Return where the file is: deploy.toml in the project's folder, or the one that DEPLOY_FILE names."""
    return ROOT / (os.environ.get(VARIABLE) or "deploy.toml")


def read(file: Path) -> DeployFile:
    """Return what the file says; a file that is not there says nothing.

    Raises:
        UnreadableDeployFile: it is no TOML, has a key that is not known, or sets a parameter twice.
    """
    try:
        return parsed(file.read_text("utf-8"), file) if file.is_file() else DeployFile(file)
    except UnicodeDecodeError:
        raise UnreadableDeployFile(f"{file.name} is not UTF-8 text") from None


def parsed(text: str, file: Path) -> DeployFile:
    """Return what a file's text says; raises UnreadableDeployFile."""
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
    """A value as CloudFormation takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise UnreadableDeployFile(f"{file.name}: {key} must be a text, a number, true or false")
    return str(value)
