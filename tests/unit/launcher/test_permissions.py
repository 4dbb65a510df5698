"""What is lifted from the deployed policies: that alone which the emulator cannot judge."""

from __future__ import annotations

from local.permissions import known

BOUND = {"StringLike": {"kms:EncryptionContext:booking_id": "bk_*"}}
OVER_TLS = {"Bool": {"aws:SecureTransport": "false"}}
VIA = {"StringEquals": {"kms:ViaService": "secretsmanager.ap-south-1.amazonaws.com"}}


def test_statement_loses_only_the_unknown_condition() -> None:
    allow = {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "arn:key"}

    lifted = known(
        {"Version": "2012-10-17", "Statement": [allow | {"Condition": BOUND | VIA}, allow | {"Condition": BOUND}]}
    )

    assert lifted == {"Version": "2012-10-17", "Statement": [allow | {"Condition": VIA}, allow]}


def test_a_denial_on_an_unknown_condition_goes_as_a_whole() -> None:
    root = {"Sid": "Root", "Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    plain = {"Sid": "OnlyOverTls", "Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": OVER_TLS}

    assert known({"Statement": [root, plain]}) == {"Statement": [root]}


def test_what_can_be_judged_is_left_alone() -> None:
    document = {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": VIA}]}

    assert known(document) == document
