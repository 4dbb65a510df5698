"""Guesses which of Clinicea's names means one of ours, if it is not the assumed one.

The words are usual names in clinic software. A name is proposed only if no other one fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from convox_clinicea import new_patient


@dataclass(frozen=True)
class Words:
    """Possible names of one field: whole names (lower case, letters and digits), or a pattern in them."""

    whole: frozenset[str]
    pattern: str
    never: str = "$^"


def _words(whole: str, pattern: str, never: str = "$^") -> Words:
    return Words(frozenset(whole.split()), pattern, never)


_OTHER_TIMES = "engaged|arriv|actual|creat|modif|check|wait|sync|birth|last|next|gender|send"
_ID = "(record)?(id|guid|uid|key|code|no)$"
_STAFF = "(staff|doctor|practitioner|provider|consultant|resource)"
_CLINIC = "(clinic|branch|location|center|centre|facility)"
WORDS: Mapping[str, Words] = {
    # A new patient's field without words below is searched by its own name.
    **{name: _words(name.replace("_", ""), name.replace("_", "")) for name in new_patient.RULES},
    "patient_id": _words("patientid patid pid", f"pat(ient)?{_ID}", "file|mobile|phone|row"),
    "national_number": _words(
        "patmobile mobile mobileno mobilenumber", "mobile|phone|contactn|msisdn|cell", "country|code|isd|dial"
    ),
    "country_code": _words("countrycode mobilecountrycode isdcode dialcode", "country|isd|dial", "name|^mobile$"),
    "mobile": _words("mobile mobileno mobilenumber", "mobile|phone|contactn", "country|code"),
    "first_name": _words("firstname givenname", "first|given|fname"),
    "last_name": _words("lastname surname familyname", "last|surname|family|lname", "visit|appointment|date"),
    "name": _words("fullname name patientname displayname", "(full|patient|display)name", "first|last|middle"),
    "gender": _words("gender sex", "gender|sex$"),
    "email": _words("email emailid emailaddress mail", "e?mail", "sent|flag"),
    "date_of_birth": _words("dob dateofbirth birthdate", "dob|birth"),
    "clinic_id": _words("clinicid branchid locationid", _CLINIC + _ID),
    "start": _words("startdatetime start starttime startdate appointmentstart", "start|begin|from", _OTHER_TIMES),
    "end": _words(
        "enddatetime end endtime enddate appointmentend", "end(date|time|s|$)|finish|until|todate", _OTHER_TIMES
    ),
    "practitioner_id": _words("staffid doctorid practitionerid", _STAFF + _ID),
    "service": _words("servicename service servicetype", "service|treatment|procedure", "categor|complet|price"),
    "notes": _words("notes note remarks comments", "note|remark|comment"),
    "page": _words("pageno page pagenumber pageindex", "page", "size|count|total|limit|per"),
    "page_size": _words("pagesize limit perpage", "size|limit|perpage|take"),
    "day": _words("appointmentdate date day fordate", "date|day", "birth|end|modif|creat"),
    "api_key": _words("apikey key clientkey", "key"),
    "user_name": _words("loginusername username user login", "user|login", "pwd|pass"),
    "password": _words("pwd password pass", "pwd|pass"),
    "appointment_id": _words("id appointmentid bookingid", f"(appointment|booking|appt){_ID}"),
    "status": _words("appointmentstatus status statusname", "status|state$", "datastatus|payment|bill"),
    "practitioner": _words("doctorname staffname doctor", f"{_STAFF}(full)?name"),
    "appointmentType": _words("appointmenttype type", "type|kind"),
}


def bare(name: str) -> str:
    """Return a name in lower case, without separators and outer objects."""
    return re.sub(r"[^a-z0-9]", "", name.rsplit(".", 1)[-1].casefold())


@dataclass(frozen=True)
class Guess:
    """The fitting name, or several candidates."""

    name: str | None = None
    candidates: tuple[str, ...] = ()


def guess(ours: str, assumed: Iterable[str], offered: Sequence[str]) -> Guess:
    """Return which of `offered` means `ours`, checking the assumed names first."""
    known = {bare(each) for each in assumed}
    words = WORDS.get(ours, Words(frozenset(), "$^"))
    by_pattern = [
        name for name in offered if re.search(words.pattern, bare(name)) and not re.search(words.never, bare(name))
    ]
    for found in (
        [name for name in offered if bare(name) in known],
        [name for name in offered if bare(name) in words.whole],
        by_pattern,
    ):
        if len(found) == 1:
            return Guess(found[0])
        if found:
            return Guess(candidates=tuple(found))
    return Guess()
