"""The secret scan of `make lint`, run as there, on small trees."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".tools" / "checks" / "bin" / "python"
# Put together here, so that the scan of this very tree does not find them.
LIKE_A_KEY = "".join(["9f8Kq2LmZx", "7TbVw4RpY1", "sDc6HjN3gE", "5uA0"])
RANDOM = hashlib.sha256(b"a wheel").hexdigest()
SECRETS = {
    "an API key": ("secret.json", f'{{"api_key": "{LIKE_A_KEY}"}}'),
    "a password in code": ("app.py", f'password = "{LIKE_A_KEY[:14]}"'),
    "an AWS key": ("notes.md", "AKIA" + "Q3EGRMXO7ZJ5PLTY"),
    "a private key": ("key.pem", "-----BEGIN RSA " + "PRIVATE KEY-----\\n" + LIKE_A_KEY),
    "a token in a URL": ("url.txt", f"https://convox:{LIKE_A_KEY}@clinic.test/"),
    "a generated token": ("events.json", f'{{"Access-Token": "{LIKE_A_KEY}{LIKE_A_KEY[:12]}"}}'),
}


def scan(root: Path) -> tuple[int, str]:
    if not PYTHON.exists():
        pytest.fail("the environment of the checks is not installed; run the tests by `make test`", pytrace=False)
    command = [str(PYTHON), "-m", "commands.scan_secrets", "--root", str(root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_every_kind_of_secret_is_found_and_not_repeated(tmp_path: Path) -> None:
    for number, (name, text) in enumerate(SECRETS.values()):
        (tmp_path / f"{number}-{name}").write_text(f"first line\n{text}\n")

    code, said = scan(tmp_path)

    assert code == 1
    assert {line.split(": ")[0] for line in said.splitlines()[:-1]} == {
        f"{number}-{name}:2" for number, (name, _) in enumerate(SECRETS.values())
    }
    assert LIKE_A_KEY[:14] not in said


def test_what_only_names_a_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text('token = "the-token-that-convox-sends"\nsecret = "arn:aws:secretsmanager:x:1:y"\n')
    (tmp_path / "template.yaml").write_text("ApiKey: !Ref CliniceaSecretArn\n")
    (tmp_path / "lock.txt").write_text(f"    --hash=sha256:{RANDOM}\n")
    (tmp_path / "wheels.json").write_text(f'{{\n"alpha-1.0-py3-none-any.whl": "{RANDOM}"\n}}\n')

    assert scan(tmp_path) == (0, "no secret found\n")
