"""The judge of what the connector keeps and tells: whose an appointment is, and proof of consent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tests.chaos.consent_said import Proof, Registered
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


def without_consent(
    intents: Iterable[Intent], registered: Collection[Registered], on_record: Collection[Proof]
) -> list[tuple[Intent, str]]:
    """Return the new patients' wishes without a proof of consent, each with what is missing.

    Each booking of a newcomer needs one; and what was registered needs the one of its own content: of that call, and
    of the text that was read out with it.

    Args:
        registered: what was asked for where Clinicea made a patient.
        on_record: what the register holds.
    """
    bookings, texts = {each.booking_id for each in on_record}, {(each.call_id, each.text) for each in on_record}
    by_tag = {intent.tag: intent for intent in intents}
    missing = [
        (each, "a new patient's booking without a proof of consent")
        for each in by_tag.values()
        if each.person is not None and not each.booking_ids <= bookings
    ]
    for tag, text in sorted(registered, key=str):
        intent = by_tag.get(tag or 0)
        if intent is not None and (intent.call_id, text) not in texts:
            missing.append((intent, f"registered with {text}, of which no proof of consent is on record"))
    return missing
