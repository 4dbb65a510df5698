"""A family that does not exist. Names, numbers and notes are odd enough that a leak of one is recognised."""

from __future__ import annotations

from typing import Any

from tests.support.leaks import found

MOBILE = "+919999900041"
NATIONAL = "9999900041"
OTHER_MOBILE = "+919999900043"
OTHER_NATIONAL = "9999900043"
FIRST_NAME = "Zanzibarina"
LAST_NAME = "Quillfeather"
CHILD_NAME = "Umbrellino"
EMAIL = "zanzi.quill@example.com"
BIRTH_DATE = "1991-07-23"
NOTES = "fears the violet dentist chair"
SERVICE = "Marzipan consultation"
FILE_NO = "FN-QUILL-4711"
ADDRESS = "9 Periwinkle Steps"
API_KEY = "local-api-key"
TOKEN = "current-access-token-0123456789"
OLD_TOKEN = "previous-access-token-0123456789"
IDENTITY_KEY = "identity-key-of-tests-0123456789abcdef"

GENDER = "female"
CHOICE = "must be male, female or other"
"""What the answers say to a word that means no gender: the one place in which the word may stand."""

CANARIES = (
    MOBILE, NATIONAL, OTHER_MOBILE, OTHER_NATIONAL, FIRST_NAME, LAST_NAME, CHILD_NAME, EMAIL, BIRTH_DATE,
    NOTES, SERVICE, ADDRESS, FILE_NO,
    API_KEY, TOKEN, OLD_TOKEN, IDENTITY_KEY, "local-user", "local-password",
)  # fmt: skip

VISIT = {"clinic_id": "C-01", "start": "2025-03-04T10:00:00", "status": "Check Out"}
"""A completed visit of hers; the status is the word seen live."""


def patient(**changes: Any) -> dict[str, Any]:
    """The adult, as the fake Clinicea's control takes her."""
    return {
        "first_name": FIRST_NAME,
        "last_name": LAST_NAME,
        "mobile": NATIONAL,
        "gender": "Female",
        "date_of_birth": BIRTH_DATE,
        "email": EMAIL,
        "address1": ADDRESS,
        "city": "Bengaluru",
        **changes,
    }


def child(**changes: Any) -> dict[str, Any]:
    """Her child, on the same number."""
    changes = {"first_name": CHILD_NAME, "gender": "Male", "date_of_birth": "2019-05-02", "email": "", **changes}
    return patient(**changes)


def leaks(text: str) -> list[str]:
    """The canaries that a text holds, in whatever form."""
    return found(CANARIES, text)
