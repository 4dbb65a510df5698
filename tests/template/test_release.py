"""A function that is published under an alias runs the release that was deployed, whatever has changed in it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.functions import NAMES
from tests.support.template import ROOT, SAM_PYTHON
from tests.template.shape import of_type, under
from tests.template.test_functions import SETTINGS, logical_id

Json = dict[str, Any]
PREPARED = "prepare(function.parts)"
ALIASED = {logical_id(name) for name in NAMES if PREPARED in (ROOT / "functions" / name / "app.py").read_text("utf-8")}
"""Functions that an agent waits for: what they need is built before the first request."""
NAME = "POWERTOOLS_SERVICE_NAME"
EMULATOR_PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"


def test_each_change_of_an_aliased_function_makes_a_version(source: Json) -> None:
    functions = of_type(source["Resources"], "AWS::Serverless::Function")
    aliased = {name: each["Properties"] for name, each in functions.items() if "AutoPublishAlias" in each["Properties"]}

    assert set(aliased) == ALIASED
    for name, properties in aliased.items():
        assert properties["AutoPublishAlias"] == "live", name
        assert properties["AutoPublishAliasAllProperties"] is True, name
        assert "AutoPublishCodeSha256" not in properties, f"{name}: else SAM looks at that alone"
    assert source["Resources"]["ConnectorLayer"]["Properties"]["PublishLambdaVersion"] is True


def refs_of(value: Any) -> set[str]:
    """The parameters by which a variable is decided."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::If": ["HasDesk", *values]}:
            return {"Desk"}.union(*map(refs_of, values))
        case _:
            return set()


@pytest.mark.parametrize("function", sorted(ALIASED))
def test_released_with_has_each_parameter_that_is_read(source: Json, resources: Json, function: str) -> None:
    own = source["Resources"][function]["Properties"]["Environment"]["Variables"]
    variables = resources[function]["Properties"]["Environment"]["Variables"]
    read = set().union(*(refs_of(variables[field.upper()]) for field in SETTINGS[own[NAME]].model_fields))
    parameters = (read | {"ReleaseId", "Python", "Architecture", "LookupStart", "LogLevel"}) & set(source["Parameters"])

    assert {each["Ref"] for each in own["RELEASED_WITH"]["Fn::ToJsonString"]} == parameters


def test_every_function_has_the_release_id_in_its_environment(resources: Json) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["Properties"]["Environment"]["Variables"]["RELEASE_ID"] == {"Ref": "ReleaseId"}, name


def test_a_release_needs_no_name(source: Json) -> None:
    assert source["Parameters"]["ReleaseId"]["Default"] == ""
    assert "ReleaseId" not in json.dumps(source["Rules"])


def versions_of(**parameters: str) -> dict[str, str]:
    """The logical id of each aliased function's version: another id is another version."""
    script = Path(__file__).with_name("transform.py")
    given = [f"{name}={value}" for name, value in parameters.items()]
    command = [str(SAM_PYTHON), str(script), str(ROOT / "template.yaml"), *given]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    transformed = json.loads(done.stdout)["transformed"]["Resources"]
    for name, alias in of_type(transformed, "AWS::Lambda::Alias").items():
        version = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
        assert transformed[version]["Properties"]["FunctionName"] == alias["Properties"]["FunctionName"], name
    return {
        each["Properties"]["FunctionName"]["Ref"]: name
        for name, each in of_type(transformed, "AWS::Lambda::Version").items()
    }


def test_only_another_value_makes_another_version() -> None:
    first, again, named = versions_of(), versions_of(), versions_of(ReleaseId="b" * 64)
    slower, elsewhere = versions_of(LookupBudgetSeconds="3"), versions_of(SettleSeconds="60")

    assert set(first) == ALIASED
    assert again == first == elsewhere
    assert not set(named.values()) & set(first.values())
    assert {name for name in first if slower[name] != first[name]} == ALIASED - {"AuthorizerFunction"}


def emulated(**parameters: str) -> Json:
    """What the embedded AWS makes of the template with these parameters."""
    script = Path(__file__).with_name("by_emulator.py")
    given = [f"{name}={value}" for name, value in parameters.items()]
    command = [str(EMULATOR_PYTHON), str(script), str(ROOT / "template.yaml"), *given]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    made: Json = json.loads(done.stdout)
    return made


def test_the_transform_shows_sam_values_but_no_stage_name() -> None:
    first, slower = emulated(), emulated(LookupBudgetSeconds="3")
    changed = {name for name in slower if name not in first}

    assert {re.sub(r"Version[0-9a-f]{10}$", "", name) for name in changed} == ALIASED - {"AuthorizerFunction"}
    # Of another name, it would be a second stage beside the one of a stack that was deployed without loops.
    assert list(of_type(first, "AWS::ApiGateway::Stage")) == ["ApiStage"]


def test_a_version_goes_with_its_release(resources: Json) -> None:
    versions = of_type(resources, "AWS::Lambda::Version")

    assert len(versions) == len(ALIASED)
    assert {each["DeletionPolicy"] for each in versions.values()} == {"Delete"}


@pytest.mark.parametrize(
    ("start", "snapshot", "provisioned"),
    [
        ("plain", "None", None),
        ("snapstart", "PublishedVersions", None),
        ("provisioned", "None", {"ProvisionedConcurrentExecutions": {"Ref": "ProvisionedLookups"}}),
    ],
)
def test_a_look_up_starts_as_the_deployer_chose(
    source: Json, resources: Json, start: str, snapshot: str, provisioned: Json | None
) -> None:
    conditions = {
        name: source["Conditions"][name]["Fn::Equals"] == [{"Ref": "LookupStart"}, start]
        for name in ("StartsFromSnapshot", "StartsProvisioned")
    }
    assert start in source["Parameters"]["LookupStart"]["AllowedValues"]

    for name in ALIASED:
        function = under(resources[name]["Properties"], **conditions)
        alias = under(resources[f"{name}Aliaslive"]["Properties"], **conditions)
        assert function["SnapStart"] == {"ApplyOn": snapshot}, name
        assert alias.get("ProvisionedConcurrencyConfig") == provisioned, name


def test_nothing_else_uses_snapshots_or_costs_while_idle(resources: Json) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert ("SnapStart" in function["Properties"]) == (name in ALIASED), name


def test_snapstart_is_refused_for_a_python_that_has_none(source: Json) -> None:
    rule = source["Rules"]["SnapStartFromPython312"]

    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "LookupStart"}, "snapstart"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Python"}, "3.11"]}]}
    assert "3.10" not in source["Parameters"]["Python"]["AllowedValues"], "else it would have to be named, too"


def test_aliased_functions_are_invoked_by_their_alias_only(resources: Json) -> None:
    permitted = [each["Properties"] for each in of_type(resources, "AWS::Lambda::Permission").values()]
    targets = [
        target["Arn"]
        for rule in of_type(resources, "AWS::Events::Rule").values()
        for target in rule["Properties"]["Targets"]
    ]

    for name in ALIASED:
        assert {"Ref": name} not in [each["FunctionName"] for each in permitted], name
        assert {"Ref": f"{name}Aliaslive"} in [each["FunctionName"] for each in permitted], name
        assert {"Fn::GetAtt": [name, "Arn"]} not in targets, name
