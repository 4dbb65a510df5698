"""Read-only probes of an account: the address of each call, and the dialect that its flow needs.

Reads are for an unassigned number. The address of a booking is probed by OPTIONS without parameters, which executes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commands.doctor.asking import NOBODYS_ID, Asker, Use
from commands.doctor.compare import compare_call
from commands.doctor.date_forms import DateForms, by_date
from commands.doctor.failures import correct
from commands.doctor.findings import ACCOUNT, IN_THE_ADDRESS, Verdict
from commands.doctor.options import AsOptions
from commands.doctor.swagger import Document
from convox_clinicea.clinicea import Clinicea, Endpoint
from convox_clinicea.clinicea.errors import (
    AuthenticationFailed,
    CliniceaError,
    MethodRefused,
    PermissionDenied,
    RouteMissing,
    TimedOut,
    Unavailable,
)
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.mobile import Mobile

NOBODYS_NUMBER = "0000000000"
VERSIONS = ("v1", "v2", "v3")
_SEARCHES = tuple(
    f"/api/{{version}}/patients/{name}" for name in (Endpoint.SEARCH_PATIENT.value, "searchByMobileNumber")
)
LIKELIEST = (
    *({"version": "v1", "path": path} for path in reversed(_SEARCHES)),
    *({"version": version, "path": path} for version in ("v2", "v3") for path in _SEARCHES),
)
"""Possible addresses of the search, the most likely first [code]."""
Place = Mapping[str, str]


@dataclass(frozen=True)
class Services:
    """Services of modern bookings, which need a service's id.

    Attributes:
        clinic_id: the clinic whose services are read.
        name: the service of bookings whose service is not in the list.
    """

    clinic_id: str | None = None
    name: str | None = None


class Probes:
    """The probes of one account; findings go into the asker's register and correction."""

    def __init__(
        self,
        asker: Asker,
        documents: Sequence[Document],
        values: Mapping[str, Mapping[str, str]],
        services: Services,
    ) -> None:
        self._ask = asker
        self._register = asker.register
        self._documents = documents
        self._values = values
        self._services = services
        self._silent = False
        self._options = AsOptions()
        self._dates = DateForms(asker)

    def run(self, now: datetime) -> None:
        """Probe until everything is known, or Clinicea does not answer."""
        for probe in (self._search, self._lists, self._completed, lambda: self._dates.settle(now), self._bookings):
            if self._silent or self._ask.stopped:
                return
            probe()

    def _search(self) -> None:
        if self._ask.table.flows.search != "convox":
            self._reads(Endpoint.GET_PATIENT, _search)
        elif self._reads(Endpoint.SEARCH_PATIENT, _search, LIKELIEST) is False:
            modern = {"flows": {"search": "modern"}}
            if self._reads(Endpoint.GET_PATIENT, _search, more=modern):
                self._switch("search", Endpoint.SEARCH_PATIENT, Endpoint.GET_PATIENT)
            else:
                self._nowhere(Endpoint.SEARCH_PATIENT)

    def _lists(self) -> None:
        for call, use in ((Endpoint.BY_PATIENT, _by_patient), (Endpoint.BY_DATE, by_date)):
            if self._reads(call, use) is False:
                self._nowhere(call)

    def _completed(self) -> None:
        if self._ask.table.flows.completed != "convox" or self._reads(Endpoint.PAST_COMPLETED, _completed) is not False:
            return
        if self._register.verdict(f"calls.{Endpoint.BY_PATIENT}.path") is Verdict.WRONG and not self._told(
            Endpoint.BY_PATIENT
        ):
            self._nowhere(Endpoint.PAST_COMPLETED)
        else:
            self._switch("completed", Endpoint.PAST_COMPLETED, Endpoint.BY_PATIENT)

    def _reads(
        self, call: Endpoint, use: Use, likeliest: Sequence[Place] = (), more: Mapping[str, Any] | None = None
    ) -> bool | None:
        """Return whether a read exists; None if unknown. Record another address of it."""
        if self._told(call):
            return True
        assumed = self._assumed(call)
        for place in self._places(call, likeliest):
            try:
                self._ask.probe(call, use, {**(more or {}), "calls": {call.value: place}})
            except (Unavailable, TimedOut, ConfigurationError):
                self._silent = True
                return None
            except RouteMissing:
                continue
            except CliniceaError as error:
                if place == assumed and isinstance(error, AuthenticationFailed | PermissionDenied):
                    return None
            self._found(call, place)
            return True
        return False

    def _told(self, call: Endpoint) -> bool:
        """Return whether Clinicea's document has the call's address."""
        corrected = self._ask.correction.get("calls", {}).get(call.value, {})
        subject = f"calls.{call}.path"
        told = subject in self._register and self._register.verdict(subject) is Verdict.CONFIRMED
        return told or "path" in corrected or "version" in corrected

    def _assumed(self, call: Endpoint) -> dict[str, str]:
        spec = self._ask.table.calls[call]
        return {"version": spec.version, "path": spec.path}

    def _places(self, call: Endpoint, likeliest: Sequence[Place]) -> list[Place]:
        assumed = self._assumed(call)
        others = likeliest or [{**assumed, "version": version} for version in VERSIONS]
        return [assumed, *(each for each in others if each != assumed)]

    def _found(self, call: Endpoint, place: Place) -> None:
        assumed = self._assumed(call)
        if place == assumed:
            return  # the reads confirm it
        for part, found in place.items():
            subject = f"calls.{call}.{part}"
            if found != assumed[part]:
                self._register.reconsider(subject)
                self._register.wrong(subject, ACCOUNT, use=found)
        correct(self._ask.correction, call, dict(place))

    def _nowhere(self, call: Endpoint) -> None:
        subject = f"calls.{call}.path"
        if self._register.verdict(subject) is not Verdict.WRONG:
            tried = "404 in v1, v2 and v3: ask Clinicea for its address"
            self._register.wrong(subject, ACCOUNT, detail=tried)

    def _switch(self, flow: str, old: Endpoint, new: Endpoint | None, detail: str = "") -> None:
        """Switch a flow to the modern dialect."""
        self._ask.correction.setdefault("flows", {})[flow] = "modern"
        self._ask.correction.get("calls", {}).pop(old.value, None)
        self._register.forget(old)
        why = f"{old} is not in v1, v2 or v3" + (f"; {detail}" if detail else "")
        self._register.wrong(f"flows.{flow}", ACCOUNT, use="modern", detail=why, assumption=f"{flow} is by {old}")
        if new is not None and f"calls.{new}.path" not in self._register:
            table = self._ask.table
            self._register.expect(new, table.calls[new])
            if self._documents:
                values = self._values.get(new.value, {})
                compare_call(
                    new, table.calls[new], self._documents, table, self._register, self._ask.correction, values
                )

    def _bookings(self) -> None:
        flows = self._ask.table.flows
        if self._options_tell():
            if flows.book_known == "convox" and self._posts(Endpoint.POST_BY_PATIENT) is False:
                self._book_known_modern()
            if flows.book_new == "convox" and self._posts(Endpoint.POST_WITH_PATIENT) is False:
                detail = "no call makes a patient then; ask Clinicea for the address of postAppointment"
                self._switch("book_new", Endpoint.POST_WITH_PATIENT, None, detail)
        self._dates.use_bare_colons_in_bookings()

    def _options_tell(self) -> bool:
        """Return whether existing addresses answer OPTIONS with 405, as ASP.NET does [assumed]."""
        return self._asked_what_it_takes(self._assumed(self._ask.table.flows.search_call)) is True

    def _posts(self, call: Endpoint) -> bool | None:
        if self._told(call):
            return True
        for place in self._places(call, ()):
            there = self._asked_what_it_takes(place)
            if there is None:
                return None
            if there:
                self._found(call, place)
                for part in ("path", "version"):
                    self._register.confirm(f"calls.{call}.{part}", ACCOUNT)
                self._note_verb(call)
                return True
        return False

    def _note_verb(self, call: Endpoint) -> None:
        """Record the verb of a booking's address, if it accepts only one of GET and POST."""
        spec, subject = self._ask.table.calls[call], f"calls.{call}.verb"
        if len(self._options.verbs) != 1:
            return
        (verb,) = self._options.verbs
        if verb == spec.verb:
            self._register.confirm(subject, ACCOUNT)
            return
        self._register.wrong(subject, ACCOUNT, use=verb, detail=IN_THE_ADDRESS if verb == "GET" else "")
        correct(self._ask.correction, call, {"verb": verb} | ({"style": "query"} if spec.style != "query" else {}))

    def _asked_what_it_takes(self, place: Place) -> bool | None:
        nothing = {**place, "parameters": {"patient_id": None}}
        try:
            self._ask.probe(
                Endpoint.PATIENT_BY_ID, _nobody, {"calls": {Endpoint.PATIENT_BY_ID.value: nothing}}, self._options.over
            )
        except MethodRefused:
            return True
        except RouteMissing:
            return False
        except (CliniceaError, ConfigurationError):
            return None
        return None

    def _book_known_modern(self) -> None:
        if self._posts(Endpoint.CREATE_APPOINTMENT) is False:
            self._nowhere(Endpoint.POST_BY_PATIENT)
            return
        part, lacking = self._service_ids()
        if part is None:
            self._register.forget(Endpoint.POST_BY_PATIENT)
            detail = f"{Endpoint.POST_BY_PATIENT} is not in v1, v2 or v3; {lacking}"
            assumption = f"book_known is by {Endpoint.POST_BY_PATIENT}"
            self._register.wrong("flows.book_known", ACCOUNT, use="modern", detail=detail, assumption=assumption)
            return
        correct(self._ask.correction, Endpoint.CREATE_APPOINTMENT, part)
        self._switch("book_known", Endpoint.POST_BY_PATIENT, Endpoint.CREATE_APPOINTMENT, lacking)

    def _service_ids(self) -> tuple[dict[str, Any] | None, str]:
        """Return the services for the call table, and what is missing."""
        clinic, wanted = self._services.clinic_id, self._services.name
        again = "run again with --clinic <id> and --service <name of the usual one>"
        if clinic is None:
            return None, f"it books services by their ids: {again}"
        try:
            found = self._ask.use(lambda client, until: client.services(clinic, until))
        except (CliniceaError, ConfigurationError) as error:
            return None, f"the services of {clinic} cannot be read ({type(error).__name__})"
        ids = {each.name: each.service_id for each in found if each.name}
        if not ids:
            return None, f"{clinic} has no services that can be booked"
        part: dict[str, Any] = {"values": {"service": ids}}
        theirs = self._ask.table.calls[Endpoint.CREATE_APPOINTMENT].parameters.get("service")
        if theirs is not None and wanted in ids:
            return {**part, "fixed": {theirs: ids[wanted]}}, ""
        return part, f"a booking of a service that is not listed is refused: {again}"


def _search(client: Clinicea, until: Deadline) -> Any:
    return client.search_patient_by_mobile_number(Mobile("91", NOBODYS_NUMBER), until)


def _completed(client: Clinicea, until: Deadline) -> Any:
    return client.past_completed_appointments(NOBODYS_ID, until)


def _by_patient(client: Clinicea, until: Deadline) -> Any:
    return client.appointments_by_patient(NOBODYS_ID, until)


def _nobody(client: Clinicea, until: Deadline) -> Any:
    return client.patient_by_id(NOBODYS_ID, until)
