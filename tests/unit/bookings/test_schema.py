"""Each kind of record has the attributes and words that its version has: to add one raises the number.

Older code refuses a record with a higher number, or with a name that it does not know. Whoever changes a list here
raises the version beside it, and reads the rule on versions in `docs/booking-protocol.md` first.
"""

from __future__ import annotations

from dataclasses import fields

from convox_clinicea import announcements as announced
from convox_clinicea.bookings import call, calls, canary, claims, record, request
from convox_clinicea.bookings import messages as queue
from convox_clinicea.bookings.call import Call, Leg
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking, Open


def names(kind: type[Booking] | type[Leg]) -> set[str]:
    return {each.name for each in fields(kind)}


def test_a_booking() -> None:
    assert record.SCHEMA_VERSION == 2
    assert names(Booking) == {
        "booking_id", "state", "flow", "caller", "start", "patient_key", "fingerprint", "accepted_at", "updated_at",
        "queued_at", "call_id", "agent_id", "wish_id", "request", "number_key", "version", "generation", "reason",
        "appointment_id", "patient_id", "owner", "lease_until", "posted", "unsettled_since", "refusal", "seen",
        "redriven_at", "acts", "erased_at", "notice_due", "expires_at", "write_token", "schema_version", "clinic_id",
        "practitioner_id", "newcomer",
    }  # fmt: skip
    assert {each.value for each in State} == {
        "accepted", "sending", "unknown", "booked", "rejected", "needs_attention",
    }  # fmt: skip
    assert {each.value for each in Open} == {"on_its_way", "parked", "untold"}
    assert {each.value for each in Reason} == {
        "already_there", "slot_taken", "unknown_patient", "unknown_clinic", "several_patients",
        "number_registered_to_other", "outcome_unknown", "changed_after_booking", "too_late", "age_limit",
        "waits_for_other_booking", "expired_unresolved", "refused", "restored", "maybe_same_person",
        "no_longer_wanted",
    }  # fmt: skip


def test_a_call() -> None:
    assert (call.SCHEMA_VERSION, call.ONE_LEG_VERSION) == (3, 2)
    of_a_leg = {
        "agent_id", "asks", "wish_id", "told", "recorded", "recorded_at", "problems", "kept", "number_key",
        "patient_key", "several_kept",
    }  # fmt: skip
    assert names(Leg) == of_a_leg
    assert names(Call) == of_a_leg | {
        "caller", "call_id", "received_at", "updated_at", "wishes", "others", "version", "expires_at", "write_token",
        "schema_version",
    }  # fmt: skip
    assert {"pk", "open", "queued_at", "disposition", "legs", "keys_of_legs"} == calls.BESIDE


def test_what_stands_beside() -> None:
    assert (claims.SCHEMA_VERSION, canary.SCHEMA_VERSION, announced.SCHEMA_VERSION) == (1, 1, 1)
    assert {"pk", "booking_id", "expires_at", "write_token", "schema_version"} == claims.ATTRIBUTES
    assert {
        "pk", "proven", "tried", "stopped", "form", "booking_id", "booking_version", "lease_until", "write_token",
        "schema_version",
    } == canary.ATTRIBUTES  # fmt: skip


def test_a_message_and_a_sealed_request() -> None:
    assert set(queue.Message.model_fields) == {"v", "booking_id", "generation"}
    assert (queue.MESSAGE_SCHEMA_VERSION, request.SCHEMA_VERSION) == (1, 1)
    assert request.SCHEMA_VERSION in request.READABLE_VERSIONS
