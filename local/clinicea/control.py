"""The control interface under /_control/, to fill, disturb and inspect the fake. It has no authentication."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from local.clinicea import control_input
from local.clinicea.bookings import tell
from local.clinicea.calling import Call
from local.clinicea.messages import Answer, ControlInputError, Request, json_answer
from local.clinicea.parameters import Parameters
from local.clinicea.records import Appointment, Patient
from local.clinicea.routes import CALLS

if TYPE_CHECKING:
    from local.clinicea.core import FakeClinicea

PREFIX = "/_control/"


class Control:
    """The control requests of one fake, answered in JSON."""

    def __init__(self, core: "FakeClinicea") -> None:
        self._core = core
        self._table: dict[str, dict[str, Callable[[Request], object]]] = {
            "patients": {"GET": self._patients, "POST": self._add_patients},
            "appointments": {"GET": self._appointments},
            "cancel": {"POST": self._cancel},
            "move": {"POST": self._move},
            "notifications": {"GET": self._notifications},
            "requests": {"GET": self._requests},
            "faults": {"GET": self._faults, "POST": self._add_faults, "DELETE": self._clear_faults},
            "switches": {"GET": self._switches, "POST": self._turn_switches},
            "reset": {"POST": self._reset},
        }

    def handle(self, request: Request) -> Answer:
        """Execute one control request."""
        name = request.path.removeprefix(PREFIX).strip("/")
        verbs = self._table.get(name)
        if verbs is None:
            return json_answer({"error": f"known are: {', '.join(sorted(self._table))}"}, 404)
        action = verbs.get(request.method)
        if action is None:
            refused = json_answer({"error": f"{name} knows {', '.join(verbs)}"}, 405)
            return replace(refused, headers={"Allow": ", ".join(verbs)})
        try:
            return json_answer(action(request))
        except ControlInputError as error:
            return json_answer({"error": str(error)}, 400)

    def _patients(self, _: Request) -> object:
        return {"patients": [self._patient(each) for each in self._core.store.patients.values()]}

    def _add_patients(self, request: Request) -> object:
        store, now = self._core.store, self._core.clock.now()
        # All are validated before the first is stored, so that an invalid one changes nothing.
        drafts: list[tuple[Patient, list[Appointment]]] = []
        for given in control_input.objects_of(request, "patients"):
            wanted = given.get("appointments")
            wanted = [] if wanted is None else wanted
            if not isinstance(wanted, list):
                raise ControlInputError('"appointments" is an array')
            zone = self._core.account.zone
            visits = [control_input.appointment(each, store, now, zone) for each in wanted]
            drafts.append((control_input.patient(given, store), visits))
        _all_different([draft.patient_id for draft, _ in drafts], "patient_id")
        _all_different([visit.appointment_id for _, visits in drafts for visit in visits], "appointment_id")
        made = []
        for draft, visits in drafts:
            patient = store.add_patient(draft)
            kept = [store.add_appointment(replace(visit, patient_id=patient.patient_id)) for visit in visits]
            ids = [visit.appointment_id for visit in kept]
            made.append({"patient_id": patient.patient_id, "appointment_ids": ids})
        return {"patients": made}

    def _appointments(self, _: Request) -> object:
        return {"appointments": [self._appointment(each) for each in self._core.store.appointments.values()]}

    def _cancel(self, request: Request) -> object:
        given = control_input.object_of(request, {"appointment_id", "reason", "delete"})
        wanted = control_input.text(given, "appointment_id", required=True)
        delete = given.get("delete", False)
        if not isinstance(delete, bool):
            raise ControlInputError('"delete" is true or false')
        if wanted not in self._core.store.appointments:
            raise ControlInputError('"appointment_id" is unknown')
        reason = control_input.text(given, "reason")
        cancelled = self._core.store.cancel(wanted, reason, self._core.clock.now(), delete=delete)
        self._tell("Delete" if delete else "Cancel", cancelled)
        return self._appointment(cancelled)

    def _move(self, request: Request) -> object:
        given = control_input.object_of(request, {"appointment_id", "start"})
        known = self._core.store.appointments.get(control_input.text(given, "appointment_id", required=True))
        if known is None:
            raise ControlInputError('"appointment_id" is unknown')
        start = control_input.moment(given, "start", self._core.account.zone)
        end = start + (known.end - known.start)
        moved = self._core.store.move(known.appointment_id, start, end, self._core.clock.now())
        self._tell("Edit", moved)
        return self._appointment(moved)

    def _tell(self, operation: str, appointment: Appointment) -> None:
        tell(Call(self._core.account, Parameters(()), self._core.clock.now()), operation, appointment)

    def _notifications(self, _: Request) -> object:
        return {"notifications": list(self._core.account.notifications)}

    def _requests(self, _: Request) -> object:
        return {"requests": self._core.log.as_json(), "waiting_commits": self._core.waiting_commits}

    def _faults(self, _: Request) -> object:
        return {"faults": [rule.as_json() for rule in self._core.faults.rules]}

    def _add_faults(self, request: Request) -> object:
        rules = self._core.faults.add(*control_input.objects_of(request, "faults"))
        return {"faults": [rule.as_json() for rule in rules]}

    def _clear_faults(self, _: Request) -> object:
        return {"removed": self._core.faults.clear()}

    def _switches(self, _: Request) -> object:
        return self._core.switches.as_json()

    def _turn_switches(self, request: Request) -> object:
        self._core.switches.turn(control_input.object_of(request), CALLS)
        return self._core.switches.as_json()

    def _reset(self, _: Request) -> object:
        self._core.reset()
        return {"reset": True}

    def _patient(self, patient: Patient) -> dict[str, object]:
        born = patient.date_of_birth
        made = patient.created_at
        texts = {"date_of_birth": born and born.isoformat(), "created_at": made and made.isoformat()}
        return asdict(patient) | texts

    def _appointment(self, appointment: Appointment) -> dict[str, object]:
        patient, zone = self._core.store.patients[appointment.patient_id], self._core.account.zone
        return {
            "appointment_id": appointment.appointment_id,
            "patient_id": appointment.patient_id,
            "patient_name": patient.full_name,
            "mobile": f"+{patient.country_code}{patient.mobile}",
            "clinic_id": appointment.clinic_id,
            "practitioner_id": appointment.practitioner_id,
            "service": appointment.service or None,
            "start": appointment.start.replace(tzinfo=zone).isoformat(),
            "end": appointment.end.replace(tzinfo=zone).isoformat(),
            "status": appointment.status,
            "standing": not appointment.cancelled,
            "deleted": appointment.deleted,
            "notes": appointment.notes or None,
            "cancellation_reason": appointment.cancellation_reason or None,
            "created_at": appointment.created_at.isoformat(),
            "made_by": appointment.made_by,
        }


def _all_different(ids: list[str], name: str) -> None:
    given = [each for each in ids if each]
    if len(set(given)) != len(given):
        raise ControlInputError(f'"{name}" is taken')
