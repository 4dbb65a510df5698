"""The release id: a hash over all inputs of the functions, with layer and parameters.

Plain `sam deploy` works without it: the template itself publishes a version for each change. With it, `make deploy`
knows whether there is anything to deploy, and `./connector smoke` which release runs.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

PARAMETER = "ReleaseId"
LAYER_STAMP = Path("ConnectorLayer") / "layer.json"
TEMPLATE = ("template.yaml", "dashboard.json")


class NotBuilt(Exception):
    """There is no build to deploy; the text names the next step."""


def overrides(parameters: Mapping[str, str]) -> list[str]:
    """Return parameters for `sam deploy --parameter-overrides`; values may be empty or have spaces."""
    quoted = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in parameters.items()}
    return [f'{name}="{value}"' for name, value in quoted.items()]


def release_id(root: Path, build: Path, parameters: Mapping[str, str]) -> str:
    """Return the id of the build in `build` with these parameters.

    Raises:
        NotBuilt: the layer has not been built there.
    """
    try:
        layer = json.loads((build / LAYER_STAMP).read_text())
    except (OSError, ValueError):
        raise NotBuilt("there is no built layer; run make build") from None
    digest = hashlib.sha256(json.dumps(layer, sort_keys=True).encode())
    for path in sorted((root / "functions").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(b"\0" + path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    for name in TEMPLATE:
        digest.update(b"\0" + (root / name).read_bytes())
    for name, value in sorted(parameters.items()):
        if name != PARAMETER:
            digest.update(f"\0{name}={value}".encode())
    return digest.hexdigest()
