"""For the whole suite: what several processes share of it, what is not measured, and which metrics were emitted in it.

At the end of a run of everything, `docs/metrics.md`, the dashboard and the alarms are compared with the metrics that
the functions emitted in all processes; a part of the suite makes only a part of them, and is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from aws_lambda_powertools.metrics.base import MetricManager
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from tests.support import clock, metrics_table, processes
from tests.support.metrics_table import EMITTED, Metric, Seen
from tests.support.unmeasured import FOLDERS, unmeasured
from tests.support.watching import filtered, watched

_WORKERS_OUTPUT = "emitted_metrics"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let several processes share the tests."""
    return processes.Shares(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those begin that take longest."""
    processes.begin_with_the_longest(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Do not measure what others have measured, a debugger's tracing left alone; read the wall clock anew."""
    clock.present.cache_clear()
    measured = item.config.pluginmanager.hasplugin("_cov")
    with unmeasured() if measured and processes.folder_of(item.nodeid) in FOLDERS else nullcontext():
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def _metrics_are_noted() -> Iterator[None]:
    """Each of Powertools' ways to write metrics ends in one of these two methods."""
    with pytest.MonkeyPatch.context() as patch:
        for writer in (AmazonCloudWatchEMFProvider, MetricManager):
            patch.setattr(writer, "serialize_metric_set", _noting(writer.serialize_metric_set))
        yield


def _noting(serialize: Callable[..., Any]) -> Callable[..., Any]:
    def noting(*args: Any, **more: Any) -> Any:
        document = serialize(*args, **more)
        EMITTED.update(metrics_table.seen(document))
        return document

    return noting


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what one of several processes has seen."""
    del error
    for name, unit, dimensions, service in getattr(node, "workeroutput", {}).get(_WORKERS_OUTPUT, []):
        EMITTED.add(Seen(Metric(name, unit, tuple(dimensions)), service))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Judge a run of everything; one of several processes hands on what it has seen."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput[_WORKERS_OUTPUT] = [
            [each.metric.name, each.metric.unit, list(each.metric.dimensions), each.service] for each in EMITTED
        ]
        return
    chosen = config.option.keyword or config.option.markexpr or config.option.deselect or config.option.collectonly
    whole = config.args == config.getini("testpaths") and not chosen and not config.option.ignore
    if not whole or exitstatus != pytest.ExitCode.OK:
        return
    made = EMITTED | set(filtered())
    wrong = metrics_table.disagreements(metrics_table.TABLE.read_text("utf-8"), made)
    wrong += [f"{each} is emitted by nothing" for each in watched().unknown(made)]
    if wrong:
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        reporter.section("metrics that disagree", red=True)
        for each in wrong:
            reporter.line(each)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
