"""The staff session: tokens that expire, that others steal, and that threads share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from convox_clinicea.clinicea import Clinicea, errors
from convox_clinicea.mobile import Mobile
from local.clinicea.clock import ManualClock
from local.clinicea.testing import RunningFake, running_fake
from tests.support.canaries import new_appointment
from tests.support.clients import client_for, within
from tests.support.clock import NOON, SkippingClock
from tests.support.small_server import Action, Seen, SmallServer, json_reply

LOGIN, SEARCH, KNOWN = "getTokenByStaffUsernamePwd", "searchPatientByMobileNumber", "postAppointmentByPatientID"
MEERA = Mobile("91", "9999900001")


@pytest.fixture
def client(fake: RunningFake) -> Clinicea:
    return client_for(fake.url, scheme="staff_session")


def calls(fake: RunningFake) -> list[tuple[str, int]]:
    return [(entry["call"], entry["status"]) for entry in fake.requests()]


class TestLogin:
    @pytest.mark.parametrize("as_object", [False, True], ids=["JSON string", "object with Token"])
    def test_it_happens_once_for_many_calls(self, fake: RunningFake, client: Clinicea, as_object: bool) -> None:
        fake.switch(token_as_object=as_object)
        for _ in range(3):
            assert client.search_patient_by_mobile_number(MEERA, within(9))
        assert calls(fake) == [(LOGIN, 200), *[(SEARCH, 200)] * 3]

    def test_a_lost_login_is_repeated(self, fake: RunningFake, client: Clinicea) -> None:
        fake.fault(LOGIN, "reset_after", count=2)
        assert client.search_patient_by_mobile_number(MEERA, within(9))
        assert len(fake.requests(LOGIN)) == 3

    def test_one_that_hangs_ends_with_the_deadline_of_the_call(self, fake: RunningFake, client: Clinicea) -> None:
        fake.fault(LOGIN, "timeout_after")
        with pytest.raises(errors.TimedOut, match=LOGIN):
            client.post_appointment_by_patient_id("P-01", new_appointment(), within(0.4))
        assert fake.requests(KNOWN) == []


class TestStolenToken:
    def test_one_renewal_brings_a_read_through(self, fake: RunningFake, client: Clinicea) -> None:
        fake.fault(SEARCH, "steal_token", count=1)
        assert client.search_patient_by_mobile_number(MEERA, within(9))
        assert calls(fake) == [(LOGIN, 200), (SEARCH, 401), (LOGIN, 200), (SEARCH, 200)]

    def test_so_it_does_a_booking_which_is_made_once(self, fake: RunningFake, client: Clinicea) -> None:
        fake.fault(KNOWN, "steal_token", count=1)
        created = client.post_appointment_by_patient_id("P-01", new_appointment(), within(9))
        assert calls(fake) == [(LOGIN, 200), (KNOWN, 401), (LOGIN, 200), (KNOWN, 200)]
        assert [each["appointment_id"] for each in fake.standing() if each["made_by"] == KNOWN] == [
            created.appointment_id
        ]

    def test_token_stolen_repeatedly_is_an_error_after_one_renewal(self, fake: RunningFake, client: Clinicea) -> None:
        fake.fault(SEARCH, "steal_token")
        with pytest.raises(errors.AuthenticationFailed, match="401"):
            client.search_patient_by_mobile_number(MEERA, within(9))
        assert calls(fake) == [(LOGIN, 200), (SEARCH, 401), (LOGIN, 200), (SEARCH, 401)]

    def test_the_next_call_starts_afresh(self, fake: RunningFake, client: Clinicea) -> None:
        fake.fault(SEARCH, "steal_token", count=2)
        with pytest.raises(errors.AuthenticationFailed):
            client.search_patient_by_mobile_number(MEERA, within(9))
        assert client.search_patient_by_mobile_number(MEERA, within(9))


class TestExpiry:
    @pytest.fixture
    def clinic_clock(self) -> ManualClock:
        return ManualClock(NOON)

    @pytest.fixture
    def fake(self, clinic_clock: ManualClock) -> Iterator[RunningFake]:
        with running_fake(sample=True, clock=clinic_clock) as running:
            yield running

    def test_a_token_older_than_clinicea_lets_it_grow_is_renewed(
        self, fake: RunningFake, client: Clinicea, clinic_clock: ManualClock
    ) -> None:
        assert client.search_patient_by_mobile_number(MEERA, within(9))
        clinic_clock.advance(minutes=61)
        assert client.search_patient_by_mobile_number(MEERA, within(9))
        assert calls(fake)[1:] == [(SEARCH, 200), (SEARCH, 401), (LOGIN, 200), (SEARCH, 200)]

    def test_ours_is_renewed_before_it_comes_to_that(self, fake: RunningFake, clinic_clock: ManualClock) -> None:
        clock = SkippingClock()
        client = client_for(fake.url, scheme="staff_session", clock=clock)
        for _ in range(2):
            assert client.search_patient_by_mobile_number(MEERA, within(9, clock))
            clinic_clock.advance(minutes=56)
            clock.advance(56 * 60)
        assert calls(fake) == [(LOGIN, 200), (SEARCH, 200)] * 2


class TestThreads:
    def test_two_that_start_at_once_log_in_once(self, fake: RunningFake, client: Clinicea) -> None:
        fake.fault(LOGIN, "delay", seconds=0.1)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: client.search_patient_by_mobile_number(MEERA, within(9)), range(4)))
        assert all(found)
        assert len(fake.requests(LOGIN)) == 1

    def test_two_that_are_refused_at_once_renew_once(self) -> None:
        refused_together, logins = threading.Barrier(2, timeout=10), []

        def clinic(request: Seen) -> Action:
            if LOGIN in request.path:
                logins.append(request)
                return json_reply(f"token-{len(logins)}")
            if request.query["api_key"] == "token-1":
                refused_together.wait()
                return json_reply("refused", 401)
            return json_reply([])

        with SmallServer(clinic) as server, ThreadPoolExecutor(2) as pool:
            client = client_for(server.url, scheme="staff_session")
            found = pool.map(lambda _: client.search_patient_by_mobile_number(MEERA, within(9)), range(2))
            assert list(found) == [[], []]
        assert len(logins) == 2  # the first one, and one renewal
