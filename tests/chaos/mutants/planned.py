"""Checks of one booking each, in which the fate of each call is planned: looks and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.chaos import story_book
from tests.chaos.clinicea_faults import SAVING_SLOT, rule
from tests.chaos.mutants import stories
from tests.chaos.mutants.happenings import (
    BARE,
    LATE,
    LATEST,
    LOST,
    NEVER,
    READ,
    TAKEN,
    answered,
    cancels_ours,
    elsewhere,
    half_made,
    half_refused,
    moves_ours,
    resurrected,
    rounded_without_an_answer,
    succeeds,
)
from tests.chaos.mutants.scenes import FreezeOnce, Scene, redelivered


def long_history() -> Iterator[list[str]]:
    """An answer is lost, and the appointment that was made stands on the last of many pages."""
    yield Scene(story_book.long_history, {"POST": [LOST]}, habits={"max_page_size": 10}).played()


def blind() -> Iterator[list[str]]:
    """An answer is lost, and the calendar cannot be read for a while: HTML, then errors."""
    html = rule("html", "html")
    for fault in (html, answered(503), answered(404, body="<html>not found</html>")):
        yield Scene(story_book.known, {"POST": [LOST], READ: [succeeds, *[fault] * 30]}, by_itself=True).played()


def history() -> Iterator[list[str]]:
    """A request was never carried out; the patient has older appointments."""
    yield Scene(stories.with_history, {"POST": [NEVER]}, by_itself=True).played()


def cancelled_meanwhile() -> Iterator[list[str]]:
    """An answer is lost, and before the calendar can be read the clinic cancels what was made."""
    reads = [succeeds, *[answered(503)] * 12]
    yield Scene(story_book.known, {"POST": [LOST], READ: reads}, at={40.0: cancels_ours}).played(resurrected)


def moved_meanwhile() -> Iterator[list[str]]:
    """An answer is lost, and before the calendar can be read the clinic moves what was made by three days."""
    reads = [succeeds, *[answered(503)] * 12]
    yield Scene(story_book.known, {"POST": [LOST], READ: reads}, at={40.0: moves_ours}).played()


def rounded_and_lost() -> Iterator[list[str]]:
    """Clinicea rounds the start, and its answer is lost."""
    yield Scene(story_book.anybody, {"POST": [rounded_without_an_answer]}, seed=3).played()


def unclear() -> Iterator[list[str]]:
    """The wanted appointment stands there with a status that nobody knows."""
    yield Scene(story_book.already_there, habits={"status_words": {"Scheduled": "Blocked"}}).played()


def answer_elsewhere() -> Iterator[list[str]]:
    """Clinicea rounds the start and says so, by a record or by a bare id."""
    for habits in ({}, BARE):
        yield Scene(story_book.anybody, habits={"round_starts": 60, **habits}, seed=3).played(elsewhere)


def shown_late() -> Iterator[list[str]]:
    """Clinicea answers by a bare id, and shows what it has made long after the settle time."""
    yield Scene(story_book.known, habits={**BARE, "read_lag_seconds": 400.0}).played()


def late_commits() -> Iterator[list[str]]:
    """Clinicea commits late, after a connection that was lost."""
    for seconds in (60.0, 100.0):
        late = rule("late commit", "late_commit", seconds=seconds, reset=True)
        yield Scene(story_book.known, {"POST": [late]}, by_itself=True).played()


def last_moment() -> Iterator[list[str]]:
    """Clinicea commits just before the settle time is over, while a worker that has just read the calendar freezes."""
    for at in (112.0, 114.0, 116.0):
        freeze = FreezeOnce(f"clinicea.{READ} <", at - 5, 14.0)
        yield Scene(story_book.known, {"POST": [LATEST]}, freeze=freeze, at={at: redelivered}).played()


def frozen_before_its_post() -> Iterator[list[str]]:
    """A worker freezes with its POST before it and dies before it has an answer; Clinicea commits late."""
    for seconds in (22.0, 24.0, 26.0):
        freeze = FreezeOnce("clinicea.postAppointment", 0.0, seconds)
        yield Scene(story_book.known, {"POST": [LATE]}, freeze=freeze).played()
        freeze = FreezeOnce("clinicea.postAppointment", 0.0, seconds)
        yield Scene(story_book.known, {"POST": [LATE]}, freeze=freeze, at={4.0: redelivered}).played()


def frozen_before_its_claim() -> Iterator[list[str]]:
    """A worker freezes between its look and its claim, and another one books meanwhile."""
    freeze = FreezeOnce(f"clinicea.{READ} <", 0.0, 12.0)
    yield Scene(story_book.known, freeze=freeze, at={3.0: redelivered}).played()


def half_commit() -> Iterator[list[str]]:
    """Clinicea answers 500; the patient is there at once, the appointment a little later."""
    yield Scene(story_book.newcomer, habits={"half_commit_seconds": 20.0}).played()


def half_done() -> Iterator[list[str]]:
    """Clinicea makes the patient and refuses the slot, though nobody else has it."""
    yield Scene(story_book.newcomer, {"POST": [half_refused]}).played(half_made)


def refused_though_done() -> Iterator[list[str]]:
    """Clinicea refuses, in words that the call table lists, what it has made."""
    yield Scene(story_book.known, {"POST": [answered(400, body=TAKEN, after_work=True)]}).played()


def refused_and_shown_late() -> Iterator[list[str]]:
    """Clinicea refuses what it has made, by an error and by a saving error, and shows it 10 s late."""
    for told in (answered(409, body=TAKEN, after_work=True), answered(200, body=SAVING_SLOT, after_work=True)):
        yield Scene(story_book.anybody, {"POST": [told]}, habits={"read_lag_seconds": 10.0}).played()


def registered_and_shown_late() -> Iterator[list[str]]:
    """A newcomer wants two appointments, and no search shows them for longer than the settle time."""
    yield Scene(stories.two_wishes, habits={"read_lag_seconds": 300.0}).played()


def unlisted() -> Iterator[list[str]]:
    """Clinicea refuses in words that nobody has listed, and made nothing."""
    yield Scene(story_book.known, {"POST": [answered(400, body="Please try again")]}).played()


def transient() -> Iterator[list[str]]:
    """One request meets a transient error, or one of the deployment's; it has to be made all the same."""
    for status in (408, 421, 423, 425, 499, 401, 403, 405, 406, 407, 415, 426, 429, 431):
        yield Scene(story_book.known, {"POST": [answered(status)]}, by_itself=True).played()


def saving_errors() -> Iterator[list[str]]:
    """Refusals come as a success whose record tells a saving error."""
    yield Scene(story_book.slot_taken, habits={"saving_errors": True}).played()


def without_read_backs() -> Iterator[list[str]]:
    """The role allows no read-backs; an answer is lost."""
    parameters = {"ReadBacks": "false"}
    yield Scene(story_book.known, {"POST": [LOST]}, parameters=parameters).played()


LOOKS_AND_ANSWERS: tuple[Callable[[], Iterator[list[str]]], ...] = (
    long_history,
    blind,
    history,
    cancelled_meanwhile,
    moved_meanwhile,
    rounded_and_lost,
    unclear,
    answer_elsewhere,
    shown_late,
    late_commits,
    last_moment,
    frozen_before_its_post,
    frozen_before_its_claim,
    half_commit,
    half_done,
    refused_though_done,
    refused_and_shown_late,
    registered_and_shown_late,
    unlisted,
    transient,
    saving_errors,
    without_read_backs,
)
