"""Parses an API Gateway event into a request model, with the deployment's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, Self, TypeVar

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, ConfigDict, ValidationError

from convox_clinicea import aws
from convox_clinicea.convox import aliases, fields
from convox_clinicea.convox.aliases import Named, naming_aliases
from convox_clinicea.convox.body import pairs_of
from convox_clinicea.convox.dialect import Dialect, Dialects
from convox_clinicea.deployment_documents import Clinics, ConsentTexts
from convox_clinicea.errors import ConfigurationError, FieldProblem, InvalidRequest, field_problems
from convox_clinicea.privacy import FreeTextIds, tells
from convox_clinicea.settings import DialectSettings, IntakeSettings, NamingSettings, PlaceSettings, packed, replacement

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], **values: Any) -> M:
    """Validate `model` from canonical names; raises InvalidRequest."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = field_problems(error, "body")
    raise InvalidRequest(*problems)


class Inbound(BaseModel):
    """The base of all requests."""

    # Unknown fields are ignored: ConVox sends more than we need.
    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class WithCall(Inbound):
    """A request with its call and agent; the deployment may make them optional."""

    call_id: fields.Reference | None = None
    agent_id: fields.Reference | None = None

    def with_context(self, *, required: bool, country: str | None = None) -> Self:
        """Check call and agent, and return the request itself.

        Args:
            country: country of numbers without a dialling code. With it, an agent's id that holds a number or an
                address is refused. None accepts any id, for status callbacks, which are not repeated.

        Raises:
            InvalidRequest: the context is required and missing, or the agent's id must not be stored.
        """
        missing = [name for name in ("call_id", "agent_id") if required and getattr(self, name) is None]
        if missing:
            raise InvalidRequest(*(FieldProblem(name, "is required") for name in missing))
        if country is not None and self.agent_id is not None and tells(self.agent_id, country):
            raise InvalidRequest(FieldProblem("agent_id", "must not contain a telephone number or an e-mail address"))
        return self


class CallRequest(Inbound):
    """`GET /calls/{call_id}/bookings`; with an agent, only that agent's bookings."""

    call_id: fields.Reference
    agent_id: fields.Reference | None = None


class Parsed(NamedTuple, Generic[M]):
    """A request, and the received aliases of its fields: canonical name → alias."""

    request: M
    aliases_used: Mapping[str, str]


def from_request(model: type[M], event: APIGatewayProxyEvent, dialect: Dialect, **path: str) -> Parsed[M]:
    """Validate `model` from query and body; parameters of the path override both.

    Raises:
        TooLarge: body or query are over 64 KB.
        InvalidRequest: the request is unreadable, a field has two values, or a field is invalid.
    """
    wanted = frozenset(model.model_fields) - path.keys()
    found = aliases.named(pairs_of(event, dialect.known), wanted, dialect)
    with naming_aliases(found.aliases_used):
        return Parsed(from_named(model, found, **path), found.aliases_used)


def from_named(model: type[M], found: Named, **path: str) -> M:
    """Validate `model` from names and values; raises InvalidRequest."""
    if found.problems:
        raise InvalidRequest(*found.problems)
    return validated(model, **{**found.nested(), **path})


def clinics_from(settings: PlaceSettings) -> Clinics:
    """Return the deployment's clinics."""
    document = replacement("clinics", settings.clinics)
    return Clinics.from_document(packed("clinics") if document is None else document, settings.time_zone)


def consent_texts_from(settings: IntakeSettings) -> ConsentTexts:
    """Return the versions of the text that is read out before a registration."""
    document = replacement("consent_texts", settings.consent_texts)
    return ConsentTexts.from_document(
        packed("consent_texts") if document is None else document, settings.consent_text_version
    )


def dialects_from(settings: DialectSettings) -> Dialects:
    """Return the dialects of the deployment's clients."""
    return Dialects.from_document(replacement("dialect", settings.dialect))


SHORTEST_KEY = 32


def identity_key(arn: str, *, in_time: bool = False) -> bytes:
    """Return the identity key, which is not rotated within the retention; raises ConfigurationError."""
    key = aws.secret(arn, in_time=in_time).get("key")
    if not isinstance(key, str) or len(key) < SHORTEST_KEY:
        raise ConfigurationError(f"the identity secret needs `key`, of at least {SHORTEST_KEY} characters")
    return key.encode()


def ids_from(settings: NamingSettings, *, earlier: bool = False, in_time: bool = False) -> FreeTextIds:
    """Build the mapping of call and agent ids to their stored names."""
    arn = settings.identity_secret_arn
    return FreeTextIds(lambda: identity_key(arn, in_time=in_time), settings.default_country, earlier=earlier)
