"""`GET /patients/{patient_id}/appointments/completed`: what was done at the last visits?"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea import snapshot, wiring
from convox_clinicea.convox import disclosing, parsing, replies
from convox_clinicea.convox.api import answer, api, caller_of, lookup_deadline
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.convox.requests import CompletedRequest
from convox_clinicea.deadline import SystemClock
from convox_clinicea.disclosures.register import DisclosureRegister
from convox_clinicea.observability import logger as make_logger
from convox_clinicea.observability import metrics as make_metrics
from convox_clinicea.patients.completed import CompletedAppointments
from convox_clinicea.settings import LookupSettings
from convox_clinicea.sharing.allowance import Allowance, Asker

logger = make_logger()
metrics = make_metrics()
app = api(logger, metrics)
clock = SystemClock()


class Parts(NamedTuple):
    settings: LookupSettings
    dialects: Dialects
    completed: CompletedAppointments
    register: DisclosureRegister
    allowance: Allowance


@cache
def parts() -> Parts:
    settings = LookupSettings.from_environment()
    clinics = wiring.clinics_from(settings)
    return Parts(
        settings,
        wiring.dialects_from(settings),
        CompletedAppointments(wiring.clinicea_from(settings, clinics, clock), clinics),
        wiring.register_from(settings, clinics, clock, logger),
        wiring.allowance_from(settings, clock, logger, metrics),
    )


snapshot.prepare(parts)


@app.get("/patients/<patient_id>/appointments/completed")
def past_appointments(patient_id: str) -> Response[str]:
    settings, dialects, service, register, allowance = parts()
    caller = caller_of(app.current_event)
    request = parsing.from_request(CompletedRequest, app.current_event, dialects.of(caller), patient_id=patient_id)
    request.with_context(required=settings.require_call_context)
    deadline = lookup_deadline(app.current_event, clock, settings.lookup_budget_seconds)
    allowance.take(Asker(caller, request.agent_id))
    body = replies.completed(service.of(request.patient_id, request.limit, register.before(deadline)))
    return disclosing.hand_out(body, register, app.current_event, request, deadline, patient_id=request.patient_id)


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer(app, event, context, metrics, clock)
