"""Checks on the account: the reads of the four calls and of the read-backs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from commands.doctor.absent import absent_beside
from commands.doctor.asking import Asker
from commands.doctor.failures import correct
from commands.doctor.findings import ACCOUNT
from commands.doctor.probing import NOBODYS_NUMBER
from commands.doctor.zones import KnownVisit, settle_reading_zone
from convox_clinicea.clinicea import Appointment, Endpoint, Patient
from convox_clinicea.clinicea.call_table import CODE_PREFIXES
from convox_clinicea.clinicea.calls import Flows
from convox_clinicea.clinicea.errors import CliniceaError, RouteMissing, UnexpectedAnswer
from convox_clinicea.mobile import Mobile
from convox_clinicea.text import may_be_an_id

_LONGEST_ID = 64
_WORD = re.compile(r"[A-Za-z][A-Za-z -]{0,30}")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_OFFSET = re.compile(r"(Z|[+-][0-9]{2}:?[0-9]{2})$")
_SENTENCE = re.compile(r"[A-Za-z][A-Za-z ]{9,60}")


@dataclass
class Seen:
    """Results of the reads, for `--show`."""

    patients: list[Patient] = field(default_factory=list)
    completed: list[Appointment] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)


class Checks:
    """The checks by reads, one after the other."""

    def __init__(self, asker: Asker) -> None:
        self._ask = asker
        self._register = asker.register
        self.seen = Seen()

    @property
    def _flows(self) -> Flows:
        return self._ask.table.flows

    def run(self, mobile: Mobile | None, patient_id: str | None, now: datetime, visit: KnownVisit) -> str | None:
        """Make the reads; return the id of their patient, if there is exactly one."""
        if mobile is not None:
            self._search(mobile)  # first, because only a found patient proves that the call is right
        self._nothing_found(Mobile(mobile.country_code if mobile else "91", NOBODYS_NUMBER))
        ids = [patient_id] if patient_id else [each.patient_id for each in self.seen.patients]
        if len(ids) == 1:
            self._completed(ids[0])
            self._listed(self.read_back(ids[0]), now)
            settle_reading_zone(visit, [*self.seen.appointments, *self.seen.completed], self._ask)
        else:
            many = f"{len(ids)} patients have that number: name one with --patient-id"
            why = many if ids else "no patient to check: give a registered number with --mobile"
            for call in (self._flows.completed_call, Endpoint.BY_PATIENT):
                self._register.unchecked(f"permission.{call}", ACCOUNT, why)
        self._of_a_day(now.date())
        self._ask.note_authentication()
        return ids[0] if len(ids) == 1 else None

    def _nothing_found(self, nobody: Mobile) -> None:
        call = self._flows.search_call
        found = self._ask.read(call, lambda client, until: client.search_patient_by_mobile_number(nobody, until))
        if found == []:
            self._register.confirm("nothing_found", ACCOUNT)
            self._missing_route(nobody)
        elif found:
            self._register.wrong("nothing_found", ACCOUNT, detail="any number has patients: perhaps it is ignored")

    def _missing_route(self, nobody: Mobile) -> None:
        """Request an address that cannot exist: as an empty result it would turn known patients into new ones."""
        call, subject = self._flows.search_call, "missing_route_markers"
        path = absent_beside(self._ask.table.calls[call].path)
        try:
            self._ask.use(
                lambda client, until: client.search_patient_by_mobile_number(nobody, until),
                {"calls": {call.value: {"path": path}}},
            )
        except RouteMissing:
            self._register.confirm(subject, ACCOUNT)
        except CliniceaError as error:
            if isinstance(error, UnexpectedAnswer) and error.status == HTTPStatus.NOT_FOUND:
                self._note_marker(subject)
            else:
                self._register.unchecked(subject, ACCOUNT, type(error).__name__)
        else:
            self._note_marker(subject)

    def _note_marker(self, subject: str) -> None:
        sentence = _SENTENCE.search(self._ask.text(self._flows.search_call))
        if sentence is None:
            self._register.wrong(subject, ACCOUNT, detail="such a 404 has no text: set not_found of each call to error")
            return
        text = sentence.group().strip()
        self._register.wrong(subject, ACCOUNT, use=text)
        self._ask.correction["missing_route_markers"] = [*self._ask.table.missing_route_markers, text]

    def _search(self, mobile: Mobile) -> None:
        call = self._flows.search_call
        at = f"calls.{call}.country_code_format"
        spec = self._ask.table.calls[call]

        def search(change: dict[str, Any]) -> list[Patient]:
            found = self._ask.read(
                call, lambda client, until: client.search_patient_by_mobile_number(mobile, until), change
            )
            return found or []

        self.seen.patients = search({})
        if self.seen.patients:
            self._register.confirm(at, ACCOUNT)
        elif spec.parameters.get("country_code") is not None and not self._ask.stopped:
            for form in (each for each in CODE_PREFIXES if each != spec.country_code_format):
                self.seen.patients = search({"calls": {call.value: {"country_code_format": form}}})
                if self.seen.patients:
                    self._register.wrong(at, ACCOUNT, use=form)
                    correct(self._ask.correction, call, {"country_code_format": form})
                    self._form_of_bookings(form)
                    break
        if not self.seen.patients:
            self._register.unchecked(at, ACCOUNT, "no patient was found; give the number of a registered one")
            return
        for ours in spec.parameters:
            self._register.confirm(f"calls.{call}.parameters.{ours}", ACCOUNT)
        ids = [each.patient_id for each in self.seen.patients]
        if all(len(each) <= _LONGEST_ID and may_be_an_id(each) for each in ids):
            self._register.confirm("patient_id", ACCOUNT)
        else:
            self._register.wrong("patient_id", ACCOUNT, detail="longer, or with invisible characters; they are refused")

    def _form_of_bookings(self, form: str) -> None:
        """Use the search's form of the country code for bookings, too."""
        call = self._flows.book_new_call
        if call is None or self._ask.table.calls[call].country_code_format == form:
            return
        at = f"calls.{call}.country_code_format"
        self._register.wrong(at, ACCOUNT, use=form, detail="as in the search")
        correct(self._ask.correction, call, {"country_code_format": form}, "assumed")

    def _completed(self, patient_id: str) -> None:
        call = self._flows.completed_call
        found = self._ask.read(call, lambda client, until: client.past_completed_appointments(patient_id, until))
        records = [] if found is None else self._ask.records(call)
        if not records:
            for subject in ("completed.status", "completed.clinic"):
                self._register.unchecked(subject, ACCOUNT, "give a patient who has completed visits")
            return
        self.seen.completed = found or []
        self._register.confirm(f"calls.{call}.parameters.patient_id", ACCOUNT)
        self._times(records)
        self._statuses(records)
        if any(record["clinic_name"] or record["clinic_address"] for record in records):
            self._register.confirm("completed.clinic", ACCOUNT)
        else:
            has_id = any(record["clinic_id"] for record in records)
            use = "the Clinics document" if has_id else ""
            detail = "" if has_id else "nor its id: answers cannot show the address"
            self._register.wrong("completed.clinic", ACCOUNT, use=use, detail=detail)

    def _statuses(self, records: list[dict[str, list[Any]]]) -> None:
        """Record unknown status words. A list of completed visits shows only the word for "checked out"."""
        words = {str(word) for record in records for word in record["status"] if _WORD.fullmatch(str(word))}
        known = self._ask.table.statuses.checked_out
        named = self._flows.completed == "convox"
        meanings = {word: self._ask.table.statuses.meaning(word) for word in words}
        # The named call lists completed visits only; a list of all holds words of other meanings too.
        expected = ("checked_out",) if named else ("checked_out", "cancelled", "no_show", "standing")
        unknown = sorted(word for word, meaning in meanings.items() if meaning not in expected)
        if unknown and not named:
            line = json.dumps({"statuses": {"checked_out": [*known, *unknown]}})
            detail = f"not known: {', '.join(unknown)}; where that means completed, add {line}"
            self._register.wrong("completed.status", ACCOUNT, detail=detail)
        elif unknown:
            self._register.wrong("completed.status", ACCOUNT, use=", ".join(unknown))
            self._ask.correction["statuses"] = {"checked_out": [*known, *unknown]}
        else:
            self._register.confirm("completed.status", ACCOUNT, ", ".join(sorted(words)) or "without a status")

    def _times(self, records: list[dict[str, list[Any]]]) -> None:
        written = [str(time) for record in records for time in record["start"]]
        if written and all(_LOCAL_TIME.fullmatch(time) for time in written):
            self._register.confirm("times.stamp", ACCOUNT)
            self._register.confirm("times", ACCOUNT)
        elif any(_OFFSET.search(time) for time in written):
            self._register.harmless("times", ACCOUNT, "the client reads the offset")
            if all(_OFFSET.search(time) for time in written):
                self._register.confirm("times.reading_zone", ACCOUNT, "times have their offset")
        elif written:
            self._register.wrong("times.stamp", ACCOUNT, detail="times have another form")

    def read_back(self, patient_id: str) -> list[Appointment] | None:
        """Read all appointments of the patient; returns None after a failure."""
        call = Endpoint.BY_PATIENT
        found = self._ask.read(call, lambda client, until: client.appointments_by_patient(patient_id, until))
        if found is None:
            return None
        self._register.confirm("read_back.complete", ACCOUNT, f"{len(found)} appointments")
        self._register.confirm(f"calls.{call}.page_size", ACCOUNT)
        self.seen.appointments = found
        return found

    def _listed(self, found: list[Appointment] | None, now: datetime) -> None:
        """Check that a patient's list has the fields that a booking's reading needs."""
        if not found:
            return
        starts = [each.start for each in found if each.start is not None]
        if any(start < now for start in starts) and any(start > now for start in starts):
            self._register.confirm("read_back.all", ACCOUNT)
        else:
            self._register.unchecked("read_back.all", ACCOUNT, "give a patient with a past and a future appointment")
        words = {str(word) for record in self._ask.records(Endpoint.BY_PATIENT) for word in record["status"]}
        meaning = self._ask.table.statuses.meaning
        shown = ", ".join(sorted(word for word in words if _WORD.fullmatch(word)))
        if any(meaning(word) == "cancelled" for word in words):
            self._register.confirm("read_back.cancelled", ACCOUNT, f"seen: {shown}")
        else:
            hint = f"seen: {shown}; a word for cancelled belongs in statuses.cancelled"
            self._register.unchecked("read_back.cancelled", ACCOUNT, hint)
        if any(each.clinic_id for each in found):
            self._register.confirm("read_back.clinic_id", ACCOUNT)
        elif self._ask.one_time_zone:
            self._register.harmless("read_back.clinic_id", ACCOUNT, "fine while all clinics share one time zone")
        else:
            self._register.wrong("read_back.clinic_id", ACCOUNT, use="one time zone for all clinics of a stack")
        if any(each.practitioner_id for each in found):
            self._register.confirm("read_back.practitioner_id", ACCOUNT)
        else:
            known_by = "an appointment is known by patient and start alone"
            self._register.harmless("read_back.practitioner_id", ACCOUNT, known_by)

    def _of_a_day(self, day: date) -> None:
        call = Endpoint.BY_DATE
        if self._ask.read(call, lambda client, until: client.appointments_by_date(day, until)) is not None:
            self._register.confirm(f"calls.{call}.page_size", ACCOUNT)
            self._register.confirm(f"calls.{call}.parameters.day", ACCOUNT)
