"""Who is calling: the look-up for one call, under the limits and the name of the person who sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from aws_lambda_powertools import Logger

from convox_clinicea.aws import deadline_scope
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.convox.disclosing import AGREES, handed_out
from convox_clinicea.convox.request import validated
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.desk.calls import DeskCall, SignedIn
from convox_clinicea.disclosures import DisclosureRegister, HandedOut, Recipient
from convox_clinicea.errors import ConnectorError, NotShown, RateLimited
from convox_clinicea.function import failure
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.lookups.completed import CompletedAppointment
from convox_clinicea.lookups.confirm import ConfirmRequest
from convox_clinicea.lookups.popup import CallPopUp, PopUp, popup
from convox_clinicea.lookups.prefetched import CallOfAgent, PrefetchedLookups
from convox_clinicea.lookups.search import MatchKind, age_band
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import FreeTextIds, PersonalText
from convox_clinicea.rate_limits import RateLimiter, Requester
from convox_clinicea.sealing import SealingUnavailable
from convox_clinicea.table import TableUnavailable

ROUTE = "GET /desk/calls/{call_id}"
CONFIRM_ROUTE = "POST /desk/calls/{call_id}/confirm"


@dataclass(frozen=True)
class Candidate:
    """One of several patients with the caller's number: what tells a family apart, and no birth date."""

    patient_id: str
    file_no: PersonalText | None
    name: PersonalText | None
    gender: PersonalText | None
    age_band: str | None


@dataclass(frozen=True)
class CallerView:
    """What the desk shows of the caller.

    Attributes:
        patients: one patient, or the candidates.
        visits: the last completed ones of the one patient; None if there is no one patient, or they are not known.
        visits_degraded: whether Clinicea did not return the visits in time.
        since: since when Clinicea has not answered this process, where it is degraded.
    """

    kind: Literal["none", "one", "many", "withheld", "degraded"]
    patients: tuple[Patient | Candidate, ...] = ()
    visits: tuple[CompletedAppointment, ...] | None = None
    visits_degraded: bool = False
    since: datetime | None = None


