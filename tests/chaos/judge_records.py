"""The judge of what the connector keeps and tells: whose an appointment is, and proof of consent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tests.chaos.intent import Intent

OWNERLESS = "already_there"
"""The end of a booking that found an appointment which was not made for it."""


def owned_twice(told: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return each appointment that several bookings call their own, with their ids.

    Args:
        told: what the connector answers for each booking, by its id.
    """
    owners: dict[str, list[str]] = defaultdict(list)
    for booking_id, body in told.items():
        appointment_id = body.get("appointment_id")
        if body.get("state") == "booked" and appointment_id is not None and body.get("reason") != OWNERLESS:
            owners[appointment_id].append(booking_id)
    return {appointment_id: sorted(ids) for appointment_id, ids in owners.items() if len(ids) > 1}


def without_consent(intents: Iterable[Intent], on_record: Collection[str]) -> list[Intent]:
    """Return the new patients' wishes of which some booking has no proof of consent.

    Args:
        on_record: the bookings that the register names.
    """
    return [each for each in intents if each.person is not None and not each.booking_ids <= set(on_record)]
