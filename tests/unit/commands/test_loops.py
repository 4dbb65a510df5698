"""The template's loops written out, in the forms that the template uses."""

from __future__ import annotations

from typing import Any

from commands.loops import expanded, fragments
from commands.template import ROOT

Json = dict[str, Any]
LONGEST = 2100
QUEUES: Json = {
    "Mappings": {"Kept": {"Orders": {"Seconds": "60"}, "Letters": {"Seconds": "3600"}}},
    "Resources": {
        "Fn::ForEach::Queues": [
            "Queue",
            ["Orders", "Letters"],
            {
                "${Queue}Queue": {
                    "Type": "AWS::SQS::Queue",
                    "Properties": {
                        "Seconds": {"FindInMap": ["Kept", {"Ref": "Queue"}, "Seconds"]},
                        "Name": {"Sub": "${AWS::StackName}-${Queue}"},
                        "Says": {"Sub": ["${Text} in ${AWS::Region}", {"Text": {"Sub": "all ${Queue}"}}]},
                        "Key": {"GetAtt": "Key.Arn"},
                        "Policy": {"Ref": {"Sub": "${Queue}Policy"}},
                    },
                }
            },
        ],
        "Topic": {"Type": "AWS::SNS::Topic"},
    },
}


def test_a_loop_makes_a_resource_of_each_of_its_items() -> None:
    resources = expanded(QUEUES)["Resources"]

    assert list(resources) == ["OrdersQueue", "LettersQueue", "Topic"]
    assert resources["LettersQueue"]["Properties"] == {
        "Seconds": "3600",
        "Name": {"Sub": "${AWS::StackName}-Letters"},
        "Says": {"Sub": "all Letters in ${AWS::Region}"},
        "Key": {"GetAtt": "Key.Arn"},
        "Policy": {"Ref": "LettersPolicy"},
    }


def test_what_is_written_is_counted_with_how_often_it_is_made() -> None:
    written = [(name, each["Type"], count) for name, each, count in fragments(QUEUES["Resources"])]

    assert written == [
        ("Fn::ForEach::Queues.${Queue}Queue", "AWS::SQS::Queue", 2),
        ("Topic", "AWS::SNS::Topic", 1),
    ]


def test_the_template_stays_short_enough_to_read() -> None:
    """What makes it longer by a block for each function, metric or alarm belongs in a loop, a table or `Globals`."""
    assert len((ROOT / "template.yaml").read_text("utf-8").splitlines()) <= LONGEST