class CallerLookup:
    """Looks the caller of a call up; what a person sees stands in the register before it is shown."""

    def __init__(
        self,
        *,
        popups: CallPopUp,
        prefetched: PrefetchedLookups,
        ids: FreeTextIds,
        logger: Logger,
        limiter: RateLimiter,
        register: DisclosureRegister,
        clock: Clock,
        client: str,
    ) -> None:
        self._popups = popups
        self._prefetched = prefetched
        self._ids = ids
        self._logger = logger
        self._limiter = limiter
        self._register = register
        self._clock = clock
        self._client = client
        self._silent_since: datetime | None = None

    def show(
        self, person: SignedIn, call: DeskCall, request_id: str, source_address: str | None, deadline: Deadline
    ) -> CallerView:
        """Return who is calling; nothing is asked of Clinicea for a call without a number.

        Raises:
            RateLimited: nothing is shown.
            NotRecorded: what was found may not be shown.
        """
        if call.mobile is None:
            return CallerView("withheld")
        to = self._recipient(person, call, ROUTE, request_id, source_address)
        asker = Requester(to.caller, to.agent_id)
        with deadline_scope(deadline):
            self._limiter.admit(asker)
            before = self._register.before(deadline)
            with deadline_scope(before):
                found = self._kept(person, call, call.mobile) or self._popups.of(call.mobile, before)
            return self._shown(found, call.mobile, to, deadline)

    def confirm(
        self,
        person: SignedIn,
        call: DeskCall,
        patient_id: str,
        birth_date_text: str,
        request_id: str,
        source_address: str | None,
        deadline: Deadline,
    ) -> CallerView | None:
        """Return the card of one of several patients, once the birth date that the caller told agrees; else None.

        A date that does not agree counts as a look-up that found nobody, and stands in the register.

        Raises:
            InvalidRequest: the text is no birth date, YYYY-MM-DD.
            NotShown: the patient does not have the call's number.
            RateLimited, NotRecorded: nothing is shown, and nothing is said of the date.
            CliniceaError, SecretUnavailable: Clinicea did not answer.
        """
        if call.mobile is None:
            raise NotShown("a call without a number has no candidates")
        born = validated(ConfirmRequest, patient_id=patient_id, date_of_birth=birth_date_text).date_of_birth.reveal()
        to = self._recipient(person, call, CONFIRM_ROUTE, request_id, source_address)
        asker = Requester(to.caller, to.agent_id)
        with deadline_scope(deadline):
            self._limiter.admit(asker)
            before = self._register.before(deadline)
            try:
                with deadline_scope(before):
                    found = self._popups.of_candidate(call.mobile, patient_id, born, before)
            except ConnectorError:
                self._limiter.count(asker, deadline)
                raise
            if found is None:
                self._refuse_beyond(self._limiter.count(asker, deadline, missed=True))
                self._register.add([HandedOut(patient_id, (AGREES,))], to, deadline)
                return None
            return self._shown(found, call.mobile, to, deadline, AGREES)

    def _kept(self, person: SignedIn, call: DeskCall, mobile: Mobile) -> PopUp | None:
        """Return what the pop-up has found, as long as it is kept; what cannot be read is asked for anew."""
        try:
            of_agent = CallOfAgent(self._client, self._ids.agent(person.agent_id), call.call_id)
            kept = self._prefetched.of(of_agent, mobile)
        except (TableUnavailable, SealingUnavailable, UnreadableRecord) as error:
            self._logger.warning("a prefetched look-up cannot be read", extra=failure(error))
            return None
        return None if kept is None else PopUp(kept.match, kept.appointments, degraded=False)

    def _shown(self, found: PopUp, mobile: Mobile, to: Recipient, deadline: Deadline, *more: str) -> CallerView:
        """Count and record what is shown, then return it."""
        asker = Requester(to.caller, to.agent_id)
        if found.match is None:
            self._silent_since = self._silent_since or self._clock.now()
            self._refuse_beyond(self._limiter.count(asker, deadline))
            return CallerView("degraded", since=self._silent_since)
        self._silent_since = None
        kind, patients = found.match.kind, found.match.patients
        told = [HandedOut(each.patient_id, (*each.fields, *more)) for each in handed_out(popup(found, mobile))]
        # Of several candidates nobody is chosen yet: they count, and open neither visits nor a booking.
        on_call = to.call_id if kind is MatchKind.ONE else None
        shown = [each.patient_id for each in told]
        missed = kind is MatchKind.NONE
        self._refuse_beyond(self._limiter.count(asker, deadline, call_id=on_call, shown=shown, missed=missed))
        self._register.add(told, to, deadline)
        if missed:
            self._register.count_miss(to)
            return CallerView("none")
        if kind is MatchKind.MANY:
            return CallerView("many", candidates(patients, self._clock.now().date()))
        visits = None if found.appointments is None else tuple(found.appointments)
        return CallerView("one", patients, visits, visits_degraded=found.degraded)

    def _recipient(
        self, person: SignedIn, call: DeskCall, route: str, request_id: str, source_address: str | None
    ) -> Recipient:
        return Recipient(
            caller=self._client,
            agent_id=person.agent_id,
            call_id=call.said_id.reveal(),
            route=route,
            request_id=request_id,
            source_ip=source_address,
            person=person.subject,
        )

    @staticmethod
    def _refuse_beyond(limit: RateLimited | None) -> None:
        if limit is not None:
            raise limit


def candidates(patients: Sequence[Patient], today: date) -> tuple[Candidate, ...]:
    """Return what may be shown of several patients."""
    return tuple(
        Candidate(each.patient_id, each.file_no, each.full_name, each.gender, age_band(each.date_of_birth, today))
        for each in patients
    )
