"""The states of a booking, the reasons for its end, and the transitions that exist."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    ACCEPTED = "accepted"
    SENDING = "sending"
    UNKNOWN = "unknown"
    BOOKED = "booked"
    REJECTED = "rejected"
    NEEDS_ATTENTION = "needs_attention"

    @property
    def ended(self) -> bool:
        """Terminal: the patient's details have been dropped, and nothing changes any more."""
        return self in (State.BOOKED, State.REJECTED)

    @property
    def parked(self) -> bool:
        """Waits for a person; keeps the encrypted request."""
        return self is State.NEEDS_ATTENTION


class Reason(StrEnum):
    """Why a booking stands where it stands; the closed list of the contract."""

    ALREADY_THERE = "already_there"
    SLOT_TAKEN = "slot_taken"
    UNKNOWN_PATIENT = "unknown_patient"
    UNKNOWN_CLINIC = "unknown_clinic"
    SEVERAL_PATIENTS = "several_patients"
    NUMBER_REGISTERED_TO_OTHER = "number_registered_to_other"
    OUTCOME_UNKNOWN = "outcome_unknown"
    CHANGED_AFTER_BOOKING = "changed_after_booking"
    MAYBE_SAME_PERSON = "maybe_same_person"
    NO_LONGER_WANTED = "no_longer_wanted"
    TOO_LATE = "too_late"
    AGE_LIMIT = "age_limit"
    WAITS_FOR_OTHER_BOOKING = "waits_for_other_booking"
    EXPIRED_UNRESOLVED = "expired_unresolved"
    REFUSED = "refused"
    RESTORED = "restored"
    """Its record came back from a backup; what became of it since is not known."""

    @property
    def by_ourselves(self) -> bool:
        """Whether the appointment that is refused so may itself be the cause: a gateway has repeated the request.

        A patient or a clinic that Clinicea does not know has no appointment.
        """
        return self is Reason.SLOT_TAKEN


TELLING = frozenset(
    {Reason.ALREADY_THERE, Reason.UNKNOWN_PATIENT, Reason.SEVERAL_PATIENTS, Reason.NUMBER_REGISTERED_TO_OTHER}
)
"""What tells whoever sent the booking something of a person: that an id, a number or an appointment exists."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.BOOKED, State.SENDING, State.NEEDS_ATTENTION}),
    # Back to `accepted` only when it is certain that nothing was ever carried out.
    State.SENDING: frozenset({State.BOOKED, State.REJECTED, State.UNKNOWN, State.ACCEPTED}),
    State.UNKNOWN: frozenset({State.BOOKED, State.SENDING, State.REJECTED, State.NEEDS_ATTENTION}),
    State.NEEDS_ATTENTION: frozenset({State.BOOKED, State.REJECTED, State.ACCEPTED}),
    State.BOOKED: frozenset(),
    State.REJECTED: frozenset(),
}
