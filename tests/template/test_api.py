"""The outward face: routes, authorizer, gateway responses, access log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from commands.operations import STATUSES
from convox_clinicea.convox.http import GUARDED
from tests.support.environment import routes
from tests.support.template import ROOT
from tests.template.shape import of_type, under

Json = dict[str, Any]
ALIAS = "live"
RESPONSES = "x-amazon-apigateway-gateway-responses"


def operations(body: Json) -> dict[tuple[str, str], Json]:
    return {(verb, path): operation for path, verbs in body["paths"].items() for verb, operation in verbs.items()}


def test_a_route_leads_to_the_alias_where_there_is_one(api_body: Json, resources: Json) -> None:
    """Which routes there are is compared with the OpenAPI document."""
    for route, operation in operations(api_body).items():
        uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        invoked = re.search(r"functions/\$\{(\w+?Function)(Aliaslive|\.Arn)\}/invocations$", uri)

        assert invoked is not None, route
        assert invoked[1] in resources, route
        assert (invoked[2] == "Aliaslive") is (f"{invoked[1]}Aliaslive" in resources), route


def test_the_authorizer_is_asked_by_its_alias(api_body: Json) -> None:
    scheme = api_body["components"]["securitySchemes"]["AccessToken"]["x-amazon-apigateway-authorizer"]

    assert scheme["authorizerUri"]["Fn::Sub"][1] == {"__FunctionArn__": {"Ref": f"AuthorizerFunctionAlias{ALIAS}"}}


def test_every_route_uses_the_authorizer_and_the_usage_plan(api_body: Json) -> None:
    for operation in operations(api_body).values():
        # API Gateway asks for both, whatever OpenAPI makes of a list: one is the authorizer, the other a flag.
        assert operation["security"] == [{"AccessToken": []}, {"api_key": []}]


def test_the_desk_s_routes_ask_for_no_access_token(api_body: Json, body_with_desk: Json) -> None:
    added = {route: each for route, each in operations(body_with_desk).items() if route not in operations(api_body)}

    assert set(added) == {("get", "/desk"), ("get", "/desk/{proxy+}"), ("post", "/desk/{proxy+}")}
    for operation in added.values():
        assert {"AccessToken": []} not in operation.get("security", [])
        assert {"api_key": []} not in operation.get("security", []), "an agent's browser has none"
        assert "AgentDeskFunction" in operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]


def test_the_desk_is_off_by_default_and_then_makes_nothing(source: Json, resources: Json) -> None:
    assert source["Parameters"]["Desk"]["Default"] == "off"
    made = {
        name: each.get("Condition") for name, each in resources.items() if each["Type"].startswith("AWS::Cognito::")
    }

    assert len(made) > 4
    assert set(made.values()) == {"HasDeskPool"}
    assert resources["AgentDeskFunction"]["Condition"] == "HasDesk"


def test_what_pages_send_by_sockets_reaches_no_function(resources: Json) -> None:
    made = {name: each for name, each in resources.items() if each["Type"].startswith("AWS::ApiGatewayV2::")}
    routes = {each["Properties"]["RouteKey"] for each in made.values() if each["Type"].endswith("Route")}

    assert {each["Condition"] for each in made.values()} == {"HasDesk"}
    assert routes == {"$connect", "$disconnect"}
    assert "AWS::ApiGatewayV2::Deployment" not in {each["Type"] for each in made.values()}


def test_nobody_signs_up_and_nobody_changes_their_own_agent_id(resources: Json) -> None:
    pool, client = (resources[name]["Properties"] for name in ("DeskPool", "DeskPoolClient"))

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert client["WriteAttributes"] == ["name"]
    assert (client["GenerateSecret"], client["AllowedOAuthFlows"]) == (True, ["code"])
    assert "aws.cognito.signin.user.admin" not in client["AllowedOAuthScopes"]


def test_usage_key_comes_from_authorizer_shared_one_from_plan(resources: Json) -> None:
    told = resources["AuthorizerFunction"]["Properties"]["Environment"]["Variables"]["SHARED_USAGE_KEY"]

    assert resources["Api"]["Properties"]["ApiKeySourceType"] == "AUTHORIZER"
    assert resources["SharedUsageKey"]["Properties"]["Value"] == told
    assert resources["SharedUsageKey"]["Properties"]["Enabled"] is True
    assert resources["SharedUsage"]["Properties"] == {
        "KeyId": {"Ref": "SharedUsageKey"},
        "KeyType": "API_KEY",
        "UsagePlanId": {"Ref": "ClientUsage"},
    }


def test_a_client_s_plan_throttles_the_stage_and_caps_the_day(resources: Json) -> None:
    plan = resources["ClientUsage"]["Properties"]

    assert plan["ApiStages"] == [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "ApiStage"}}]
    assert plan["Throttle"] == {"RateLimit": {"Ref": "ClientRate"}, "BurstLimit": {"Ref": "ClientBurst"}}
    assert plan["Quota"] == {"Limit": {"Ref": "ClientRequestsPerDay"}, "Period": "DAY"}


def test_one_client_leaves_the_others_something_of_a_route(source: Json) -> None:
    default = {name: each["Default"] for name, each in source["Parameters"].items() if "Default" in each}

    assert default["ClientRate"] < default["ThrottleRate"]
    assert default["ClientBurst"] < default["ThrottleBurst"]


@pytest.mark.parametrize(
    ("name", "metric", "kind"),
    [
        ("MissingTokens", "TokenMissing", '($.error_type = "UNAUTHORIZED")'),
        ("WrongTokens", "TokenRefused", '($.error_type = "ACCESS_DENIED") && ($.authorizer_status = "200")'),
        ("RefusedAddresses", "AddressRefused", '($.error_type = "ACCESS_DENIED") && ($.authorizer_status != "200")'),
    ],
)
def test_refusals_of_each_kind_are_counted_apart(resources: Json, name: str, metric: str, kind: str) -> None:
    counted = resources[name]["Properties"]
    line = json.loads(resources["ApiStage"]["Properties"]["AccessLogSetting"]["Format"])

    assert counted["FilterPattern"] == f'{{ ($.status = "401") && {kind} }}'
    assert counted["MetricTransformations"][0]["MetricName"] == metric
    assert line["authorizer_status"] == "$context.authorizer.status"


def test_header_of_the_access_token_and_cache_are_parameters(api_body: Json) -> None:
    scheme = api_body["components"]["securitySchemes"]["AccessToken"]["x-amazon-apigateway-authorizer"]

    # SAM replaces references to parameters while it transforms; these are their defaults.
    assert scheme["type"] == "request"
    assert scheme["identitySource"] == "method.request.header.Access-Token"
    assert int(scheme["authorizerResultTtlInSeconds"]) == 60


def test_the_gateway_s_own_answers_are_those_of_the_contract(api_body: Json) -> None:
    """A kind that is not named is answered as DEFAULT_4XX or DEFAULT_5XX."""
    found = dict(gateway_codes(api_body))

    assert {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "THROTTLED", "REQUEST_TOO_LARGE"} <= set(found)
    assert {kind: pair for kind, pair in found.items() if pair not in STATUSES.items()} == {}
    of_no_route = {"MISSING_AUTHENTICATION_TOKEN", "RESOURCE_NOT_FOUND", "INVALID_SIGNATURE", "EXPIRED_TOKEN"}
    assert {kind for kind, (code, _) in found.items() if code == "not_found"} == of_no_route


def gateway_codes(api_body: Json) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield code and status of each of the gateway's own answers."""
    for kind, response in api_body[RESPONSES].items():
        yield kind, (json.loads(written(response))["code"], int(response["statusCode"]))


