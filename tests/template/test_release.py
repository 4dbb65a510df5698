"""A function that is published under an alias runs the release that was deployed, whatever has changed in it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.template import ROOT, SAM_PYTHON
from tests.template.shape import of_type

Json = dict[str, Any]
ALIASED = """
      AutoPublishAlias: live
      AutoPublishCodeSha256: !Ref ReleaseId
"""


def test_every_aliased_function_takes_the_release_id(source: Json) -> None:
    for name, function in of_type(source["Resources"], "AWS::Serverless::Function").items():
        properties = function["Properties"]
        if "AutoPublishAlias" in properties:
            assert properties["AutoPublishCodeSha256"] == {"Ref": "ReleaseId"}, name
    assert "AutoPublishAlias" not in source["Globals"]["Function"], "SAM takes the release id per function only"


def test_every_function_has_the_release_id_in_its_environment(resources: Json) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["Properties"]["Environment"]["Variables"]["RELEASE_ID"] == {"Ref": "ReleaseId"}, name


def version_of(template: Path, release: str) -> str:
    """The logical id of the version that SAM makes of the one aliased function: another id is another version."""
    script = Path(__file__).with_name("transform.py")
    done = subprocess.run(
        [str(SAM_PYTHON), str(script), str(template), f"ReleaseId={release}"],
        capture_output=True,
        timeout=60,
        check=True,
    )
    (version,) = of_type(json.loads(done.stdout)["transformed"]["Resources"], "AWS::Lambda::Version")
    return str(version)


@pytest.fixture
def aliased(tmp_path: Path) -> Path:
    """The template with its look-up published under an alias."""
    text = (ROOT / "template.yaml").read_text()
    line = "      CodeUri: functions/search_patient\n"
    assert text.count(line) == 1
    template = tmp_path / "template.yaml"
    template.write_text(text.replace(line, ALIASED.lstrip("\n") + line))
    return template


def test_another_release_is_another_version_and_the_same_one_is_not(aliased: Path) -> None:
    first = version_of(aliased, "a" * 64)

    assert version_of(aliased, "a" * 64) == first
    assert version_of(aliased, "b" * 64) != first
