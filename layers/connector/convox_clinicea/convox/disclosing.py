"""Records a disclosure before an answer with a patient's data is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea import aws
from convox_clinicea.convox.http import caller_of, reply
from convox_clinicea.convox.request import WithCall
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.disclosures import DisclosureRegister, HandedOut, Keeping, Recipient
from convox_clinicea.metering import observe_lost_entry
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.settings import DisclosureSettings
from convox_clinicea.table import Table

if TYPE_CHECKING:
    from convox_clinicea.convox import contract as answers


AGREES = "date_of_birth.agrees"
"""The register's word for: it was said whether a birth date agrees."""


def hand_out(
    body: answers.Answer,
    register: DisclosureRegister,
    event: APIGatewayProxyEvent,
    request: WithCall,
    deadline: Deadline,
    *,
    patient_id: str | None = None,
    missed: bool = False,
) -> Response[str]:
    """Return the answer with `body`, once the register holds an entry for each patient in it.

    Args:
        patient_id: the patient of the appointments, if the body names none.
        missed: whether no patient was found; the register counts that.

    Raises:
        NotRecorded: the register did not confirm, so the body must not be sent.
    """
    to = recipient(event, request)
    register.add(handed_out(body, patient_id), to, deadline)
    if missed:
        register.count_miss(to)
    return reply(body)


def recipient(event: APIGatewayProxyEvent, request: WithCall) -> Recipient:
    """Return the recipient of an answer; raises Unauthorized."""
    return recipient_of(event, request.agent_id, request.call_id)


def recipient_of(event: APIGatewayProxyEvent, agent_id: str | None, call_id: str | None) -> Recipient:
    """Return the recipient of an answer from its agent and call; raises Unauthorized."""
    context = event.raw_event["requestContext"]
    return Recipient(
        caller=caller_of(event),
        agent_id=agent_id,
        call_id=call_id,
        route=f"{event.http_method} {event.resource}",
        request_id=context.get("requestId"),
        source_ip=context.get("identity", {}).get("sourceIp"),
    )


def handed_out(body: Mapping[str, Any], patient_id: str | None = None) -> list[HandedOut]:
    """Return the patients whose data an answer holds, with the names of its fields that are not null.

    An empty list of appointments counts as disclosed, too: `appointments`. So does the answer whether a birth date
    agrees.
    """
    fields = {each["patient_id"]: _named(each) for each in body.get("patients") or ()}
    appointments: Sequence[Mapping[str, Any]] | None = body.get("appointments")
    if appointments is not None:
        (owner,) = fields or (patient_id,)
        names = [f"appointments.{name}" for each in appointments for name in _named(each)] or ["appointments"]
        fields[owner] = [*fields.get(owner, []), *dict.fromkeys(names)]
    if "agrees" in body:
        fields[patient_id] = [AGREES]
    return [HandedOut(str(owner), tuple(names)) for owner, names in fields.items()]


def patients_in(body: Mapping[str, Any], patient_id: str | None = None) -> list[str]:
    """Return the ids of the patients in an answer."""
    return [each.patient_id for each in handed_out(body, patient_id)]


def _named(record: Mapping[str, Any]) -> list[str]:
    return [name for name in _told(record) if name != "patient_id"]


def _told(record: Mapping[str, Any]) -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{part}" for part in _told(value))
        elif value is not None:
            yield name


def register_from(
    settings: DisclosureSettings, zone: tzinfo, ids: FreeTextIds, clock: Clock, logger: Logger
) -> DisclosureRegister:
    """Build the register; `zone` sets the dates of its entries, `ids` their names of calls and agents."""
    return DisclosureRegister(
        Table(aws.dynamodb_at_once(), settings.disclosures_table),
        clock,
        Keeping(timedelta(days=settings.disclosure_retention_days), zone, ids),
        closed=settings.disclosure_failure == "closed",
        observe=observe_lost_entry(logger),
    )