def test_a_gateway_response_has_the_contract_s_shape(api_body: Json) -> None:
    for kind, response in api_body[RESPONSES].items():
        body = json.loads(written(response))

        assert list(body) == ["status", "code", "message", "fields", "request_id"], kind
        assert (body["status"], body["fields"], body["request_id"]) == ("error", [], "$context.requestId"), kind
        assert body["message"].endswith("."), kind


def written(response: Json) -> str:
    """The body's text; CloudFormation puts parameters' values into it."""
    text = response["responseTemplates"]["application/json"]
    return str(text["Fn::Sub"] if isinstance(text, dict) else text)


@pytest.mark.parametrize("kind", ["UNAUTHORIZED", "ACCESS_DENIED"])
def test_who_sends_the_token_in_another_header_is_told_which_one(api_body: Json, kind: str) -> None:
    assert "The header for it is ${AccessTokenHeader}." in written(api_body[RESPONSES][kind])


@pytest.mark.parametrize("kind", ["THROTTLED", "QUOTA_EXCEEDED"])
def test_who_is_refused_for_the_rate_is_told_when_to_come_again(api_body: Json, kind: str) -> None:
    header = api_body[RESPONSES][kind]["responseParameters"]["gatewayresponse.header.Retry-After"]

    assert int(header.strip("'")) > 0


def test_addresses_are_refused_only_where_some_are_named(api_body: Json) -> None:
    policy = api_body["x-amazon-apigateway-policy"]
    (allowed,) = under(policy, HasSourceAddresses=False)["Statement"]
    _, denied = under(policy, HasSourceAddresses=True)["Statement"]

    # It opens nothing: every route asks the authorizer, which always answers with an allow or a deny.
    assert (allowed["Effect"], allowed["Action"]) == ("Allow", "execute-api:Invoke")
    assert (denied["Effect"], denied["Action"], denied["Resource"]) == ("Deny", "execute-api:Invoke", "execute-api:/*")
    # SAM writes the parameter's value here, so that another list makes another deployment of the API.
    assert denied["Condition"] == {"NotIpAddress": {"aws:SourceIp": {"Fn::Split": [",", ""]}}}


def test_a_web_acl_stands_before_the_stage_where_one_is_named(resources: Json) -> None:
    association = resources["WebAclAssociation"]

    assert association["Condition"] == "HasWebAcl"
    assert association["Properties"]["WebACLArn"] == {"Ref": "WebAclArn"}
    assert association["Properties"]["ResourceArn"]["Fn::Sub"].endswith("::/restapis/${Api}/stages/${ApiStage}")


