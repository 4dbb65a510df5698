"""Who is calling, and what was done at the last visits?"""

from __future__ import annotations

from convox_clinicea.convox.lookups.desk import Found
from convox_clinicea.convox.place import Place
from convox_clinicea.convox.replies.popup import no_number, popup
from convox_clinicea.convox.requests.search import SearchRequest
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import NoCallerNumber
from convox_clinicea.mobile import Mobile
from convox_clinicea.patients.popup import CallPopUp


class PopUpLookUp:
    """Asks for both, and answers whatever Clinicea does."""

    request = SearchRequest

    def __init__(self, service: CallPopUp, place: Place) -> None:
        self._service = service
        self._place = place

    def understood(self, request: SearchRequest) -> Mobile | None:
        try:
            return request.number(self._place)
        except NoCallerNumber:
            return None

    def find(self, asked: Mobile | None, deadline: Deadline) -> Found:
        if asked is None:
            return Found(no_number())
        found = self._service.of(asked, deadline)
        return Found(popup(found, asked), found.patients)
