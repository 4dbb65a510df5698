"""The account to check: that of the deployed stack, or a named one before any deployment."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from commands.target import DEFAULT_STACK, Target
from convox_clinicea.clinicea import Clinicea, Credentials, calls, connect
from convox_clinicea.clinicea.call_table import laid_over
from convox_clinicea.clinicea.http import CredentialSource, OwnToken, Scheme, TokenStore
from convox_clinicea.clinicea.wire import Transport
from convox_clinicea.clinicea_session import SharedSession
from convox_clinicea.deadline import Clock
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.settings import CalendarSettings
from convox_clinicea.table import Table

DEFAULT_URL = "https://api.clinicea.com"
DEFAULT_ZONE = "Asia/Kolkata"
OWN_USER = ("CLINICEA_API_KEY", "CLINICEA_USER_NAME", "CLINICEA_PASSWORD")


@dataclass(frozen=True, repr=False)
class Account:
    """One Clinicea account with the connector's settings. Its `repr` is empty."""

    name: str
    url: str
    scheme: Scheme
    country: str
    clinics: Clinics
    replacement: Mapping[str, Any] | None = None
    """The deployer's current call table."""
    credentials: CredentialSource | None = None
    stack: str = DEFAULT_STACK
    """The stack's name, the prefix of its documents."""
    tokens: TokenStore | None = None
    """Store of a session's token: shared with the deployed functions, or the doctor's own."""

    def client(self, transport: Transport, table: Mapping[str, Any], clock: Clock) -> Clinicea:
        """Return a client with a call table; raises ConfigurationError."""
        if self.credentials is None:
            raise ConfigurationError("no credentials are given")
        return connect(
            self.url,
            credentials=self.credentials,
            scheme=self.scheme,
            call_table=table,
            clinics=self.clinics,
            clock=clock,
            transport=transport,
            tokens=self.tokens,
        )


def of_stack(target: Target, environment: Mapping[str, str], clock: Clock) -> Account:
    """Return the account of a deployed stack, with the settings of its functions.

    With CLINICEA_USER_NAME and CLINICEA_PASSWORD in `environment` the doctor logs in as that user. Otherwise it uses
    the functions' shared session with its lease, because a second login would end their session.

    Raises:
        ConfigurationError: the stack's settings are not valid.
        botocore's errors: the stack cannot be read.
    """
    described = target.client("lambda").get_function_configuration(FunctionName=target.output("ReconcileFunctionName"))
    settings = CalendarSettings.from_environment(described["Environment"]["Variables"])
    secret = target.client("secretsmanager").get_secret_value(SecretId=settings.clinicea_secret_arn)["SecretString"]
    credentials = Credentials.from_secret(_json("the Clinicea secret", secret))
    tokens: TokenStore | None = None
    if settings.clinicea_authentication == "staff_session":
        sealer = KmsSealer(target.client("kms"), settings.kms_key_arn)
        tokens = SharedSession(Table(target.client("dynamodb"), settings.ledger_table), sealer, clock)
    clinics = _document(target, "clinics", settings.clinics)
    account = Account(
        name=str(target),
        url=settings.clinicea_url,
        scheme=settings.clinicea_authentication,
        country=settings.default_country,
        clinics=Clinics.from_document(clinics or {"schema": 1}, settings.time_zone),
        replacement=_of_now(_document(target, "call_table", settings.call_table)),
        credentials=lambda: credentials,
        stack=target.stack,
        tokens=tokens,
    )
    own = own_user(environment)
    return account if own is None else replace(account, credentials=lambda: own, tokens=OwnToken(clock))


def before_deployment(
    url: str,
    scheme: Scheme,
    country: str,
    time_zone: str,
    call_table: Path | None,
    environment: Mapping[str, str],
    clock: Clock,
) -> Account:
    """Return an account by its address; the credentials, if any, come from the environment.

    Raises:
        ConfigurationError: the call table or a variable of the environment is invalid.
    """
    own = own_user(environment)
    try:
        table = None if call_table is None else _of_now(_json("the call table", call_table.read_text()))
    except OSError as error:
        raise ConfigurationError(f"the call table cannot be read: {type(error).__name__}") from None
    return Account(
        name="before any deployment",
        url=url,
        scheme=scheme,
        country=country,
        clinics=Clinics(ClinicsDocument(schema=1), time_zone),
        replacement=table,
        credentials=None if own is None else lambda: own,
        tokens=OwnToken(clock),
    )


def own_user(environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials in the environment, or None without a key."""
    names = dict(zip(("api_key", "user_name", "password"), OWN_USER, strict=True))
    given = {ours: environment[name] for ours, name in names.items() if environment.get(name)}
    return Credentials.from_secret(given) if "api_key" in given else None


def _of_now(document: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a call table converted to schema 2, which is needed for the corrections."""
    if document is None or not calls.of_schema_1(document):
        return document
    translated: dict[str, Any] = {"schema": 2}
    for each in calls.translated(document):
        translated = laid_over(translated, each)
    return translated


def _document(target: Target, name: str, source: str) -> dict[str, Any] | None:
    if not source:
        return None
    if source.startswith("ssm:"):
        parameter = target.client("ssm").get_parameter(Name=source.removeprefix("ssm:"), WithDecryption=True)
        return _json(name, parameter["Parameter"]["Value"])
    bucket, _, key = source.removeprefix("s3://").partition("/")
    return _json(name, target.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def _json(name: str, text: str | bytes) -> dict[str, Any]:
    value: object = None
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(text)
    # Raised outside the handler: json's own error holds the whole text.
    if not isinstance(value, dict):
        raise ConfigurationError(f"{name} is not a JSON object")
    return value