@pytest.mark.parametrize(("name", "status"), [("RefusedTokens", "401"), ("RefusedRates", "429")])
def test_refusals_are_counted_from_the_access_log(resources: Json, name: str, status: str) -> None:
    counted = resources[name]["Properties"]
    line = json.loads(resources["ApiStage"]["Properties"]["AccessLogSetting"]["Format"])
    (metric,) = counted["MetricTransformations"]

    assert counted["LogGroupName"] == {"Ref": "ApiAccessLogs"}
    assert counted["FilterPattern"] == f'{{ $.status = "{status}" }}'
    assert line["status"] == "$context.status", "text, as the filter's value is"
    assert (metric["MetricNamespace"], metric["MetricValue"]) == ("ConvoxClinicea", "1")


def test_the_access_log_is_json_and_holds_neither_path_nor_query(resources: Json) -> None:
    setting = resources["ApiStage"]["Properties"]["AccessLogSetting"]
    line = json.loads(setting["Format"])

    assert line["route"] == "$context.resourcePath"
    assert line["error_type"] == "$context.error.responseType"
    # These would bring ids, mobile numbers or whole messages into the log.
    telling = ("$context.path", "querystring", "requestOverride", "$context.error.message", "$context.error.validation")
    assert not [field for field in line.values() for part in telling if part in field]
    assert resources["ApiAccessLogs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_every_gateway_response_has_our_headers(api_body: Json) -> None:
    for kind, response in api_body[RESPONSES].items():
        said = response.get("responseParameters", {})
        found = {name: said.get(f"gatewayresponse.header.{name}", "").strip("'") for name in GUARDED}
        assert found == GUARDED, kind


def test_stage_is_throttled_and_neither_traces_nor_logs_requests(resources: Json) -> None:
    stage = resources["ApiStage"]["Properties"]
    (everywhere,) = stage["MethodSettings"]

    assert stage["TracingEnabled"] is False, "a trace holds whole addresses"
    assert (everywhere["ResourcePath"], everywhere["HttpMethod"]) == ("/*", "*")
    assert everywhere["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}
    assert everywhere["ThrottlingBurstLimit"] == {"Ref": "ThrottleBurst"}
    assert (everywhere["LoggingLevel"], everywhere["DataTraceEnabled"]) == ("OFF", False)
    assert len(of_type(resources, "AWS::ApiGateway::Stage")) == 1


def test_no_stage_logs_addresses_or_bodies_with_personal_data(api_body: Json, resources: Json) -> None:
    """Of every stage, whatever it is called; a trace and an execution log hold whole addresses."""
    telling = [path for _, path in operations(api_body) if "{" in path] + [
        "/patients",
        "/calls/popup",
        "/calls/bookings",
    ]
    recording = {
        f"{name}: {setting}"
        for name, stage in of_type(resources, "AWS::ApiGateway::Stage").items()
        for setting, is_on in _recorded_by(stage["Properties"])
        if is_on
    }

    assert len(telling) > 3
    assert recording == set()


def _recorded_by(stage: Json) -> list[tuple[str, bool]]:
    methods = stage.get("MethodSettings", [])
    return [
        ("TracingEnabled", stage.get("TracingEnabled") is not False),
        ("LoggingLevel", any(each.get("LoggingLevel", "OFF") != "OFF" for each in methods)),
        ("DataTraceEnabled", any(each.get("DataTraceEnabled", False) is not False for each in methods)),
        ("path in the access log", "$context.path" in str(stage.get("AccessLogSetting"))),
        ("CanarySetting", "CanarySetting" in stage),
    ]


def test_the_search_by_get_is_off_by_default(source: Json) -> None:
    assert source["Parameters"]["SearchByGet"]["Default"] == "false"


def test_the_api_takes_nothing_older_than_tls_1_2_by_default(source: Json, resources: Json) -> None:
    api, policy = resources["Api"]["Properties"], source["Parameters"]["TlsPolicy"]

    assert policy["Default"].startswith("SecurityPolicy_TLS13_1_2_")
    assert all(each == "none" or each.startswith("SecurityPolicy_TLS13_1_") for each in policy["AllowedValues"])
    assert api["SecurityPolicy"] == {"Fn::If": ["HasTlsPolicy", {"Ref": "TlsPolicy"}, {"Ref": "AWS::NoValue"}]}
    assert api["EndpointAccessMode"] == {"Fn::If": ["HasTlsPolicy", "BASIC", {"Ref": "AWS::NoValue"}]}
    assert "$context.tlsVersion" in resources["ApiStage"]["Properties"]["AccessLogSetting"]["Format"]


@pytest.mark.parametrize("name", sorted({*routes().values()}))
def test_a_sample_event_is_one_of_a_route_of_the_api(body_with_desk: Json, name: str) -> None:
    event = json.loads((ROOT / "events" / f"{name}.json").read_text())

    assert (event["httpMethod"].lower(), event["resource"]) in operations(body_with_desk)
    assert event["requestContext"]["path"] == f"/v1{event['path']}"
    assert event["resource"].format(**(event["pathParameters"] or {})) == event["path"]
