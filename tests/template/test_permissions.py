"""Who may do what. That each role allows what its function does and no more is held by what the tests see it do."""

from __future__ import annotations

import re
from typing import Any

from tests.template.shape import holders, listed, of_type, policies, roles_of_functions, statements

Json = dict[str, Any]
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def test_each_function_has_a_role_of_its_own(resources: Json) -> None:
    functions = of_type(resources, "AWS::Lambda::Function")

    assert roles_of_functions(resources) == sorted(
        f"{name.removesuffix('Function')}ExecutionRole" for name in functions
    )


def test_a_role_writes_to_its_own_log_group_only(resources: Json) -> None:
    written = [
        (name, each["Resource"]) for name, each in statements(resources) if "logs:PutLogEvents" in each["Action"]
    ]

    assert sorted(written) == [
        (role, {"Fn::GetAtt": [f"{role.removesuffix('ExecutionRole')}Logs", "Arn"]})
        for role in roles_of_functions(resources)
    ]


def test_no_function_runs_before_its_role_may_what_it_does(resources: Json) -> None:
    """All functions have the layer, and the layer waits for every policy."""
    ((_name, layer),) = of_type(resources, "AWS::Lambda::LayerVersion").items()

    assert sorted(layer["DependsOn"]) == sorted(policies(resources))


def test_no_action_is_a_wildcard_and_no_resource_but_the_traces(resources: Json) -> None:
    for name, statement in statements(resources):
        actions = set(listed(statement["Action"]))
        assert not [action for action in actions if "*" in action], name
        if "*" in listed(statement["Resource"]):
            assert actions == TRACES, name


def test_no_function_has_a_policy_of_aws_s_own(resources: Json) -> None:
    for role in roles_of_functions(resources):
        assert "ManagedPolicyArns" not in resources[role]["Properties"], role


def test_only_intake_encrypts_and_only_worker_decrypts_requests(
    resources: Json,
) -> None:
    of_key = [
        (name, *listed(statement["Action"]), statement["Condition"])
        for name, statement in statements(resources)
        if statement["Resource"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    ]

    call = {"StringLike": {"kms:EncryptionContext:item": "call#*"}}
    booking = {"StringLike": {"kms:EncryptionContext:item": "booking#*"}}
    session = {"StringEquals": {"kms:EncryptionContext:item": "session"}}
    at_call_end = {"StringLike": {"kms:EncryptionContext:item": "desk-wish#*"}}
    by_others = {"StringLike": {"kms:EncryptionContext:item": ["desk-wish#*", "desk-task#*"]}}
    announced = {"StringLike": {"kms:EncryptionContext:item": ["desk-calls#*", "desk-found#*"]}}
    found = {"StringLike": {"kms:EncryptionContext:item": "desk-found#*"}}
    of_desk = {"StringLike": {"kms:EncryptionContext:item": ["desk-calls#*", "desk-draft#*"]}}
    assert sorted(of_key, key=str) == [
        ("AcceptBookings", "kms:Encrypt", booking),
        ("AgentDeskPermissions", "kms:Decrypt", found),
        ("AgentDeskPermissions", "kms:Encrypt", "kms:Decrypt", of_desk),
        ("AgentDeskPermissions", "kms:Encrypt", by_others),
        ("BookingWorkerPermissions", "kms:Decrypt", booking),
        ("CallPopupPermissions", "kms:Encrypt", announced),
        ("CallStatusPermissions", "kms:Decrypt", at_call_end),
        ("CallStatusPermissions", "kms:Encrypt", call),
        ("SweeperPermissions", "kms:Decrypt", at_call_end),
        ("UseClinicea", "kms:Encrypt", "kms:Decrypt", session),
    ]


def test_nobody_uses_the_key_for_nothing_in_particular(resources: Json) -> None:
    denied = [each for each in resources["DataKey"]["Properties"]["KeyPolicy"]["Statement"] if each["Effect"] == "Deny"]

    (statement,) = denied
    assert statement["Principal"] == {"AWS": "*"}
    assert set(statement["Action"]) == {"kms:Encrypt", "kms:Decrypt"}
    assert statement["Condition"] == {"Null": {"kms:EncryptionContext:item": "true"}}


def test_clinicea_only_functions_use_the_session_and_no_booking(resources: Json) -> None:
    (of_ledger,) = [
        statement
        for name, statement in statements(resources)
        if name == "UseClinicea" and statement["Resource"] == {"Fn::GetAtt": ["Ledger", "Arn"]}
    ]

    assert of_ledger["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["session"]}}


def test_entries_are_only_added_to_the_register_of_disclosures(resources: Json) -> None:
    granted = {
        (name, each["Action"]): each.get("Condition")
        for name, each in statements(resources)
        if "Disclosures" in str(each["Resource"])
    }
    writers = {policy: holders(resources, policy) for policy in ("RecordDisclosures", "RecordConsents")}

    assert granted == {
        ("RecordDisclosures", "dynamodb:PutItem"): _items("patient#*"),
        ("RecordConsents", "dynamodb:PutItem"): _items("number#*"),
        # Tallies of look-ups without a patient; no entry is changed.
        ("CountMisses", "dynamodb:UpdateItem"): _items("misses#*"),
        ("DataRequestsPermissions", "dynamodb:Query"): None,
        # The journal of erasures; withdrawals and copies, under keys of their own.
        ("DataRequestsPermissions", "dynamodb:PutItem"): {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["erased", "asked#*"]}
        },
    }
    assert writers == {
        "RecordDisclosures": {
            f"{name}ExecutionRole"
            for name in ("SearchPatient", "PastAppointments", "CallPopup", "BookingStatus", "AgentDesk")
        },
        "RecordConsents": {f"{name}ExecutionRole" for name in ("BookNewPatient", "CallStatus", "Sweeper", "AgentDesk")},
    }


def test_an_index_is_queried_only_by_who_needs_it(resources: Json) -> None:
    queried = {
        name: {each["Fn::Sub"].rpartition("/")[2] for each in listed(statement["Resource"]) if "Fn::Sub" in each}
        for name, statement in statements(resources)
        if statement["Action"] == "dynamodb:Query"
    }

    assert {name: indexes for name, indexes in queried.items() if indexes} == {
        "AgentDeskPermissions": {"call"},
        "BookingStatusPermissions": {"call", "open"},
        "SweeperPermissions": {"open"},
        "ReconcilePermissions": {"call", "open"},
        "BookingActionsPermissions": {"open"},
    }


def test_only_rights_functions_read_register_and_remove_locks(resources: Json) -> None:
    alone = {
        action: {name for name, each in statements(resources) if action in listed(each["Action"]) and on in str(each)}
        for action, on in (("dynamodb:Query", "Disclosures"), ("dynamodb:DeleteItem", "Ledger"))
    }

    assert alone["dynamodb:Query"] == {"DataRequestsPermissions"}
    assert alone["dynamodb:DeleteItem"] == {"DataRequestsPermissions", "AgentDeskPermissions"}


def test_the_desk_removes_sign_ins_and_connections_alone(resources: Json) -> None:
    removes = [
        each["Condition"]
        for name, each in statements(resources)
        if name == "AgentDeskPermissions" and "dynamodb:DeleteItem" in listed(each["Action"])
    ]

    assert removes == [_items("desk-session#*", "desk-sign-in#*", "desk-ticket#*", "desk-socket#*")]


def test_a_pop_up_posts_to_connections_and_no_more(resources: Json) -> None:
    allowed = [
        (name, each["Resource"]["Fn::Sub"].rpartition("${DeskSockets}")[2])
        for name, each in statements(resources)
        if "execute-api:ManageConnections" in listed(each["Action"])
    ]

    assert allowed == [("CallPopupPermissions", "/${DeskSocketStage}/POST/@connections/*")]


def test_each_write_and_read_of_an_item_says_of_which_kind(resources: Json) -> None:
    by_key = {f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete")}

    anything = {
        f"{name}: {sorted(by_key & set(listed(each['Action'])))}"
        for name, each in statements(resources)
        if by_key & set(listed(each["Action"])) and "dynamodb:LeadingKeys" not in str(each.get("Condition"))
    }
    assert anything == set()


def test_item_condition_never_covers_an_action_without_a_key(resources: Json) -> None:
    """A scan has no leading key: `ForAllValues` would hold for it, and say nothing."""
    scans = [each for _, each in statements(resources) if "dynamodb:Scan" in listed(each["Action"])]

    assert scans
    assert [each for each in scans if "Condition" in each] == []


def documents(source: Json) -> list[str]:
    """Return the parameters that may name an object of S3."""
    return [name for name, each in source["Parameters"].items() if "|s3://" in each.get("AllowedPattern", "")]


def test_only_the_named_documents_are_read(source: Json, resources: Json) -> None:
    (statement,) = [each for _, each in statements(resources) if each["Action"] == "s3:GetObject"]
    named = [str(each) for each in statement["Resource"]]

    assert len(documents(source)) > 3
    assert sorted(re.findall(r"\$\{(\w+)\}s3://none", "".join(named))) == sorted(documents(source))
    assert "*" not in "".join(named)


def test_a_bucket_needs_one_of_the_documents(source: Json) -> None:
    rule = str(source["Rules"]["BucketIsUsed"]["Assertions"])

    assert sorted(set(re.findall(r"'Ref': '(\w+)'", rule))) == sorted(documents(source))


def _items(*kinds: str) -> Json:
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*kinds]}}


