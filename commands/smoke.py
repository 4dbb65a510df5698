"""`connector smoke`: checks that the deployed stack works, without bookings and without patients' data."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from commands import cli_support
from commands.api import Answer, Api, NoAnswer
from commands.cli_support import Output
from commands.target import FunctionFailed, NoOutput, Target

NOBODYS_MOBILE = "+919999900099"
"""A number that is normally unassigned; --mobile names another."""
NO_BOOKING = "bk_" + "a" * 26
CALL = {"call_id": "smoke", "agent_id": "smoke"}
Json = dict[str, Any]


class SmokeFailed(Exception):
    """A check failed; the text says what was found, without personal data."""


Check = tuple[str, Callable[[], str]]
"""Name of a check, and the check: it returns a remark or raises SmokeFailed."""


@cli_support.verb("smoke", "smoke", "smoke --stack convox-clinicea --json")
@click.option("--mobile", default=NOBODYS_MOBILE, show_default=True, help="A number without a patient.")
@click.option("--release", default="", metavar="ID", help="The release id that every function must run.")
def smoke(out: Output, mobile: str, release: str, stack: str) -> int:
    """Check that the deployed stack works, without bookings and without patients' data.

    The exit code is 1 if a check fails, 2 if the stack cannot be found.
    """
    return cli_support.run(out, stack, lambda target: carry_out(out, target, mobile, release))


def carry_out(out: Output, target: Target, mobile: str, release: str) -> int:
    """Run all checks on a stack, and print their results."""
    try:
        api = api_of(target)
    except (LookupError, ValueError) as error:
        out.error(f"{target}: the access tokens cannot be read: {type(error).__name__}")
        return cli_support.COULD_NOT_ASK
    checks = [*of_the_api(api, mobile), *of_the_stack(target, release)]
    out.line(f"{target}")
    results = run(out, checks)
    failed = sum(not each["ok"] for each in results)
    out.line(f"{len(checks) - failed} of {len(checks)} checks passed")
    out.document({"stack": str(target), "checks": results, "failed": failed})
    return 1 if failed else 0


def run(out: Output, checks: list[Check]) -> list[Json]:
    """Run the checks, and print a line for each; returns their results."""
    results: list[Json] = []
    for what, check in checks:
        try:
            results.append({"check": what, "ok": True, "detail": check()})
        except (SmokeFailed, NoAnswer, FunctionFailed, NoOutput) as error:
            results.append({"check": what, "ok": False, "detail": str(error)})
        except (BotoCoreError, ClientError) as error:
            results.append({"check": what, "ok": False, "detail": type(error).__name__})
        out.line(_line(**results[-1]))
    return results


def _line(check: str, detail: str, *, ok: bool) -> str:
    if ok:
        return f"  ok      {check}" + (f" ({detail})" if detail else "")
    return f"  FAILED  {check}: {detail}"


def api_of(target: Target) -> Api:
    """Return the API of the stack, with ConVox's access token."""
    local = target.local
    if local:
        return Api(local["api_url"], local["access_token_header"], local["access_token"])
    secret = target.client("secretsmanager").get_secret_value(SecretId=target.output("AccessTokensSecretArn"))
    return Api(
        target.output("ApiUrl"), target.output("AccessTokenHeader"), token_in(json.loads(secret["SecretString"]))
    )


def token_in(secret: Json) -> str:
    """Return the token of the client without a name or, if all clients are named, of one of them."""
    return str(secret.get("current") or next(pair["current"] for _, pair in sorted(secret["callers"].items())))


def of_the_api(api: Api, mobile: str) -> Iterator[Check]:
    """Yield the checks of the API, as ConVox would call it."""
    who = {"mobile": mobile, **CALL}

    def expects(method: str, path: str, body: Json | None, status: int, code: str) -> Check:
        what = f"{method} {path} answers {status} {code}"
        return what, lambda: _expect(api.call(method, path, body), status, code)

    def nobody() -> str:
        answer = api.call("POST", "/patients/search", who)
        _expect(answer, 200, None)
        match = answer.body.get("match")
        if match != "none":
            raise SmokeFailed(f"match {match}: a patient has that number; give another with --mobile")
        return "Clinicea answers"

    yield (
        "a request without an access token is rejected",
        lambda: _expect(api.call("POST", "/patients/search", who, token=""), 401, "unauthorized"),
    )
    yield (
        "a request with a wrong access token is rejected",
        lambda: _expect(api.call("POST", "/patients/search", who, token=api.token[:-1]), 401, "unauthorized"),
    )
    yield "a search for an unknown number finds no patient", nobody
    yield expects("GET", "/patients/smoke-nobody/appointments/completed?limit=0", None, 400, "invalid_request")
    yield expects("POST", "/patients/smoke-nobody/appointments", {}, 400, "invalid_request")
    yield expects("POST", "/appointments", {}, 400, "invalid_request")
    yield expects("GET", f"/bookings/{NO_BOOKING}", None, 404, "not_found")
    yield expects("GET", "/no-such-route", None, 404, "not_found")


