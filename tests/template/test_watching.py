"""Dashboard and alarms: what they look at, and where they send a person."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest

from commands.template import DASHBOARD, ROOT, dashboard, template
from tests.support import metrics_table, watching
from tests.support.environment import routes
from tests.support.metrics_table import Metric, Seen

Json = dict[str, Any]
# What AWS documents for these services, as far as something here looks at it.
OF_AWS = {
    "AWS/SQS": {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateAgeOfOldestMessage",
    },
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "Invocations", "ConcurrentExecutions"},
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"},
}
DIMENSIONS = {"AWS/SQS": {"QueueName"}, "AWS/Lambda": {"FunctionName"}, "AWS/ApiGateway": {"ApiName", "Stage"}}


def anchors() -> set[str]:
    """The headings of the runbook, as GitHub names them."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("look", [each for each in watching.watched() if each.namespace != watching.OWN], ids=str)
def test_what_is_looked_at_of_aws_is_what_aws_measures(look: watching.Look) -> None:
    assert look.name in OF_AWS[look.namespace]
    assert {name for name, _ in look.dimensions} == DIMENSIONS[look.namespace]


def test_what_is_looked_at_of_our_own_stands_in_the_table() -> None:
    told = {(each.name, each.dimensions) for each in metrics_table.documented(metrics_table.TABLE.read_text("utf-8"))}
    own = [each for each in watching.watched() if each.namespace == watching.OWN]
    assert len(own) > 50
    assert [str(each) for each in own if (each.name, tuple(sorted(dict(each.dimensions)))) not in told] == []


def test_each_service_that_is_looked_at_is_a_function() -> None:
    services = {dict(each.dimensions).get("service") for each in watching.watched()} - {None}
    assert services <= metrics_table.FUNCTIONS
    assert set(routes().values()) <= services, "all that answer ConVox are on the dashboard"


class TestTheComparison:
    """With what was emitted; the suite's end makes it for real."""

    EMITTED = Seen(Metric("BookingWaits", "Count", ("service",)), "booking_worker")
    ROW = "| `BookingWaits` | Count | service | booking_worker | … |"

    def test_agreement(self) -> None:
        assert metrics_table.disagreements(self.ROW, [self.EMITTED]) == []

    def test_a_metric_that_the_page_lacks(self) -> None:
        (wrong,) = metrics_table.disagreements("", [self.EMITTED])
        assert "lacks BookingWaits" in wrong

    def test_a_metric_that_nothing_emitted(self) -> None:
        (wrong,) = metrics_table.disagreements(self.ROW, [])
        assert "which nothing emitted" in wrong

    @pytest.mark.parametrize("changed", ["| Seconds | service |", "| Count | service, call |"])
    def test_another_unit_or_dimension(self, changed: str) -> None:
        assert len(metrics_table.disagreements(self.ROW.replace("| Count | service |", changed), [self.EMITTED])) == 2

    @pytest.mark.parametrize(
        ("name", "service", "known"),
        [
            ("BookingWaits", "booking_worker", True),
            ("BookingWaits", None, True),
            ("BookingWaits", "sweeper", False),
            ("BookingSleeps", "booking_worker", False),
        ],
    )
    def test_a_look(self, name: str, service: str | None, known: bool) -> None:
        look = watching.Look("a widget", watching.OWN, name, (("service", service),))
        assert (watching.Watched([look]).unknown([self.EMITTED]) == []) is known


class TestDashboard:
    def test_of_everybody_who_answers_convox_it_shows_how_fast(self) -> None:
        shown: dict[str, set[str]] = {}
        for widget in dashboard()["widgets"]:
            for row in widget["properties"].get("metrics", []):
                if "AnswerMilliseconds" in row:
                    shown.setdefault(row[row.index("service") + 1], set()).add(row[-1]["stat"])
        assert set(shown) == set(routes().values())
        assert [service for service, stats in shown.items() if stats < {"p50", "p95", "p99"}] == []

    def test_widgets_lie_side_by_side(self) -> None:
        def cells(widget: Json) -> set[tuple[int, int]]:
            columns = range(widget["x"], widget["x"] + widget["width"])
            return {(x, y) for x in columns for y in range(widget["y"], widget["y"] + widget["height"])}

        widgets = dashboard()["widgets"]
        assert all(each["x"] + each["width"] <= 24 for each in widgets)
        assert [(a, b) for a, b in combinations(widgets, 2) if cells(a) & cells(b)] == []

    def test_each_widget_says_what_it_shows_and_each_line_what_it_is(self) -> None:
        for widget in dashboard()["widgets"]:
            if widget["type"] == "metric":
                assert widget["properties"]["title"]
                # CloudWatch names the lines of a search by their dimensions.
                assert all(
                    "label" in row[-1] or "SEARCH" in row[0]["expression"] for row in widget["properties"]["metrics"]
                )

    def test_its_references_are_of_this_template(self) -> None:
        known = {*template()["Resources"], *template()["Parameters"], "AWS::Region", "AWS::StackName"}
        names = re.findall(r'\{"(?:Ref|Fn::GetAtt)": \[?"([^"]+)"', DASHBOARD.read_text("utf-8"))
        assert len(names) > 30
        assert set(names) <= known

    def test_it_has_no_text_that_cloudformation_would_fill_in(self) -> None:
        """Fn::ToJsonString becomes an Fn::Sub where the stack has to be there first; `${…}` would be its variable."""
        assert "${" not in DASHBOARD.read_text("utf-8")

    def test_each_number_is_a_number(self) -> None:
        """A reference to a parameter is filled in as text, which CloudWatch does not take for a limit."""
        for widget in json.loads(DASHBOARD.read_text("utf-8"))["widgets"]:
            for line in widget["properties"].get("annotations", {}).get("horizontal", []):
                assert isinstance(line["value"], int)

    def test_it_is_within_what_cloudwatch_takes(self) -> None:
        assert len(dashboard()["widgets"]) <= 500


