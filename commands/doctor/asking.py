"""Makes calls on the account, with the call table as corrected so far."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from commands.doctor.absent import absent_beside
from commands.doctor.account import Account
from commands.doctor.answers import READ, compare_answer
from commands.doctor.failures import correct, note_failure, role_with
from commands.doctor.findings import ACCOUNT, Register
from convox_clinicea.clinicea import CallTable, Clinicea, Endpoint
from convox_clinicea.clinicea.call_table import NOTHING_REPLACED, laid_over
from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea.errors import (
    AuthenticationFailed,
    CliniceaError,
    NotFoundInClinicea,
    RouteMissing,
    TimedOut,
    Unavailable,
)
from convox_clinicea.clinicea.responses import fields
from convox_clinicea.clinicea.wire import Transport, WireAnswer, WireRequest
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.settings import packed

SECONDS = 20.0
NOBODYS_ID = "00000000-0000-0000-0000-000000000000"
MOST_SILENT = 2
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
T = TypeVar("T")
Use = Callable[[Clinicea, Deadline], Any]


class Listening:
    """A transport that keeps each call's last answer, so that its form can be checked."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._records: dict[str, list[dict[str, Any]]] = {}
        self.texts: dict[str, str] = {}

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        answer = self._inner.send(request, deadline)
        if request.call != LOGIN:
            self.texts[request.call] = answer.text
            found = _records(answer)
            if found or answer.status >= 400:  # the empty last page does not show the form
                self._records[request.call] = found
        return answer

    def records(self, call: Endpoint) -> list[dict[str, Any]]:
        """Return the records of the call's last answer with records."""
        return self._records.get(call, [])


def _records(answer: WireAnswer) -> list[dict[str, Any]]:
    if answer.status != 200:
        return []
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return []
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


