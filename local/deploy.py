"""Deploys template.yaml to the embedded AWS, and applies the parts that the emulator ignores."""

import json
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
from botocore.config import Config

from commands.release import PARAMETER, overrides, release_id
from local import paths
from local.clinicea import Credentials
from local.clinicea.worlds import WORLDS, World
from local.clinics import clinics_document
from local.desk import LocalDesk, address_of
from local.emulator import CREDENTIALS
from local.permissions import lift_unknown_conditions
from local.processes import running
from local.refused import alarms_in, include_from, leave_out, without_usage_plans

DEPLOY_SECONDS = 180
TOKEN_CHARACTERS = string.ascii_letters + string.digits
DESK = "DeskUserPoolId"
"""The output of a stack that has a desk with a user pool of its own."""
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"


@dataclass(frozen=True)
class Stack:
    """The deployed stack for its users: the contents of `.local/stack.json`."""

    api_url: str
    access_token: str
    access_token_header: str
    clinicea_url: str
    aws_endpoint_url: str
    ledger_table: str
    queue_url: str
    dead_letter_queue_url: str
    desk_url: str | None = None

    def write(self, path: Path, more: Mapping[str, object] = MappingProxyType({})) -> None:
        """Write the file, readable by its owner only, because it holds this run's token.

        Args:
            more: further contents: the process that serves the stack, and its start.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        fresh.touch(mode=0o600)
        told = {name: value for name, value in asdict(self).items() if value is not None}
        fresh.write_text(json.dumps(told | dict(more), indent=2) + "\n")
        fresh.replace(path)  # atomically, for processes that wait for the file


class Deployment:
    """One deployment of a built template to one embedded AWS."""

    def __init__(
        self, build: Path, endpoint: str, clinicea_url: str, authentication: str, world: World | None = None
    ) -> None:
        self._build = build
        self._endpoint = endpoint
        self._clinicea_url = clinicea_url
        self._authentication = authentication
        self._world = world or WORLDS["evidence"]

    def client(self, service: str) -> Any:
        """Return a boto3 client for the embedded AWS only."""
        make: Any = boto3.client  # its stubs require a literal service name
        client = make(
            service,
            endpoint_url=self._endpoint,
            region_name=paths.REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2}, proxies={}),
        )
        # The queues refuse requests without TLS, even from the account's root.
        client.meta.events.register("before-call", _as_if_over_tls)
        return client

    def prepare(self) -> dict[str, str]:
        """Create the resources that a deployer creates beforehand; returns the template's parameters for them."""
        known = Credentials()
        credentials = {"api_key": known.api_key}
        if self._authentication == "staff_session":
            credentials |= {"user_name": known.user, "password": known.password}
        secret = self.client("secretsmanager").create_secret(
            Name=f"{paths.STACK}/clinicea", SecretString=json.dumps(credentials)
        )
        clinics = clinics_document()
        name = f"/{paths.STACK}/clinics"
        self.client("ssm").put_parameter(Name=name, Value=json.dumps(clinics), Type="String")
        return {
            "CliniceaSecretArn": secret["ARN"],
            "CliniceaUrl": self._clinicea_url,
            "CliniceaAuthentication": self._authentication,
            "Clinics": f"ssm:{name}",
            "TimeZone": self._world.time_zone,
            **self._call_table(),
            # Counted as on AWS, but high enough for tests with one fast agent.
            "LookupsPerCallerMinute": "100000",
            "LookupsPerAgentMinute": "100000",
            "PatientsPerCallerTenMinutes": "2000",
            "PatientsPerAgentTenMinutes": "0",
            "BookingsPerCallerMinute": "100000",
            "BookingsPerAgentMinute": "100000",
            "OpenBookingsPerNumber": "100",
            "StatusPerCallerMinute": "100000",
            "Python": paths.PYTHON,
            "Architecture": paths.ARCHITECTURE,
        }

    def _call_table(self) -> dict[str, str]:
        """Store the call table of a world that needs one; returns the parameter for it."""
        if not self._world.call_table:
            return {}
        name = f"/{paths.STACK}/call-table"
        self.client("ssm").put_parameter(Name=name, Value=json.dumps(self._world.document), Type="String")
        return {"CallTable": f"ssm:{name}"}

    def _bucket(self) -> str:
        """Create the bucket for the code; on AWS `--resolve-s3` does so, with a stack of its own."""
        name = f"{paths.STACK}-code"
        s3 = self.client("s3")
        if name not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": paths.REGION})
        return name

    def leave_out(self) -> tuple[int, int]:
        """Remove what the emulator refuses from the template's copy; returns the removed and all alarms' numbers."""
        template = self._build / "template.yaml"
        without_usage_plans(template)
        include_from(template, paths.ROOT)
        alarms = alarms_in(template)
        return leave_out(template), alarms

    def deploy(self, parameters: dict[str, str], environment: dict[str, str]) -> str:
        """Run `sam deploy` on the built template with its own release id; returns the release id."""
        release = release_id(paths.ROOT, self._build, parameters)
        command = [str(paths.SAM), "deploy", "--template-file", str(self._build / "template.yaml")]
        command += [
            "--stack-name",
            paths.STACK,
            "--s3-bucket",
            self._bucket(),
            "--no-confirm-changeset",
            "--no-progressbar",
        ]
        command += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--region", paths.REGION]
        command += ["--parameter-overrides", *overrides({**parameters, PARAMETER: release})]
        settings = CREDENTIALS | {"AWS_ENDPOINT_URL": self._endpoint, "SAM_CLI_POLL_DELAY": "0.3", paths.LOOPS: "1"}
        with running("sam deploy", command, environment | settings) as child:
            child.finish(DEPLOY_SECONDS)
        return release

    def parameters(self) -> dict[str, str]:
        """Return the deployed stack's parameters, without its release id."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=paths.STACK)["Stacks"]
        given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
        return {name: value for name, value in given.items() if name != PARAMETER}

    def apply_left_out(self) -> list[str]:
        """Apply the parts of the template that the emulator ignores; returns their names, each once."""
        template = self.client("cloudformation").get_template(StackName=paths.STACK, TemplateStage="Processed")
        resources = template["TemplateBody"]["Resources"]
        applied: dict[str, None] = {}
        for logical_id, resource in resources.items():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::ApiGateway::RestApi" and properties["Body"].get(GATEWAY_RESPONSES):
                self._put_gateway_responses(self._physical_id(logical_id), properties["Body"][GATEWAY_RESPONSES])
                applied["API Gateway's error answers"] = None
            wanted = properties.get("TimeToLiveSpecification") if resource["Type"] == "AWS::DynamoDB::Table" else None
            if wanted and self._put_time_to_live(self._physical_id(logical_id), wanted):
                applied["the tables' time to live"] = None
            if resource["Type"] == "AWS::Lambda::EventSourceMapping" and "ScalingConfig" in properties:
                self._put_concurrency(self._physical_id(logical_id), properties["ScalingConfig"])
                applied["the worker's concurrency"] = None
        if DESK in self._outputs():
            desk = self.desk()
            desk.set_address(self._api_url())
            desk.set_sockets(self._endpoint)
            applied["the desk's addresses"] = None
        return list(applied)

    def desk(self) -> LocalDesk:
        """Return the desk of the deployed stack."""
        listed = self.client("cloudformation").describe_stack_resources(StackName=paths.STACK)["StackResources"]
        return LocalDesk(self.client, {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed})

    def lift_unknown_conditions(self) -> int:
        """Remove policy conditions that the emulator cannot evaluate; returns the number of changed policies."""
        listed = self.client("cloudformation").describe_stack_resources(StackName=paths.STACK)
        return lift_unknown_conditions(self.client, listed["StackResources"])

    def _put_concurrency(self, mapping: str, scaling: dict[str, Any]) -> None:
        """Set the concurrency as a number: the emulator keeps a parameter's value as text, but compares numbers."""
        wanted = scaling["MaximumConcurrency"]
        value = self.parameters()[wanted["Ref"]] if isinstance(wanted, dict) else wanted
        self.client("lambda").update_event_source_mapping(
            UUID=mapping, ScalingConfig={"MaximumConcurrency": int(value)}
        )

    def _put_gateway_responses(self, api: str, responses: dict[str, Any]) -> None:
        gateway, parameters = self.client("apigateway"), self.parameters()
        for kind, response in responses.items():
            gateway.put_gateway_response(
                restApiId=api,
                responseType=kind,
                statusCode=str(response["statusCode"]),
                responseParameters=response.get("responseParameters", {}),
                responseTemplates={
                    name: _filled_in(text, parameters) for name, text in response["responseTemplates"].items()
                },
            )
        # They take effect with the next deployment of the stage.
        for stage in gateway.get_stages(restApiId=api)["item"]:
            gateway.create_deployment(restApiId=api, stageName=stage["stageName"])

    def _put_time_to_live(self, table: str, wanted: dict[str, Any]) -> bool:
        dynamodb = self.client("dynamodb")
        if dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED":
            return False
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)
        return True

    def _physical_id(self, logical_id: str) -> str:
        found = self.client("cloudformation").describe_stack_resource(
            StackName=paths.STACK, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def stack(self) -> Stack:
        """Return the addresses and the access token of the deployed stack."""
        outputs, api_url = self._outputs(), self._api_url()
        return Stack(
            api_url=api_url,
            access_token=self._access_token(outputs["AccessTokensSecretArn"]),
            access_token_header=outputs["AccessTokenHeader"],
            clinicea_url=self._clinicea_url,
            aws_endpoint_url=self._endpoint,
            ledger_table=outputs["LedgerTable"],
            queue_url=outputs["QueueUrl"],
            dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
            desk_url=address_of(api_url) if DESK in outputs else None,
        )

    def _outputs(self) -> dict[str, str]:
        described = self.client("cloudformation").describe_stacks(StackName=paths.STACK)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}

    def _api_url(self) -> str:
        stage = self._outputs()["ApiUrl"].rsplit("/", 1)[-1]
        return f"{self._endpoint}/restapis/{self._physical_id('Api')}/{stage}/_user_request_"

    def _access_token(self, secret: str) -> str:
        """Return an access token of letters and digits, because the emulator ignores `ExcludePunctuation`."""
        client = self.client("secretsmanager")
        tokens = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
        current = str(tokens["current"])
        if set(current) <= set(TOKEN_CHARACTERS):
            return current
        made = "".join(secrets.choice(TOKEN_CHARACTERS) for _ in current)
        client.put_secret_value(SecretId=secret, SecretString=json.dumps(tokens | {"current": made}))
        return made


def _filled_in(text: str | dict[str, str], parameters: Mapping[str, str]) -> str:
    """Return a text of the template; in `Fn::Sub` the parameters' values are filled in."""
    if isinstance(text, str):
        return text
    return re.sub(r"\$\{(\w+)\}", lambda found: parameters[found[1]], text["Fn::Sub"])


def _as_if_over_tls(params: dict[str, Any], **_event: object) -> None:
    params["headers"]["X-Forwarded-Proto"] = "https"
