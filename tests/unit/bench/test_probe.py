"""The probe round a handler, in a process of its own: what it writes is what the handler did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.stage import HERE
from local.clinicea.testing import RunningFake, running_fake

SECONDS = 60
HANDLER = """
import time

def handler(event, context):
    import botocore.session
    import requests
    client = botocore.session.get_session().create_client(
        "dynamodb", region_name="ap-south-1", endpoint_url=event["url"],
        aws_access_key_id="local", aws_secret_access_key="local",
    )
    try:
        client.put_item(TableName="table", Item={"pk": {"S": "1"}})
    except client.exceptions.ClientError:
        pass  # a Clinicea is no DynamoDB
    session = requests.Session()
    session.trust_env = False
    session.get(event["url"])
    time.sleep(0.05)
    return {"statusCode": 200}
"""


@pytest.fixture(scope="module")
def clinicea() -> Any:
    with running_fake() as fake:
        fake.fault("*", "delay", seconds=0.1)
        yield fake


def test_it_writes_where_each_invocations_time_went(clinicea: RunningFake, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    program = "import json, probe, sys\nfor _ in range(2): print(json.dumps(probe.handler({'url': sys.argv[1]}, None)))"
    paths = os.pathsep.join([str(tmp_path), str(HERE / "inside")])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "PROBE_FILE": str(tmp_path / "lines")}

    done = subprocess.run(
        [sys.executable, "-c", program, clinicea.url], env=environment, capture_output=True, timeout=SECONDS, check=True
    )

    assert [json.loads(line) for line in done.stdout.splitlines()] == [{"statusCode": 200}] * 2
    first, again = (json.loads(line) for line in (tmp_path / "lines").read_text().splitlines())
    assert first["calls"] == again["calls"] == ["DynamoDB.PutItem table", "clinicea"]
    for line in (first, again):
        waited = sum(end - begin for begin, end in line["outbound"])
        assert 0.2 <= waited <= line["wall"] - 0.05  # two answers late by 0.1 s; the handler itself slept
        assert all(0 <= begin < end <= line["wall"] for begin, end in line["outbound"])
    assert first["aws_client"] > again["aws_client"] > 0  # the first has imported it
