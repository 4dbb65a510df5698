"""The error tree: what each leaf promises, and what none of them carries."""

from __future__ import annotations

import pytest

from convox_clinicea.clinicea import errors
from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.errors import ConnectorError

CALL = "postAppointment"
# error, retryable, outcome_known
LEAVES: list[tuple[errors.CliniceaError, bool, bool]] = [
    (errors.AuthenticationFailed(CALL, 401), False, True),
    (errors.PermissionDenied(CALL, 403), False, True),
    (errors.NotInDialect(CALL), False, True),
    (errors.AmbiguousTime(CALL, "start"), False, True),
    (errors.MethodRefused(CALL, "POST"), False, True),
    (errors.FormRefused(CALL, 415), False, True),
    (errors.AnswerFormRefused(CALL, 406), False, False),
    (errors.RouteMissing(CALL), False, True),
    (errors.CliniceaRateLimited(CALL, 3.0), True, True),
    (errors.NotFoundInClinicea(CALL, 404), False, True),
    (errors.Rejected(CALL, 400, "slot_taken"), False, True),
    (errors.UnlistedRefusal(CALL, 400), False, False),
    (errors.Unavailable(CALL, 503), True, True),
    (errors.TimedOut(CALL), True, True),
    (errors.UnexpectedAnswer(CALL, 200, "not JSON"), True, True),
    (errors.OutcomeUnknown(CALL, 503), False, False),
]


@pytest.mark.parametrize(("error", "retryable", "outcome_known"), LEAVES, ids=lambda value: type(value).__name__)
class TestLeaves:
    def test_each_says_whether_to_retry_and_if_the_outcome_is_known(
        self, error: errors.CliniceaError, retryable: bool, outcome_known: bool
    ) -> None:
        assert (error.retryable, error.outcome_known) == (retryable, outcome_known)

    def test_each_names_its_call_and_has_a_sentence_for_people(
        self, error: errors.CliniceaError, retryable: bool, outcome_known: bool
    ) -> None:
        assert error.call == CALL
        assert str(error).startswith(CALL)
        assert error.public.endswith(".")
        assert isinstance(error, ConnectorError)

    def test_nothing_doubtful_is_ever_retryable(
        self, error: errors.CliniceaError, retryable: bool, outcome_known: bool
    ) -> None:
        assert error.outcome_known or not error.retryable


def test_every_leaf_is_listed_above() -> None:
    def leaves(kind: type[errors.CliniceaError]) -> set[type[errors.CliniceaError]]:
        # A test of errors that come later makes some of its own, which the collector may not have taken yet.
        ours = [each for each in kind.__subclasses__() if each.__module__ == errors.__name__]
        below = {leaf for each in ours for leaf in leaves(each)}
        return below | ({kind} if kind not in (errors.CliniceaError, errors.SetupFault) else set())

    assert leaves(errors.CliniceaError) == {type(error) for error, _, _ in LEAVES}


@pytest.mark.parametrize(
    ("error", "setting"),
    [
        (errors.MethodRefused(CALL, "POST"), "calls.postAppointment.verb"),
        (errors.FormRefused(CALL, 415), "calls.postAppointment"),
        (errors.RouteMissing(CALL), "calls.postAppointment.path"),
        (errors.MethodRefused(LOGIN, "GET"), "login.verb"),
        (errors.RouteMissing(LOGIN), "login.path"),
    ],
)
def test_a_wrong_verb_or_address_names_the_setting_to_change(error: errors.SetupFault, setting: str) -> None:
    assert setting in str(error)
    assert f".{setting}" not in str(error)
