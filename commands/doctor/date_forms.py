"""Probes of the accepted form of dates: with or without time, with encoded or plain colons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from commands.doctor.asking import Asker, Use
from commands.doctor.failures import correct
from commands.doctor.findings import ACCOUNT
from convox_clinicea.clinicea import Clinicea, Endpoint
from convox_clinicea.clinicea.errors import CliniceaError, NotFoundInClinicea, Rejected
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConfigurationError

NOBODYS_DAY = date(2001, 1, 1)


def by_date(client: Clinicea, until: Deadline) -> Any:
    """Read a day without appointments."""
    return client.appointments_by_date(NOBODYS_DAY, until)


class DateForms:
    """Probes of date forms; results go into the asker's register and correction."""

    def __init__(self, asker: Asker) -> None:
        self._ask = asker
        self._register = asker.register
        self._bare = False

    def settle(self, now: datetime) -> None:
        """Find the form of dates that reads accept."""
        self._date_form(Endpoint.BY_DATE, "day", by_date)
        self._date_form(Endpoint.CHANGES, "since", lambda client, until: client.changes(now + timedelta(days=1), until))

    def _date_form(self, call: Endpoint, ours: str, use: Use) -> None:
        """After a refused date, try its other forms: with its time, and with plain colons."""
        if not self._refused(call, use, {}):
            return
        spec = self._ask.table.calls[call]
        for form, colons in (("date", "encoded"), ("stamp", "encoded"), ("stamp", "bare")):
            if colons == "bare" and spec.style != "query":
                continue
            changed = {"formats": {ours: form}, "colons": {ours: colons}}
            if self._refused(call, use, {"calls": {call.value: changed}}) is not False:
                continue
            self._bare = self._bare or colons == "bare"
            if spec.formats.get(ours, "stamp") == form:
                del changed["formats"]
            else:
                was = f"{ours} is sent as its {spec.formats.get(ours, 'stamp')}"
                self._register.wrong(f"calls.{call}.formats.{ours}", ACCOUNT, use=form, assumption=was)
            if spec.colons.get(ours, "encoded") == colons or form == "date":
                del changed["colons"]
            else:
                self._bare_colons(call, colons, "")
            correct(self._ask.correction, call, changed)
            return

    def _refused(self, call: Endpoint, use: Use, change: Mapping[str, Any]) -> bool | None:
        """Return whether the form of a read is refused; None after another failure."""
        try:
            self._ask.probe(call, use, change)
        except Rejected:
            return True
        except NotFoundInClinicea:
            self._ask.settle_not_found(call, use, change)
            return False
        except (CliniceaError, ConfigurationError):
            return None
        return False

    def _bare_colons(self, call: Endpoint, use: str, detail: str) -> None:
        assumption = "colons of times are percent-encoded"
        self._register.wrong(f"calls.{call}.colons", ACCOUNT, use=use, detail=detail, assumption=assumption)

    def use_bare_colons_in_bookings(self) -> None:
        """Use plain colons in all calls once a call refuses encoded ones; plain ones are always valid."""
        if not self._bare:
            return
        table = self._ask.table
        for call in (table.flows.book_known_call, table.flows.book_new_call):
            if call is None or table.calls[call].style != "query":
                continue
            sent = [ours for ours in ("start", "end", "date_of_birth") if table.calls[call].parameters.get(ours)]
            correct(self._ask.correction, call, {"colons": dict.fromkeys(sent, "bare")}, "assumed")
            self._bare_colons(call, "bare", "a read refuses encoded ones")
