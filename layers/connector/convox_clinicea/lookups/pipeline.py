"""The look-up pipeline: read, limit, find, record the disclosure, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.aws import deadline_scope
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea_account import clinicea_from
from convox_clinicea.convox import disclosing
from convox_clinicea.convox.aliases import naming_aliases
from convox_clinicea.convox.dialect import Dialect, Dialects
from convox_clinicea.convox.disclosing import register_from
from convox_clinicea.convox.fields import PatientId
from convox_clinicea.convox.http import caller_of, lookup_deadline
from convox_clinicea.convox.request import WithCall, clinics_from, dialects_from, from_request, ids_from
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.disclosures import DisclosureRegister
from convox_clinicea.errors import ConnectorError, MethodNotAllowed, NotShown, RateLimited
from convox_clinicea.rate_limits import RateLimiter, Requester, lookup_limiter
from convox_clinicea.settings import LookupSettings, SearchSettings

if TYPE_CHECKING:
    from convox_clinicea.convox import contract as answers


R = TypeVar("R", bound=WithCall)
A = TypeVar("A")
MaySee = Callable[[str, R], bool]


@dataclass(frozen=True)
class Admitted(Generic[R, A]):
    """A request that was read and is within the limits known here, before anything is asked of Clinicea."""

    event: APIGatewayProxyEvent
    dialect: Dialect
    client: str
    request: R
    asked: A
    deadline: Deadline


Announce = Callable[[Admitted[R, A]], Callable[[], None]]
Keep = Callable[[Admitted[R, A], "Found"], None]


SECONDS_TO_KEEP = 0.5
"""What must be left of a look-up's time for its result to be kept beside the answer."""


@dataclass(frozen=True)
class Found:
    """The result of a look-up.

    Attributes:
        body: the answer.
        found: the patients or appointments found; None if Clinicea did not answer. An empty result is counted.
        patient_id: the patient of the appointments, if the body names none.
        source: what the body was made of, for `keep`.
    """

    body: answers.Answer
    found: Sized | None = None
    patient_id: str | None = None
    source: object = None

    @property
    def missed(self) -> bool:
        """Whether a searched number has no patient."""
        return self.patient_id is None and self.found is not None and len(self.found) == 0


class LookUp(Protocol[R, A]):
    """One kind of look-up: its request model, and its answer."""

    @property
    def request(self) -> type[R]:
        """The model of the request."""
        ...

    def understood(self, request: R) -> A:
        """Return the parsed subject of the look-up; raises InvalidRequest."""
        ...

    def find(self, asked: A, deadline: Deadline) -> Found:
        """Return Clinicea's answer; raises a leaf of `clinicea.errors`."""
        ...


@dataclass(frozen=True)
class LookupCollaborators(Generic[R, A]):
    """Collaborators of a look-up.

    Attributes:
        announce: records that the call has come, and returns what waits for work begun beside the look-up; neither
            raises anything.
        keep: keeps the result before the answer is sent; raises nothing.
        may_see: returns whether the requested patient was shown to this client and agent on the call.
    """

    dialects: Dialects
    look_up: LookUp[R, A]
    allowance: RateLimiter
    register: DisclosureRegister
    announce: Announce[R, A] | None = None
    keep: Keep[R, A] | None = None
    may_see: MaySee[R] | None = None