@pytest.mark.parametrize("name", watching.alarms())
class TestEachAlarm:
    def test_it_links_to_its_paragraph(self, name: str) -> None:
        description = watching.alarms()[name]["AlarmDescription"]["Sub"]
        link = re.search(r"\$\{RunbookUrl\}#([a-z-]+)$", description)
        assert link is not None
        assert link[1] in anchors()

    def test_somebody_hears_of_its_beginning_and_of_its_end(self, name: str) -> None:
        alarm = watching.alarms()[name]
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Alarms"}]

    def test_what_it_makes_of_silence_is_decided(self, name: str) -> None:
        silence_is_the_fault = name.endswith("SilentAlarm")
        assert watching.alarms()[name]["TreatMissingData"] == ("breaching" if silence_is_the_fault else "notBreaching")

    def test_its_window_is_one_that_cloudwatch_takes(self, name: str) -> None:
        alarm = watching.alarms()[name]
        metrics = alarm.get("Metrics", [])
        periods = {int(each["Period"]) for each in [alarm, *metrics] if "Period" in each}
        periods |= {each["MetricStat"]["Period"] for each in metrics if "MetricStat" in each}
        (period,) = periods
        assert period * int(alarm["EvaluationPeriods"]) <= (604_800 if period >= 3600 else 86_400)

    def test_what_all_functions_count_is_asked_for_by_a_query(self, name: str) -> None:
        """A function that begins to count it joins the alarm by itself. A query reaches back three hours."""
        alarm = watching.alarms()[name]
        queries = [each for each in alarm.get("Metrics", []) if each.get("Expression", "").startswith("SELECT")]
        looks = [look for look in watching.watched() if look.where == name]
        assert bool(queries) == any(dict(look.dimensions).get("service", "") is None for look in looks)
        assert all(int(each["Period"]) * int(alarm["EvaluationPeriods"]) <= 3 * 3600 for each in queries)


def test_an_alarm_rings_where_the_limits_on_look_ups_stand_open() -> None:
    (look,) = [each for each in watching.watched() if each.where == "LimitsOpenAlarm"]
    assert (look.name, look.dimensions) == ("LookupsUncounted", (("service", None),))
    assert int(watching.alarms()["LimitsOpenAlarm"]["Threshold"]) > 0, "one hiccup rings nobody out of bed"


def test_alarm_rings_on_unusually_many_new_patients_in_a_day() -> None:
    looks = [each for each in watching.watched() if each.where == "ManyNewPatientsAlarm"]
    assert {(each.name, dict(each.dimensions)["service"]) for each in looks} == {
        ("NewPatientAccepted", "book_new_patient"),
        ("NewPatientAccepted", "call_status"),
    }
    alarm = watching.alarms()["ManyNewPatientsAlarm"]
    assert {each["MetricStat"]["Period"] for each in alarm["Metrics"] if "MetricStat" in each} == {86_400}
    assert (alarm["EvaluationPeriods"], alarm["Threshold"]) == (1, {"Ref": "NewPatientsPerDay"})


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("CallStatusFailedAlarm", (watching.OWN, "CallStatusFailed", (("service", "call_status"),))),
        ("CallStatusErrorsAlarm", ("AWS/Lambda", "Errors", (("FunctionName", '{"Ref": "CallStatusFunction"}'),))),
        ("CallStatusThrottledAlarm", ("AWS/Lambda", "Throttles", (("FunctionName", '{"Ref": "CallStatusFunction"}'),))),
        ("CallStatusTurnedAwayAlarm", (watching.OWN, "CallStatusTurnedAway", ())),
    ],
)
def test_the_first_status_callback_that_is_lost_rings(name: str, look: tuple[object, ...]) -> None:
    (seen,) = [each for each in watching.watched() if each.where == name]
    assert (seen.namespace, seen.name, seen.dimensions) == look
    alarm = watching.alarms()[name]
    numbers = [int(alarm[each]) for each in ("Threshold", "EvaluationPeriods", "Period")]
    assert (alarm["Statistic"], numbers) == ("Sum", [0, 1, 60])


def test_callback_rejected_by_the_gateway_is_read_from_its_log() -> None:
    resources = template()["Resources"]
    pattern = resources["TurnedAwayCallbacks"]["Properties"]["FilterPattern"]
    assert set(re.findall(r"[$][.](\w+)", pattern)) <= set(re.findall(r'"(\w+)":', _access_log(resources)))
    assert {"401", "403", "429", "-", "/calls/status"} == set(re.findall(r'= "([^"]+)"', pattern))


def _access_log(resources: Json) -> str:
    found: str = resources["Api"]["Properties"]["AccessLogSetting"]["Format"]
    return found


def test_the_silence_of_the_nightly_run_is_longer_than_a_day() -> None:
    alarm = watching.alarms()["ReconcileSilentAlarm"]
    assert int(alarm["Period"]) * int(alarm["EvaluationPeriods"]) > 25 * 3600


def test_alarms_may_publish_to_their_topic() -> None:
    topic = template()["Resources"]["Alarms"]["Properties"]
    assert topic.get("KmsMasterKeyId") != "alias/aws/sns", "alarms cannot use the account's own key"
    statements = template()["Resources"]["AlarmsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert any(each["Principal"] == {"Service": "cloudwatch.amazonaws.com"} for each in statements)


def test_synthetic_look_up_needs_a_number_and_is_a_valid_request() -> None:
    rule = template()["Resources"]["SyntheticLookup"]
    assert rule["Condition"] == "HasSyntheticMobile"
    assert template()["Parameters"]["SyntheticMobile"]["Default"] == ""