class Asker:
    """Makes calls and records their results; a failure is a finding, and the other calls go on."""

    def __init__(
        self, account: Account, transport: Transport, correction: dict[str, Any], register: Register, clock: Clock
    ) -> None:
        self._account = account
        self._listening = Listening(transport)
        self._clock = clock
        self._let_in: dict[bool, list[Endpoint]] = {True: [], False: []}
        self.correction = correction
        self.register = register
        self._silent = 0
        self.stopped = ""
        """Reason why no more calls are made."""

    @property
    def table(self) -> CallTable:
        """The call table with all corrections so far."""
        return CallTable.build(packed("call_table"), self._document({}))

    @property
    def clinics(self) -> Clinics:
        """The account's clinics with their time zones."""
        return self._account.clinics

    def pause(self, seconds: float) -> None:
        """Wait until Clinicea shows a new record."""
        self._clock.sleep(seconds)

    @property
    def one_time_zone(self) -> bool:
        """Whether all of the account's clinics are in one time zone."""
        return len(self._account.clinics.zones) == 1

    def _document(self, change: Mapping[str, Any]) -> dict[str, Any]:
        return laid_over(laid_over(self._account.replacement or NOTHING_REPLACED, self.correction), change)

    def use(
        self,
        use: Callable[[Clinicea, Deadline], T],
        change: Mapping[str, Any] | None = None,
        through: Callable[[Transport], Transport] | None = None,
    ) -> T:
        """Make one call, optionally with another change of the table or through another transport.

        Raises:
            CliniceaError, ConfigurationError
        """
        transport = self._listening if through is None else through(self._listening)
        client = self._account.client(transport, self._document(change or {}), self._clock)
        return use(client, Deadline.after(self._clock, SECONDS))

    def probe(
        self,
        call: Endpoint,
        use: Use,
        change: Mapping[str, Any],
        through: Callable[[Transport], Transport] | None = None,
    ) -> None:
        """Make one call and record only a failed login: a second one could lock the user out.

        Raises:
            CliniceaError, ConfigurationError
        """
        if self.stopped:
            raise Unavailable(call)
        try:
            self.use(use, change, through)
        except CliniceaError as error:
            if error.call != LOGIN:
                raise
            self.failed(call, error)
            raise Unavailable(call) from None

    def read(
        self, call: Endpoint, use: Callable[[Clinicea, Deadline], T], change: Mapping[str, Any] | None = None
    ) -> T | None:
        """Make one call and record the result; repeat it if the call table was corrected."""
        for _ in range(2):
            if self.stopped:
                self.register.unchecked(f"permission.{call}", ACCOUNT, self.stopped)
                return None
            before = json.dumps(self.correction)
            try:
                result = self.use(use, change)
            except CliniceaError as error:
                as_assumed = self._without_swagger(call, use, change)
                if as_assumed:
                    self.worked(call)
                    return as_assumed
                if isinstance(error, NotFoundInClinicea):
                    self.settle_not_found(call, use, change)
                self.failed(call, error)
            except ConfigurationError as error:
                self.register.wrong("authentication", ACCOUNT, detail=str(error))
                self.stopped = "there is no credential"
            else:
                self.worked(call)
                return result
            if json.dumps(self.correction) == before:
                return None
        return None

    def settle_not_found(self, call: Endpoint, use: Use, change: Mapping[str, Any] | None) -> None:
        """Treat a call's 404 as an empty result if an address that cannot exist is answered differently.

        If both answers are alike, a wrong address would look like an empty calendar, and bookings would be repeated.
        """
        absent = {"calls": {call.value: {"path": absent_beside(self.table.calls[call].path)}}}
        try:
            self.use(use, laid_over(change or {}, absent))
        except RouteMissing:
            correct(self.correction, call, {"not_found": "nothing"})
        except CliniceaError:
            return

    def _without_swagger(
        self, call: Endpoint, use: Callable[[Clinicea, Deadline], T], change: Mapping[str, Any] | None
    ) -> T | None:
        """Make the call as originally assumed if Swagger's form failed; the account outweighs a document.

        Only an answer with records proves the assumption: an empty one may come from a wrong address.
        """
        said = self.correction.get("calls", {}).pop(call.value, None)
        if said is None:
            return None
        try:
            result = self.use(use, change)
        except CliniceaError:
            result = None
        if result:
            self.register.overrule(f"calls.{call}.")
        else:
            self.correction["calls"][call.value] = said
        return result or None

    def worked(self, call: Endpoint) -> None:
        """Record that a call succeeded."""
        self._silent = 0
        self._let_in[True].append(call)
        self.register.confirm(f"permission.{call}", ACCOUNT)
        for part in ("path", "version", "verb", "style"):
            self.register.confirm(f"calls.{call}.{part}", ACCOUNT)
        self._compare_fields(call)

    def failed(self, call: Endpoint, error: CliniceaError) -> None:
        """Record why a call failed.

        No more calls are made after a failed login, which could lock the user out, or if Clinicea does not answer.
        """
        if isinstance(error, AuthenticationFailed):
            self._let_in[False].append(call)
        self._silent = self._silent + 1 if isinstance(error, TimedOut | Unavailable) else 0
        if error.call == LOGIN:
            self.stopped = "the login failed"
        elif self._silent == MOST_SILENT:
            self.stopped = "Clinicea does not answer"
        note_failure(call, error, self.table, self.register, self.correction)
        self._compare_fields(call)

    def _compare_fields(self, call: Endpoint) -> None:
        shown = {name for record in self._listening.records(call) for name in record if _FIELD.fullmatch(name)}
        if shown and call in READ:
            compare_answer(call, shown, self.table, self.register, self.correction, ACCOUNT)

    def records(self, call: Endpoint) -> list[dict[str, list[Any]]]:
        """Return the appointments of the call's last answer, under our names."""
        return [fields(record, self.table.appointment_fields) for record in self._listening.records(call)]

    def text(self, call: Endpoint) -> str:
        """Return the text of the call's last answer, which may hold a patient's data."""
        return self._listening.texts.get(call, "")

    def listed(self, call: Endpoint, text: str) -> bool:
        """Return whether a record of the call's last answer has exactly this text."""
        return any(text in record.values() for record in self._listening.records(call))

    def _not_permitted(self, call: Endpoint) -> bool:
        """Return whether a 401 is due to the role: other calls of the same version accept the credential."""
        version = self.table.calls[call].version
        if version not in {self.table.calls[other].version for other in self._let_in[True]}:
            other_call = {"calls": {Endpoint.PATIENT_BY_ID.value: {"version": version}}}
            try:
                self.use(lambda client, until: client.patient_by_id(NOBODYS_ID, until), other_call)
            except CliniceaError:
                return False
        use = role_with(call)
        detail = f"401, though {version} takes the credential"
        self.register.wrong(f"permission.{call}", ACCOUNT, use=use, detail=detail)
        return True

    def _versions_told(self, refused: list[Endpoint]) -> str:
        """Return a hint from the versions: a key that only one version accepts is not a matter of roles."""
        taking = {self.table.calls[call].version for call in self._let_in[True]}
        if not taking:
            return ""
        told = "; other calls are let in: its role may lack the permission"
        refusing = {self.table.calls[call].version for call in refused} - taking
        if not refusing:
            return told
        told += (
            f", or it is taken in {', '.join(sorted(taking))} only: ask Clinicea about {', '.join(sorted(refusing))}"
        )
        return told + (", or give a staff user, whose token all take" if self._account.scheme == "api_key" else "")

    def note_authentication(self) -> None:
        """Record whether all calls, some or none accepted the credential."""
        let_in = self._let_in[True]
        if self.stopped or not (let_in or self._let_in[False]):
            return
        refused = [call for call in dict.fromkeys(self._let_in[False]) if not self._not_permitted(call)]
        if refused:
            other = "CliniceaAuthentication=staff_session" if self._account.scheme == "api_key" else ""
            detail = f"refused (401) by {', '.join(refused)}"
            self.register.wrong("authentication", ACCOUNT, use=other, detail=detail + self._versions_told(refused))
            return
        self.register.confirm("authentication", ACCOUNT, self._account.scheme)
        if self._account.scheme == "staff_session":
            for part in ("path", "version", "verb", "style"):
                self.register.confirm(f"login.{part}", ACCOUNT)
            self.register.confirm("credentials.token_parameter", ACCOUNT)
        else:
            self.register.confirm("credentials.api_key_header", ACCOUNT)
