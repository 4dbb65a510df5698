"""A usual handler for comparison: one look-up by HTTP, a secret and a DynamoDB write, as in tutorials.

Imports at the top, clients at import; Powertools' Logger, Metrics, Tracer and resolver with validation; pydantic.
"""

import json
import os
import uuid
from datetime import UTC, datetime
from typing import Any

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

logger = Logger()
metrics = Metrics()
tracer = Tracer()
app = APIGatewayRestResolver(enable_validation=True)
secrets = boto3.client("secretsmanager")
table = boto3.resource("dynamodb").Table(os.environ["DISCLOSURES_TABLE"])
session = requests.Session()
API_KEY = json.loads(secrets.get_secret_value(SecretId=os.environ["CLINICEA_SECRET_ARN"])["SecretString"])["api_key"]


class SearchRequest(BaseModel):
    mobile: str = Field(pattern=r"^\+91[0-9]{10}$")
    call_id: str
    agent_id: str


class Patient(BaseModel):
    model_config = ConfigDict(extra="ignore")

    patient_id: str = Field(validation_alias="ID")
    first_name: str = Field(validation_alias="FirstName")
    last_name: str | None = Field(default=None, validation_alias="LastName")
    mobile: str = Field(validation_alias="Mobile")
    email: str | None = Field(default=None, validation_alias="Email")


class Found(BaseModel):
    message: str
    patients: list[Patient]


@app.post("/patients/search")
@tracer.capture_method
def search(request: SearchRequest) -> Found:
    answer = session.get(
        f"{os.environ['CLINICEA_URL']}/api/v1/patients/searchByMobileNumber",
        params={"patMobile": request.mobile[3:], "countryCode": "+91"},
        headers={"api_key": API_KEY},
        timeout=5,
    )
    answer.raise_for_status()
    found = answer.json()
    patients = [Patient.model_validate(each) for each in (found if isinstance(found, list) else [found])]
    now = datetime.now(UTC).isoformat()
    table.put_item(
        Item={
            "subject": patients[0].patient_id,
            "entry": f"{now}#{uuid.uuid4()}",
            "at": now,
            "day": now[:10],
            "agent_id": request.agent_id,
            "call_id": request.call_id,
        }
    )
    metrics.add_metric("PatientFound", MetricUnit.Count, len(patients))
    logger.info("searched", extra={"patients": len(patients)})
    return Found(message="One patient has this number.", patients=patients)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