def of_the_stack(target: Target, release: str) -> Iterator[Check]:
    """Yield the checks of the account's resources."""
    resources = _resources(target)

    def functions() -> str:
        client, wrong = target.client("lambda"), []
        names = resources["AWS::Lambda::Function"]
        deployed: dict[str, Json] = {}
        for name in names + resources["AWS::Lambda::Alias"]:  # an alias's version must be ready, too
            found = client.get_function_configuration(FunctionName=name)
            if found.get("State", "Active") != "Active":
                wrong.append(f"{name} is {found['State']}")
            if release and found["Environment"]["Variables"].get("RELEASE_ID") != release:
                wrong.append(f"{name} runs another release")
            # An alias must run the version that was deployed last, by whomever.
            elif runs_before(found, deployed.setdefault(str(found["FunctionName"]), found)):
                wrong.append(f"{name} runs the previous release")
        return _unless(wrong, f"{len(names)} functions" + (f", release {release[:12]}" if release else ""))

    def worker() -> str:
        client = target.client("lambda")
        found = [client.get_event_source_mapping(UUID=each) for each in resources["AWS::Lambda::EventSourceMapping"]]
        wrong = [f"the queue's mapping is {each['State']}" for each in found if each["State"] != "Enabled"]
        return _unless(wrong or ([] if found else ["no function reads the booking queue"]), "")

    def schedules() -> str:
        client, names = target.client("events"), resources["AWS::Events::Rule"]
        wrong = [name for name in names if client.describe_rule(Name=name)["State"] != "ENABLED"]
        return _unless([f"{name} is disabled" for name in wrong], f"{len(names)} schedules")

    def alarms() -> str:
        names = resources["AWS::CloudWatch::Alarm"]
        found = target.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
        missing = set(names) - {each["AlarmName"] for each in found}
        muted = [f"{each['AlarmName']} is muted" for each in found if not each.get("ActionsEnabled", True)]
        ringing = sorted(each["AlarmName"] for each in found if each.get("StateValue") == "ALARM")
        left_out = int((target.local or {}).get("alarms_left_out", 0))  # the embedded AWS does not support all
        count = f"{len(found)} of {len(found) + left_out} on this machine" if left_out else f"{len(found)} alarms"
        remark = count + (f", in alarm: {', '.join(ringing)}" if ringing else "")
        return _unless([*(f"{name} is missing" for name in sorted(missing)), *muted], remark)

    def ledger() -> str:
        found = target.invoke("BookingActionsFunctionName", {"action": "list", "limit": 1})["bookings"]
        return "open bookings exist" if found else "no open bookings"

    yield "every function is ready" + (" and runs this release" if release else ""), functions
    yield "the worker reads the booking queue", worker
    yield "the schedules are enabled", schedules
    yield "the alarms exist and are enabled", alarms
    yield "the ledger is readable", ledger


def runs_before(version: Json, function: Json) -> bool:
    """Return whether a version differs from the deployed function in code, layer or parameters."""

    def release(found: Json) -> tuple[object, ...]:
        layers = [each["Arn"] for each in found.get("Layers", [])]
        return found["CodeSha256"], layers, found["Environment"]["Variables"].get("RELEASED_WITH")

    return release(version) != release(function)


def _resources(target: Target) -> dict[str, list[str]]:
    """Return the physical ids of the stack's resources by type; empty for an absent type."""
    kinds: dict[str, list[str]] = {
        "AWS::Lambda::Alias": [],
        "AWS::Lambda::Function": [],
        "AWS::Lambda::EventSourceMapping": [],
        "AWS::Events::Rule": [],
        "AWS::CloudWatch::Alarm": [],
    }
    pages = target.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=target.stack):
        for each in page["StackResourceSummaries"]:
            if each["ResourceType"] in kinds:
                kinds[each["ResourceType"]].append(each["PhysicalResourceId"])
    return kinds


def _expect(answer: Answer, status: int, code: str | None) -> str:
    found = answer.body.get("code")
    if (answer.status, found) != (status, code):
        raise SmokeFailed(f"answered {answer.status} {found or ''}".rstrip())
    return ""


def _unless(wrong: list[str], remark: str) -> str:
    if wrong:
        raise SmokeFailed("; ".join(wrong))
    return remark
