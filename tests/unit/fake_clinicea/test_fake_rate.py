"""Rate limiting by switch."""

from .api import NOW, Api

SEARCH = "searchPatientByMobileNumber"


def search(api: Api) -> int:
    return api.get(SEARCH, patmobile="9999900001", countrycode="91").status


def test_without_the_switch_nothing_is_refused(api: Api) -> None:
    assert {search(api) for _ in range(50)} == {204}


def test_so_many_requests_in_a_second_and_as_many_in_the_next(api: Api) -> None:
    api.switch(requests_per_second=2)

    assert [search(api) for _ in range(3)] == [204, 204, 429]
    api.clock.advance(1)
    assert [search(api) for _ in range(3)] == [204, 204, 429]


def test_refusal_says_when_to_retry_and_is_logged(api: Api) -> None:
    api.switch(requests_per_second=1)
    search(api)

    refused = api.get(SEARCH, patmobile="9999900001", countrycode="91")

    assert refused.headers["Retry-After"] == "1"
    log = api.control("GET", "requests")["requests"]
    assert [(each["call"], each["status"], each["work_status"]) for each in log] == [
        (SEARCH, 204, 204),
        (SEARCH, 429, None),
    ]
    assert api.clock.now() == NOW
