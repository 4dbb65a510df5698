"""Request defaults of the deployment: clinics, country and time zones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from convox_clinicea import mobile
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import FieldProblem, InvalidRequest, NoCallerNumber, raise_alone
from convox_clinicea.mobile import InvalidCountryCode, InvalidMobile, Mobile, parse_mobile
from convox_clinicea.privacy import PersonalText

if TYPE_CHECKING:  # look-ups load neither of them
    from convox_clinicea.convox.dialect import Dialect
    from convox_clinicea.deployment_documents import ConsentTexts


@dataclass(frozen=True)
class RequestDefaults:
    """Defaults of the deployment, and of its client, for values that a request omits.

    Attributes:
        zone: the client's own time zone, if its dialect has one.
        texts: versions of the text that is read before a registration; None where nobody is registered.
    """

    clinics: Clinics
    default_country: str
    default_duration_minutes: int = 30
    zone: ZoneInfo | None = None
    texts: ConsentTexts | None = None

    def in_dialect(self, dialect: Dialect) -> Self:
        """Return the defaults for one client."""
        return replace(self, zone=dialect.zone)

    def zone_at(self, clinic_id: str) -> ZoneInfo:
        """Return the zone of an appointment's time: the clinic's, else the client's, else the deployment's."""
        return self.clinics.zone(clinic_id, self.zone)

    @property
    def zone_of_calls(self) -> ZoneInfo:
        """The zone of a call's times: the client's, else the deployment's."""
        return self.clinics.zone(None, self.zone)


def number(written: PersonalText, country_code: str | None, defaults: RequestDefaults) -> Mobile:
    """Parse a number as written; raises InvalidRequest, or NoCallerNumber for a withheld or internal one."""
    try:
        return parse_mobile(written.reveal(), default_country=defaults.default_country, country_code=country_code)
    except InvalidCountryCode as error:
        raise_alone(InvalidRequest(FieldProblem("country_code", str(error))))
    except mobile.NoCallerNumber as error:
        raise_alone(NoCallerNumber(FieldProblem("mobile", str(error))))
    except InvalidMobile as error:
        raise_alone(InvalidRequest(FieldProblem("mobile", str(error))))


def start_in(text: str, zone: ZoneInfo) -> datetime:
    """Parse a start like `moment_in`; also raises InvalidRequest if it has no offset and means two instants."""
    start = moment_in("start", text, zone)
    first, second = (start.replace(fold=fold).isoformat()[-6:] for fold in (0, 1))
    if start.tzinfo is zone and first != second:
        twice = f"occurs twice on that day, because clocks go back; add the offset, {first} or {second}"
        raise InvalidRequest(FieldProblem("start", twice))
    return start


def moment_in(field: str, text: str, zone: ZoneInfo) -> datetime:
    """Parse ISO 8601 to the second, in `zone` if it has no offset; raises InvalidRequest."""
    try:
        moment = datetime.fromisoformat(text.upper()).replace(microsecond=0)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        # To UTC and back: a skipped local time comes back as another time, and an impossible one fails.
        back = moment.astimezone(UTC).astimezone(moment.tzinfo)
        exists = back.replace(tzinfo=None) == moment.replace(tzinfo=None)
    except (ValueError, OverflowError):
        exists = False
    if not exists:
        raise InvalidRequest(FieldProblem(field, "must be a date and time that exists"))
    return moment
