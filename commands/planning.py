"""Plan of a deployment from deploy.toml, make's arguments and the template's defaults, and contradictions in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commands import allowed
from commands.deploy_file import FIXED, SAMPLE, DeployFile
from commands.parameters import Samconfig
from commands.release import PARAMETER
from commands.target import DEFAULT_STACK

SECRET = "CliniceaSecretArn"  # noqa: S105 - a parameter's name
OURS = ("--guided", "-g", "--stack-name", "--region", "--profile", "--parameter-overrides", "--confirm-changeset")
Json = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Parameters of a deployment.

    Attributes:
        values: every parameter of the template, without the release id.
        kept: parameters given to make that are not in the file yet.
    """

    values: dict[str, str]
    kept: dict[str, str]


def missing(file: DeployFile) -> str:
    """Return instructions for a missing file, or a file without the secret."""
    lines = [
        f"{file.path.name} does not say where to deploy to and with which secret. Write into it ({SAMPLE} has more):",
        '  region = "ap-south-1"',
        '  clinicea_secret_arn = "arn:aws:secretsmanager:…"    # what `aws secretsmanager create-secret` has printed',
    ]
    return "\n".join(lines)


def plan(file: DeployFile, given: Mapping[str, str], parameters: Mapping[str, Json]) -> Plan:
    """Return the plan of the deployment."""
    kept = {name: value for name, value in given.items() if file.parameters.get(name) != value}
    return Plan({**allowed.defaults(parameters), **file.parameters, **given}, kept)


def contradictions(
    file: DeployFile,
    kept: Samconfig,
    given: Mapping[str, str],
    parameters: Mapping[str, Json],
    *,
    stack: str = "",
    sam: Sequence[str] = (),
) -> Iterator[str]:
    """Yield a line for each contradiction or forbidden argument.

    Args:
        given: the parameters given to make.
        stack: the stack given to make, or empty.
        sam: more arguments for `sam deploy`.
    """
    name = file.path.name
    for key, ours, theirs in (
        ("stack", file.stack, kept.stack),
        ("region", file.region, kept.region),
        ("profile", file.profile, kept.profile),
    ):
        if ours and theirs and ours != theirs:
            yield f"{key}: {name} says {ours}, samconfig.toml says {theirs}; remove it from samconfig.toml"
    known = file.stack or kept.stack or DEFAULT_STACK
    if stack and stack != known:
        yield f"STACK={stack}, but {name} says {known}; another deployment has a file of its own: DEPLOY_FILE=…"
    values = plan(file, given, parameters).values
    for parameter, theirs in kept.values.items():
        if values.get(parameter) != theirs:
            ours = values.get(parameter) or "nothing"
            yield (
                f"{parameter}: samconfig.toml keeps {theirs or 'nothing'} (parameter_overrides), {name} says {ours};"
                f" move it to {name} and remove it there"
            )
    for key, parameter in FIXED.items():
        if parameter in given and file.fixed.get(parameter, given[parameter]) != given[parameter]:
            yield f"{parameter}={given[parameter]}, but {name} says {key} = {file.fixed[parameter]}; change it there"
    yield from allowed.problems({**file.parameters, **given}, parameters)
    for word in sam:
        if word.partition("=")[0] in OURS:
            yield f"ARGS: {word} is not allowed; {name} has target and parameters"


def differences(before: Mapping[str, str], after: Mapping[str, str], defaults: Mapping[str, str]) -> list[str]:
    """Return a line for each changed parameter; for a new stack, for each without its default."""
    lines = []
    for name in sorted(before.keys() | after.keys(), key=lambda each: (each == PARAMETER, each)):
        old, new = before.get(name), after.get(name)
        if old == new or (not before and new == defaults.get(name)):
            continue
        shown = [_shown(name, each) for each in (old, new)]
        lines.append(f"  {name}: {shown[1]}" if not before else f"  {name}: {shown[0]} -> {shown[1]}")
    return lines


def _shown(name: str, value: str | None) -> str:
    if value is None:
        return "(not there)"
    return value[:12] if name == PARAMETER and value else value or "(empty)"
