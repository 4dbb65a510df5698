"""Booking ids and digests, derived from the request: a repeated request has the same id."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from convox_clinicea import privacy
from convox_clinicea.bookings.request import BookingRequest, PatientDetails
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PATIENT, digest
from convox_clinicea.text import id_key, id_spellings, normalized_name


@dataclass(frozen=True)
class Digests:
    """Digests that identify a request; in a record, those that it was stored with."""

    booking_id: str
    fingerprint: bytes
    patient_key: str


def booking_id(key: bytes, request: BookingRequest) -> str:
    """Return the booking's id: `bk_` and 26 letters of an HMAC over the identifying fields.

    These are client, call, flow, patient, clinic, start, practitioner and service. Spelling does not count (case and
    spaces of names, the form of a GUID). Two children on one call at one time are two bookings.
    """
    return _booking_id(key, _with_ids(request, id_key))


def earlier_digests(key: bytes, request: BookingRequest) -> tuple[Digests, ...]:
    """Return the digests under which earlier releases may have stored the request: they took ids as written.

    These are the digests with ids as written in the request, and with GUIDs in capital letters.
    """
    ways = (_with_ids(request, spelled) for spelled in (id_key, str, _capital))
    _, *others = dict.fromkeys(
        Digests(_booking_id(key, each), _fingerprint(key, each), _patient_key(key, each)) for each in ways
    )
    return tuple(others)


def _booking_id(key: bytes, request: BookingRequest) -> str:
    mac = digest(
        key,
        [
            "booking",
            request.caller.name,
            request.caller.call_id or "",
            request.flow,
            _patient(request),
            request.clinic_id,
            _instant(request),
            request.practitioner_id or "-",
            _folded(request.service.reveal()) if request.service else "-",
        ],
    )
    return _spelled(mac)


def id_after(key: bytes, wish_id: str, booking_id: str) -> str:
    """Return an id for a request whose own id is taken by a booking of the call with replaced content.

    Args:
        booking_id: the call's booking before it.
    """
    return _spelled(digest(key, ["after", wish_id, booking_id]))


def fingerprint(key: bytes, request: BookingRequest) -> bytes:
    """Return a digest of the content without the sender; it distinguishes a repeat from a correction."""
    return _fingerprint(key, _with_ids(request, id_key))


def _fingerprint(key: bytes, request: BookingRequest) -> bytes:
    content = json.loads(request.to_bytes())
    content.pop("caller")
    content.get("new_patient", {}).get("consent", {}).pop("at", None)
    content["start"] = _instant(request)  # the same instant, whatever its offset
    return digest(key, ["content", json.dumps(content, sort_keys=True)])


def patient_key(key: bytes, request: BookingRequest) -> str:
    """Return the HMAC of the request's patient; bookings are found and compared by it."""
    return _patient_key(key, _with_ids(request, id_key))


def _patient_key(key: bytes, request: BookingRequest) -> str:
    return digest(key, [PATIENT, _patient(request)]).hex()


def digest_of_patient(key: bytes, patient_id: str) -> str:
    """Return the HMAC of a known patient: the `patient_key` of each booking with that patient id."""
    return privacy.digest_of_patient(key, patient_id)


def digests_of_patient(key: bytes, patient_id: str) -> tuple[str, ...]:
    """Return `digest_of_patient`, then the digests of earlier releases, which took the id as written."""
    spellings = id_spellings(patient_id)
    return tuple(digest(key, [PATIENT, _known_patient(each)]).hex() for each in spellings)


def number_key(key: bytes, request: BookingRequest) -> str | None:
    """Return the HMAC of the request's mobile: it identifies the person, and the lock on creating a patient."""
    mobile = request.mobile if request.new_patient is None else request.new_patient.mobile
    return None if mobile is None else digest_of_number(key, mobile)


def newcomer_keys(key: bytes, request: BookingRequest) -> tuple[str, ...]:
    """Return the HMACs of a new patient's name and birth date (`-` if missing); empty for a known patient.

    The words of the name count in any order, as when the worker compares it with Clinicea's.
    """
    details = request.new_patient
    if details is None:
        return ()
    name = " ".join(part.reveal() for part in (details.first_name, details.last_name) if part)
    words = sorted(normalized_name(name).split())
    birth = details.date_of_birth
    return (
        digest(key, ["name", *words]).hex(),
        # With the name, so that equal birth dates of two persons have different HMACs.
        "-" if birth is None else digest(key, ["birth", birth.reveal().isoformat(), *words]).hex(),
    )


def same_newcomer(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two pairs of these HMACs have the same name and no two different birth dates."""
    return bool(one and other) and one[0] == other[0] and len({one[1], other[1]} - {"-"}) < 2


def digest_of_number(key: bytes, mobile: Mobile) -> str:
    """Return the HMAC by which a number is compared."""
    return privacy.digest_of_number(key, mobile)


def digest_of_name(key: bytes, name: str) -> str:
    """Return the HMAC by which a name is compared with a new patient's, in any order of its words."""
    return digest(key, ["name", *sorted(normalized_name(name).split())]).hex()


def _folded_name(details: PatientDetails) -> str:
    """Return the new patient's name as it enters the booking's id: case and spaces normalized.

    This is not `normalized_name`, because a repeat must find its booking whichever release made it. Two spellings that
    differ here make two bookings of one number; the second finds the patient and appointment of the first.
    """
    return _folded(" ".join(part.reveal() for part in (details.first_name, details.last_name) if part))


def _spelled(mac: bytes) -> str:
    return "bk_" + base64.b32encode(mac).decode().lower()[:26]


def _instant(request: BookingRequest) -> str:
    return request.start.astimezone(UTC).isoformat(timespec="seconds")


def _patient(request: BookingRequest) -> str:
    details = request.new_patient
    if details is None:
        return _known_patient(str(request.patient_id))
    birth = details.date_of_birth.reveal().isoformat() if details.date_of_birth else "-"
    kind = "registered" if details.consent is None else "new"
    return f"{kind} {details.mobile.reveal()} {birth} {_folded_name(details)}"


def _known_patient(patient_id: str) -> str:
    return f"patient {patient_id}"


def _with_ids(request: BookingRequest, spelled: Callable[[str], str]) -> BookingRequest:
    """Return the request with `spelled` applied to each of Clinicea's ids."""
    ids = {name: getattr(request, name) for name in ("patient_id", "clinic_id", "practitioner_id")}
    return request.model_copy(update={name: spelled(each) for name, each in ids.items() if each is not None})


def _capital(identifier: str) -> str:
    return id_spellings(identifier)[-1]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