def test_the_comparison_writes_how_far_it_came_and_no_booking(resources: Json) -> None:
    of_ledger = {
        each["Action"]: each.get("Condition")
        for name, each in statements(resources)
        if name == "ReconcilePermissions" and each["Resource"] == {"Fn::GetAtt": ["Ledger", "Arn"]}
    }

    assert of_ledger["dynamodb:PutItem"] == _items("reconcile", "desk-task#*")
    assert of_ledger["dynamodb:UpdateItem"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["pace#*"]}}


def test_notices_go_to_the_stack_s_own_topic(resources: Json) -> None:
    published = {name: each["Resource"] for name, each in statements(resources) if each["Action"] == "sns:Publish"}

    assert published == {"BookingWorkerPermissions": {"Ref": "Notices"}, "SweeperPermissions": {"Ref": "Notices"}}


def test_parameters_are_read_below_the_stack_s_own_name_only(resources: Json) -> None:
    (resource,) = [each["Resource"] for _, each in statements(resources) if each["Action"] == "ssm:GetParameter"]

    assert resource["Fn::Sub"].endswith(":parameter/${AWS::StackName}/*")


def test_who_counts_look_ups_writes_counters_and_nothing_else(resources: Json) -> None:
    (statement,) = [each for name, each in statements(resources) if name == "CountLookups"]

    assert statement["Action"] == "dynamodb:UpdateItem"
    assert statement["Resource"] == {"Fn::GetAtt": ["Ledger", "Arn"]}
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["lookups#*"]}}


def test_of_the_counters_only_who_hands_out_visits_reads(resources: Json) -> None:
    readers = [
        (name, each["Action"])
        for name, each in statements(resources)
        if each.get("Condition") == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["lookups#*"]}}
        and each["Action"] != "dynamodb:UpdateItem"
    ]

    assert readers == [("PastAppointmentsPermissions", "dynamodb:GetItem")]
