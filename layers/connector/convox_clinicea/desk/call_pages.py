"""The pages of calls: today's list, one call, its caller, its booking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea.bookings.tasks import Task
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.desk import web
from convox_clinicea.desk.caller import CallerView
from convox_clinicea.desk.calls import DeskCall
from convox_clinicea.desk.opening import Unconfirmed, answer_for, answered
from convox_clinicea.desk.page_function import Report, status_of
from convox_clinicea.desk.pages import Pages, call_id_of, held, key_of
from convox_clinicea.desk.services import DeskServices
from convox_clinicea.desk.sessions import Session
from convox_clinicea.desk.states import BookingState
from convox_clinicea.desk.tasks import Wanted
from convox_clinicea.desk.web import Request, page, root_of, see_other
from convox_clinicea.errors import ConnectorError, FieldProblem, InvalidRequest, NotFound

FIRST_LOOK = timedelta(minutes=1)
"""A call that is shown later was not looked at when it came, or is looked at again."""
REST = 60_000
"""Milliseconds; a request each minute also keeps the session of an agent who waits for calls."""
REST_WHILE_ONE_MOVES = 10_000


class CallPages:
    """Answers for the calls of the agent who is signed in.

    Args:
        services: calls, look-ups and bookings.
        budget: seconds of a look-up.
        report: logs an error that a page shows beside what was typed.
    """

    def __init__(
        self, services: DeskServices, pages: Pages, clock: Clock, budget: float, report: Report, metrics: Metrics
    ) -> None:
        self._services = services
        self._pages = pages
        self._clock = clock
        self._budget = budget
        self._report = report
        self._metrics = metrics

    def get(self, request: Request, session: Session) -> Response[str]:
        """Return a page or a part of one; raises NotFound."""
        match request.parts:
            case ():
                return self._home(request, session)
            case ("calls",):
                return self._list(request, session)
            case ("calls", key):
                return self._call_page(request, session, self._call(session, key))
            case ("calls", key, "caller"):
                return self._caller(request, session, self._call(session, key))
            case ("calls", key, "bookings"):
                return self._bookings(request, session, self._call(session, key))
        raise NotFound("no such page")

    def post(self, request: Request, session: Session, form: Mapping[str, str]) -> Response[str]:
        """Do what a form of this session asks for; raises NotFound."""
        match request.parts:
            case ("calls",):
                return self._by_hand(request, session, form)
            case ("calls", key, "number"):
                call = self._call(session, key)
                self._services.calls.with_number(session.person, call, form.get("mobile", ""))
                return see_other(f"{root_of(request.parts)}calls/{key}")
            case ("calls", key, "ahead"):
                return self._ahead(request, session, self._call(session, key), form)
            case ("calls", key, "confirm"):
                return self._confirm(request, session, self._call(session, key), form)
            case ("calls", key, "draft"):
                self._services.drafts.keep(session.person, self._call(session, key).call_id, held(form))
                return web.nothing()
            case ("calls", key, "times"):
                return self._times(request, session, self._call(session, key), form)
            case ("calls", key, "book"):
                return self._book(request, session, self._call(session, key), form)
            case ("calls", key, "cancel" | "move" as act):
                return self._change(request, session, self._call(session, key), form, move=act == "move")
        raise NotFound("no such page")

    def _calls(self, session: Session) -> list[DeskCall]:
        calls: list[DeskCall] = self._services.calls.today(session.person)
        return calls

    def _call(self, session: Session, key: str) -> DeskCall:
        return self._services.calls.find(session.person, call_id_of(key))

    def _home(
        self,
        request: Request,
        session: Session,
        problem: InvalidRequest | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Response[str]:
        calls = self._calls(session)
        status = HTTPStatus.OK if problem is None else HTTPStatus.BAD_REQUEST
        values = {"calls": calls, "seen": _digest(calls), "rest": _rest(calls), "problem": problem, "form": form or {}}
        return self._pages.page("home", request, session, status=status, **values)

    def _list(self, request: Request, session: Session) -> Response[str]:
        calls = self._calls(session)
        seen = _digest(calls)
        if request.query.get("seen") == seen:
            return web.nothing()
        return page(self._pages.render("calls", request, at=(), calls=calls, seen=seen, rest=_rest(calls)))

    def _by_hand(self, request: Request, session: Session, form: Mapping[str, str]) -> Response[str]:
        try:
            call = self._services.calls.by_hand(session.person, form.get("mobile", ""))
        except InvalidRequest as error:
            return self._home(request, session, error, form)
        return see_other(f"{root_of(request.parts)}calls/{key_of(call.call_id)}")

    def _call_page(self, request: Request, session: Session, call: DeskCall, **more: Any) -> Response[str]:
        values: dict[str, Any] = {
            "view": None,
            "problem": None,
            "question": None,
            "confirmed": None,
            "disagrees": False,
        } | more
        values.setdefault("form", self._draft(session, call))
        if values["view"] is None and "caller" in request.query:  # a browser without scripts asks for it by a link
            values["view"] = self._look_up(request, session, call)
        values["tasks"] = self._tasks(call.bookings)
        return self._pages.page("call", request, session, call=call, key=key_of(call.call_id), **values)

    def _look_up(self, request: Request, session: Session, call: DeskCall) -> CallerView:
        deadline = Deadline.after(self._clock, self._budget)
        return self._services.caller.show(session.person, call, request.request_id, request.source_address, deadline)

    def _caller(self, request: Request, session: Session, call: DeskCall) -> Response[str]:
        view, form = self._look_up(request, session, call), self._draft(session, call)
        since = self._clock.now() - call.since
        if since < FIRST_LOOK and call.ended_at is None and not call.by_hand:
            milliseconds = max(0.0, round(since / timedelta(milliseconds=1), 1))
            self._metrics.add_metric("CallerShownMilliseconds", MetricUnit.Milliseconds, milliseconds)
        return page(self._pages.fragment("caller", request, session, call, view=view, disagrees=False, form=form))

    def _ahead(self, request: Request, session: Session, call: DeskCall, form: Mapping[str, str]) -> Response[str]:
        patient_id = form.get("patient_id", "")
        deadline = Deadline.after(self._clock, self._budget)
        found = self._services.ahead.show(
            session.person, call, patient_id, request.request_id, request.source_address, deadline
        )
        html = self._pages.fragment("ahead", request, session, call, ahead=found, patient_id=patient_id)
        return page(html)

    def _draft(self, session: Session, call: DeskCall) -> Mapping[str, str]:
        """Return what was typed for the call; a page without it is better than none."""
        try:
            draft: Mapping[str, str] = self._services.drafts.get(session.person, call.call_id)
        except ConnectorError as error:
            self._report(error)
            return {}
        return draft

    def _confirm(self, request: Request, session: Session, call: DeskCall, form: Mapping[str, str]) -> Response[str]:
        view = self._services.caller.confirm(
            session.person,
            call,
            form.get("patient_id", ""),
            form.get("birth_date", ""),
            request.request_id,
            request.source_address,
            Deadline.after(self._clock, self._budget),
        )
        disagrees = view is None
        if request.is_fragment and view is None:
            return page(self._pages.fragment("disagrees", request, session, call))
        if view is None:
            view = self._look_up(request, session, call)
        if request.is_fragment:  # the card takes the place of the candidates
            html = self._pages.fragment("caller", request, session, call, view=view, disagrees=disagrees)
            return page(html, HX_Retarget="#caller", HX_Reswap="outerHTML")
        return self._call_page(request, session, call, view=view, disagrees=disagrees, form=form)

    def _book(self, request: Request, session: Session, call: DeskCall, form: Mapping[str, str]) -> Response[str]:
        form = answered(form)
        try:
            _require_somebody(form)
            state = self._services.booking.book(
                session.person,
                call,
                held(form),
                at_call_end=form.get("when") == "at_call_end",
                request_id=request.request_id,
            )
        except ConnectorError as error:
            problems = error.problems if isinstance(error, InvalidRequest) else ()
            asked: dict[str, Any] = {
                "question": self._pages.question(error),
                "confirmed": answer_for(form, problems),
                "problems": problems,
            }
            if request.is_fragment and asked["confirmed"] is None:
                raise
            self._report(error)
            if request.is_fragment:
                template = "problem" if asked["question"] is None else "ask"
                more = asked | {"message": error.public, "states": call.bookings}
                return page(self._pages.fragment(template, request, session, call, **more), status_of(error))
            return self._call_page(request, session, call, form=form, problem=error, status=status_of(error), **asked)
        if request.is_fragment:
            return page(self._pages.fragment("bookings", request, session, call, states=[state], fresh=state))
        return see_other(f"{root_of(request.parts)}calls/{key_of(call.call_id)}")

    def _times(self, request: Request, session: Session, call: DeskCall, form: Mapping[str, str]) -> Response[str]:
        times = self._services.times
        offer = times.of_form(form, Deadline.after(self._clock, self._budget))
        if offer is not None and offer.failure is not None:
            self._report(offer.failure)
        return page(self._pages.fragment("times", request, session, call, offer=offer, clinic_zone=times.zone(form)))

    def _bookings(self, request: Request, session: Session, call: DeskCall) -> Response[str]:
        states = self._services.booking.states(session.person, call)
        return page(self._states(request, session, call, states))

    def _states(self, request: Request, session: Session, call: DeskCall, states: Sequence[BookingState]) -> str:
        tasks = self._tasks(states)
        return self._pages.fragment("bookings", request, session, call, states=states, fresh=None, tasks=tasks)

    def _tasks(self, states: Sequence[BookingState]) -> Mapping[str, Task]:
        """Return the tasks of booked appointments; a page without them is better than none."""
        try:
            return self._services.tasks.of_states(states)
        except ConnectorError as error:
            self._report(error)
            return {}

    def _change(
        self, request: Request, session: Session, call: DeskCall, form: Mapping[str, str], *, move: bool
    ) -> Response[str]:
        """Have a booked appointment of the call cancelled, or moved to the form's time."""
        tasks, person, request_id, form = self._services.tasks, session.person, request.request_id, answered(form)
        appointment, wanted = tasks.of_booking(call, form.get("booking_id", "")), Wanted.of_form(form)
        try:
            if move:
                tasks.move(person, call, appointment, wanted, held(form), at_call_end=False, request_id=request_id)
            else:
                tasks.cancel(person, call, appointment, wanted)
        except Unconfirmed as error:
            if not request.is_fragment:
                raise
            confirmed = answer_for(form, error.problems)
            asked = {"message": error.public, "problems": error.problems, "confirmed": confirmed, "within": True}
            return page(self._pages.fragment("problem", request, session, call, **asked), status_of(error))
        if not request.is_fragment:
            return see_other(f"{root_of(request.parts)}calls/{key_of(call.call_id)}")
        html = self._states(request, session, call, self._services.booking.states(person, call))
        return page(html, HX_Retarget="#bookings", HX_Reswap="outerHTML")


def _require_somebody(form: Mapping[str, str]) -> None:
    """Refuse a form that names nobody: several patients have the number, or the look-up has not answered yet."""
    if not any(form.get(name, "").strip() for name in ("patient_id", "first_name", "consent.given")):
        raise InvalidRequest(FieldProblem("patient_id", "is not chosen yet; choose one, or fill in a new patient"))


def _rest(calls: list[DeskCall]) -> int:
    """Return for how many milliseconds a page that is told of calls by its socket does not ask for the list.

    No socket tells that a call has ended, or how a booking goes on.
    """
    moves = any(
        (call.ended_at is None and not call.by_hand) or not all(each.ended for each in call.bookings) for call in calls
    )
    return REST_WHILE_ONE_MOVES if moves else REST


def _digest(calls: list[DeskCall]) -> str:
    """Return what tells one list of calls from another, so that an unchanged one is not sent again."""
    told = [(call.call_id, call.ended_at, call.bookings) for call in calls]
    return sha256(repr(told).encode()).hexdigest()[:16]
