"""A booking in doubt holds up no other one of the same patient, on the deployed template."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.end_to_end.api import Api, call, slot

PATIENT = "P-03"


def test_later_booking_does_not_wait_for_an_earlier_one_in_doubt(
    api: Api, record_property: Callable[[str, object], None]
) -> None:
    def book(days: int, number: int) -> tuple[str, float]:
        body = {"clinic_id": "C-01", "start": slot(days, 11), **call(number)}
        answer = api.post(f"/patients/{PATIENT}/appointments", body)
        assert answer.status_code == 202, answer.text
        return answer.json()["booking_id"], time.monotonic()

    api.clinicea.fault("postAppointmentByPatientID", "reset_before", count=1)
    doubtful, doubted_at = book(80, 70)
    assert api.reaches(doubtful, "unknown", "booked", "needs_attention")["state"] == "unknown"

    later, sent_at = book(81, 71)
    booked = api.ended(later)
    took = time.monotonic() - sent_at
    held_up = api.get(f"/bookings/{doubtful}").json()["state"]

    assert (booked["state"], held_up) == ("booked", "unknown")
    assert api.ended(doubtful)["state"] == "booked"
    record_property("seconds of the later one", round(took, 1))
    record_property("seconds of the one in doubt", round(time.monotonic() - doubted_at, 1))
    assert len(api.standing(PATIENT, slot(80, 11))) == len(api.standing(PATIENT, slot(81, 11))) == 1
