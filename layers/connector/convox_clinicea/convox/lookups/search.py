"""Who is calling?"""

from __future__ import annotations

from convox_clinicea.convox.lookups.desk import Found
from convox_clinicea.convox.place import Place
from convox_clinicea.convox.replies.search import match
from convox_clinicea.convox.requests.search import SearchRequest
from convox_clinicea.deadline import Deadline
from convox_clinicea.mobile import Mobile
from convox_clinicea.patients.search import PatientSearch


class Search:
    """Asks for the patients who have a number."""

    request = SearchRequest

    def __init__(self, search: PatientSearch, place: Place) -> None:
        self._search = search
        self._place = place

    def understood(self, request: SearchRequest) -> Mobile:
        return request.number(self._place)

    def find(self, asked: Mobile, deadline: Deadline) -> Found:
        found = self._search.find(asked, deadline)
        return Found(match(found, asked), found.patients)
