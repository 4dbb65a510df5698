"""Who is calling?"""

from __future__ import annotations

from convox_clinicea.convox import fields
from convox_clinicea.convox.place import Place, number
from convox_clinicea.convox.requests.call import WithCall
from convox_clinicea.mobile import Mobile


class SearchRequest(WithCall):
    """`POST /patients/search`, `GET /patients`."""

    mobile: fields.WrittenMobile
    country_code: fields.CountryCode | None = None

    def number(self, place: Place) -> Mobile:
        """Return the parsed number; raises InvalidRequest."""
        return number(self.mobile, self.country_code, place)