class LookupPipeline(Generic[R, A]):
    """Pipeline of one kind of look-up.

    Args:
        parts: builds the collaborators, at the first look-up and within its deadline.
        budget_seconds: time for an answer since API Gateway received the request.
        context_required: whether requests must name their call and agent.
        country: the deployment's country, for numbers without a dialling code.
        by_get: whether a number may come in the query of a GET.
    """

    def __init__(
        self,
        parts: Callable[[], LookupCollaborators[R, A]],
        clock: Clock,
        *,
        budget_seconds: float,
        context_required: bool,
        country: str,
        by_get: bool = False,
    ) -> None:
        self._parts = parts
        self._clock = clock
        self._budget_seconds = budget_seconds
        self._context_required = context_required
        self._country = country
        self._by_get = by_get

    def build(self) -> None:
        """Build the collaborators before the first look-up; raises ConfigurationError."""
        self._parts()

    def answer_by_get(self, event: APIGatewayProxyEvent) -> Response[str]:
        """Return the answer to a GET with a number in its query; raises MethodNotAllowed if that is off."""
        if not self._by_get:
            raise MethodNotAllowed("look-ups by GET are disabled", "POST")
        return self.answer(event)

    def answer(self, event: APIGatewayProxyEvent, **path: str) -> Response[str]:
        """Return the answer to a request, once it is allowed and its disclosure is recorded.

        Args:
            path: the parameters of the request's path.

        Raises:
            Unauthorized, InvalidRequest, TooLarge: the request is refused, and not counted.
            RateLimited: nothing is shown. Clinicea may have been called if this process did not know of the limit.
            NotShown: the patient was not shown on this call; Clinicea was not called.
            CliniceaError, SecretUnavailable: Clinicea did not answer, or could not be called.
            NotRecorded: the disclosure could not be recorded, so nothing is shown.
        """
        deadline = lookup_deadline(event, self._clock, self._budget_seconds)
        with deadline_scope(deadline):
            return self._answer(event, path, deadline)

    def _answer(self, event: APIGatewayProxyEvent, path: Mapping[str, str], deadline: Deadline) -> Response[str]:
        parts = self._parts()
        caller = caller_of(event)
        dialect = parts.dialects.for_client(caller)
        request, aliases_used = from_request(parts.look_up.request, event, dialect, **path)
        with naming_aliases(aliases_used):
            request.with_context(required=self._context_required, country=self._country)
            asked = parts.look_up.understood(request)
        asker = Requester(caller, request.agent_id)
        parts.allowance.admit(asker)
        admitted = Admitted(event, dialect, caller, request, asked, deadline)
        finish = None if parts.announce is None else parts.announce(admitted)
        try:
            return self._looked_up(parts, admitted, asker)
        finally:
            if finish is not None:
                finish()

    def _looked_up(self, parts: LookupCollaborators[R, A], admitted: Admitted[R, A], asker: Requester) -> Response[str]:
        request, deadline = admitted.request, admitted.deadline
        counted = parts.may_see is not None
        if parts.may_see is not None:  # the counting write says who was shown
            self._refuse_beyond(parts.allowance.count(asker, deadline))
            if not parts.may_see(admitted.client, request):
                self._refuse_beyond(parts.allowance.count(asker, deadline, missed=True, again=True))
                raise NotShown("not shown on this call")
        before = parts.register.before(deadline)
        try:
            with deadline_scope(before):
                found = parts.look_up.find(admitted.asked, before)
        except ConnectorError:
            parts.allowance.count(asker, deadline, again=counted)
            raise
        shown = disclosing.patients_in(found.body, found.patient_id) if found.found else []
        nothing = found.found is not None and not len(found.found)
        over = parts.allowance.count(
            asker, deadline, call_id=request.call_id, shown=shown, missed=nothing, again=counted
        )
        self._refuse_beyond(over)
        if parts.keep is not None and deadline.remaining() > SECONDS_TO_KEEP:
            parts.keep(admitted, found)
        return disclosing.hand_out(
            found.body,
            parts.register,
            admitted.event,
            request,
            deadline,
            patient_id=found.patient_id,
            missed=found.missed,
        )

    @staticmethod
    def _refuse_beyond(limit: RateLimited | None) -> None:
        if limit is not None:
            raise limit


class OnePatient(WithCall):
    """A request about one patient."""

    patient_id: PatientId


def shown_on_call(allowance: RateLimiter) -> MaySee[OnePatient]:
    """Return the check whether the patient was shown to the agent on the call."""

    def was_shown(client: str, request: OnePatient) -> bool:
        asker = Requester(client, request.agent_id)
        return allowance.was_shown(asker, request.patient_id, request.call_id)

    return was_shown


def lookup_pipeline(
    settings: LookupSettings,
    clock: Clock,
    logger: Logger,
    metrics: Metrics,
    look_up: Callable[[Clinicea, Clinics], LookUp[R, A]],
    *,
    announce: Announce[R, A] | None = None,
    keep: Keep[R, A] | None = None,
    may_see: Callable[[RateLimiter], MaySee[R]] | None = None,
) -> LookupPipeline[R, A]:
    """Build the pipeline of one look-up function; its collaborators are built at the first request.

    Args:
        may_see: builds the check whether a patient was shown on the call.
    """

    @cache
    def parts() -> LookupCollaborators[R, A]:
        clinics = clinics_from(settings)
        limits = lookup_limiter(settings, clock, logger, metrics)
        return LookupCollaborators(
            dialects=dialects_from(settings),
            look_up=look_up(clinicea_from(settings, clinics, clock, in_time=True), clinics),
            allowance=limits,
            register=register_from(settings, clinics.zone(None), ids_from(settings, in_time=True), clock, logger),
            announce=announce,
            keep=keep,
            may_see=None if may_see is None else may_see(limits),
        )

    return LookupPipeline(
        parts,
        clock,
        budget_seconds=settings.lookup_budget_seconds,
        context_required=settings.require_call_context,
        country=settings.default_country,
        by_get=isinstance(settings, SearchSettings) and settings.search_by_get,
    )
