"""`make lint`: searches the tree for secrets. Runs in `.tools/checks`, which has detect-secrets."""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

ROOT = Path(__file__).resolve().parents[1]
LOCK_HASH = re.compile(r"\s*--hash=sha256:[0-9a-f]{64}|\"[\w.+-]+\.whl\": \"[0-9a-f]{64}\",?$")
INVENTED = r"(?i).*(canary|invented|stranger).*"
GUESSES = frozenset({"Secret Keyword", "Base64 High Entropy String", "Hex High Entropy String"})
"""Detectors that guess by a field's name or a value's entropy; the others know a form."""
NO_SECRETS = {
    "CloudFormation's reference to one": r"!(Ref|GetAtt|Sub|Not|If|Equals) .*",
    "the name of an action": r"(secretsmanager:)?GetSecretValue.*",
    "an ARN names a secret, and is none": r"arn:.*",
    "words, and nothing drawn at random": r"[A-Za-z][a-z]{0,14}([-_ .:/][A-Za-z][a-z]{0,14}){0,6}",
    "a field's name": r"[a-z]{2,9}[A-Z][a-z]{2,9}",
    "a place that is to be filled": r"([A-Za-z-]+: )?(Bearer )?<[A-Za-z _-]+>",
    "the template's parameter for a secret's ARN": r"CliniceaSecretArn",
    "too short for a secret": r".{1,7}",
    "the name of a header": r"X-ConVox-Token",
    "digits or letters in their order": r".*(0123456789|abcdefghijklmnopqrstuvwxyz|a1b2c3d4e5).*",
    "logical id of a rule, and an invented ending": r"rule/convox-clinicea-[A-Za-z]+-[0-9A-F]{12}",
    "who names a client's key, and whether one is asked for": r"(AUTHORIZER|true|false)\b.*",
    "the unit of a time": r"minutes\b.*",
    "a policy of AWS's own": r"policy/service-role/[A-Za-z]+",
    "MD5 of the message in events/booking_worker.json": r"e0379d7d3f9f7dac5766a6461d43d223",
}
"""Whole values that the guessing detectors take for secrets. For one line: `# pragma: allowlist secret`, with why."""


@dataclass(frozen=True)
class Suspicion:
    """A value that looks like a secret, without the value itself."""

    path: Path
    line: int
    kind: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind}"


def tree(root: Path) -> list[Path]:
    """Return the files that are or may be committed: git's list, or all files without git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - the user's own git
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        found = (path.relative_to(root) for path in sorted(root.rglob("*")))
        return [path for path in found if not any(part.startswith(".") for part in path.parts[:-1])]
    return [Path(name) for name in sorted(set(listed.stdout.split("\0"))) if name]


def suspicions(root: Path) -> Iterator[Suspicion]:
    """Yield every value under `root` that a detector takes for a secret and that no rule explains."""
    with default_settings():
        for path in tree(root):
            whole = root / path
            if not whole.is_file() or whole.is_symlink():
                continue
            lines = whole.read_text("utf-8", "replace").splitlines()
            for found in scan_file(str(whole)):
                line = lines[found.line_number - 1] if found.line_number <= len(lines) else ""
                if not LOCK_HASH.match(line) and not explained(found.type, found.secret_value or ""):
                    yield Suspicion(path, found.line_number, found.type)


def explained(kind: str, value: str) -> bool:
    """Return whether a rule explains the whole value as harmless."""
    patterns = [INVENTED, *(NO_SECRETS.values() if kind in GUESSES else ())]
    return any(re.fullmatch(pattern, value, re.DOTALL) for pattern in patterns)


def main() -> int:
    """Print the suspicious values; returns 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT)
    found = sorted(set(map(str, suspicions(parser.parse_args().root))))
    print("\n".join(found) if found else "no secret found")
    if found:
        print("Remove it, and replace the secret. If it is harmless, mark its line or add a rule to this command.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
