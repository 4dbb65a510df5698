"""Writes the tables of docs/performance.md from the results, between markers; the rest of the page is prose."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bench import bars, bill

Json = dict[str, Any]
NAMES = {"usual": "*usual handler*", "usual_compiled": "*usual handler, with byte code*", "bare": "*bare handler*"}


class NoMarkers(ValueError):
    """The page lacks the markers of a table, or has them twice."""


def regenerated(page: str, results: Json) -> str:
    """Return the page with new tables; raises NoMarkers."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise NoMarkers(name)
        text = f"{begin}\n{table(results).strip()}\n{end}"
        before, _, rest = page.partition(begin)
        page = before + text + rest.partition(end)[2]
    return page


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]], *, text: bool = False) -> str:
    heads = [*heads]
    lines = [
        heads,
        ["---", *(["---" if text else "---:"] * (len(heads) - 1))],
        *([str(cell) for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _name(name: str) -> str:
    return NAMES.get(name, f"`{name}`")


def _spread(spread: Json, digits: int = 0) -> str:
    return f"{spread['median']:,.{digits}f} ({spread['lower']:,.{digits}f}-{spread['upper']:,.{digits}f})"


def _run(results: Json) -> str:
    run = results["run"]
    return (
        f"Measured on {run['at']} by `{run['command']}` in {run['seconds'] / 60:.1f} minutes: Python {run['python']} "
        f"on {run['processor']}, {run['cores']} cores, Linux {run['kernel']}; load before it began {run['load']:.2f}."
    )


def _bars(results: Json) -> str:
    kinds: dict[str, list[bars.Bar]] = {}
    for bar in bars.judge(results):
        kinds.setdefault(bar.kind, []).append(bar)
    rows = []
    for kind, found in kinds.items():
        missed = sum(not each.held for each in found)
        verdict = f"**missed by {missed} of {len(found)}**" if missed else "held"
        rows.append(
            (kind, f"{found[0].sign} {found[0].bar:g} {found[0].unit}", verdict, "; ".join(map(_figure, found)))
        )
    return _table(("", "bar", "", "figures; bold: missed"), rows, text=True)


def _figure(bar: bars.Bar) -> str:
    figure = f"{bar.figure:,.2f}" if bar.figure else "0"
    return f"{bar.what} {figure if bar.held else f'**{figure}**'}"


def _cold(results: Json) -> str:
    cold = results["cold"]
    usual = cold["usual"]["total"]["median"]
    heads = (
        "ms",
        "cold",
        "of usual",
        "start-up (INIT)",
        "first request",
        "of it all: AWS client",
        "waited for answers",
        "requests sent",
    )
    return _table(
        heads,
        (
            (
                _name(name),
                _spread(each["total"]),
                f"{each['total']['median'] / usual:.2f}",
                f"{each['init']['median']:,.0f}",
                f"{each['first_request']['median']:,.0f}",
                f"{each['aws_client']['median']:,.0f}",
                f"{each['answers']['median']:,.0f}",
                len(each["calls"]),
            )
            for name, each in cold.items()
        ),
    )


def _warm(results: Json) -> str:
    heads = ("ms", "adds p50", "p95", "p99", "handler p50", "processor p50", "AWS calls", "Clinicea calls", "peak MB")
    return _table(
        heads,
        (
            (
                _name(name),
                *(f"{each['added'][share]:.2f}" for share in ("p50", "p95", "p99")),
                f"{each['wall']['p50']:.1f}",
                f"{each['cpu_p50']:.1f}",
                f"{round(each['aws_calls'], 2):g}",
                f"{round(each['calls'].get('clinicea', 0), 2):g}",
                f"{each['peak_megabytes']:.0f}",
            )
            for name, each in results["warm"].items()
        ),
    )


def _popup(results: Json) -> str:
    return _table(
        ("Clinicea's latency, ms", "pop-up, ms", "the two trips alone, ms", "ratio"),
        (
            (each["latency"], _spread(each["popup"]), _spread(each["unavoidable"]), f"{each['ratio']:.3f}")
            for each in results["popup"]
        ),
    )


def _throughput(results: Json) -> str:
    heads = ("at a time", "bookings a second", "ideal", "share", "worker's processor ms a booking", "machine busy")
    return _table(
        heads,
        (
            (
                each["concurrency"],
                _spread(each["rate"], 1),
                f"{each['ideal']:.1f}",
                f"{each['share']:.0%}",
                f"{each['cpu_milliseconds']:.0f}",
                f"{each['machine_busy']:.0%}",
            )
            for each in results["throughput"]["levels"]
        ),
    )


def _burst(results: Json) -> str:
    real, virtual = results["burst"], results["simulation"]
    times = real["acknowledgement"]
    return _table(
        ("", "real time", "virtual time"),
        (
            ("bookings", f"{real['bookings']:,}", f"{virtual['bookings']:,}"),
            ("asked for within, s", f"{real['asked_seconds']:.0f}", f"{virtual['asked_seconds']:,.0f}"),
            ("acknowledged, ms: p50, p95, p99", ", ".join(f"{each:.0f}" for each in times.values()), "not measured"),
            ("workers", real["workers"], virtual["workers"]),
            ("Clinicea takes, calls a second", real["per_second"], virtual["per_second"]),
            ("worked off within, s", f"{real['drain_seconds']:,.0f}", f"{virtual['drain_seconds']:,.0f}"),
            ("ideal, counted in calls, s", f"{real['ideal_seconds']:,.0f}", f"{virtual['ideal_seconds']:,.0f}"),
            ("calls of Clinicea", f"{real['calls']:,}", f"{virtual['calls']:,}"),
            ("of them refused with 429", real["refused_calls"], virtual["refused_calls"]),
            ("lost, booked twice", f"{real['lost']}, {real['doubled']}", f"{virtual['lost']}, {virtual['doubled']}"),
        ),
    )


def _bill(results: Json) -> str:
    billed, listed = results["bill"], bill.prices()
    rows = [
        (
            _name(name),
            *(f"{each[part]:.4f}" for part in ("lambda_", "gateway", "dynamodb", "others", "logs", "total")),
        )
        for name, each in billed["functions"].items()
    ]
    rows.append(("**1,000 calls, each with an appointment**", "", "", "", "", "", f"**{billed['one_call']:.4f}**"))
    parts = ("Lambda", "API Gateway", "DynamoDB", "SQS, KMS, secrets", "logs, traces", "in all")
    return _table((f"{listed['currency']} per 1,000", *parts), rows)


def _layer(results: Json) -> str:
    layer = results["layer"]
    return (
        f"The layer, built for the Python above: {layer['zipped_megabytes']:.2f} MB zipped, "
        f"{layer['unpacked_megabytes']:.1f} MB unpacked, {layer['files']:,} files."
    )


NOT_YET = "Not in the last whole run."


def _desk(results: Json) -> str:
    desk = results.get("desk")
    if desk is None:
        return NOT_YET
    columns = {"over HTTP": desk["http"]}
    if desk["chromium"] is not None:
        usable, ways = {"usable": desk["chromium"]["usable"]}, desk["chromium"]["ways"]
        columns = {f"in Chromium, by {by}": call | usable for by, call in ways.items()} | columns
    rows = [
        (told, *(_shares(column.get(what), digits) for column in columns.values()))
        for what, (told, digits) in DESK_FIGURES.items()
    ]
    version = "" if desk["chromium"] is None else f"\n\nChromium {desk['chromium']['version']}, without a screen."
    return _table(("p50 (p95)", *columns), rows) + version


DESK_FIGURES = {
    "named": ("announcement to name on the screen, ms", 0),
    "usable": ("page usable after sign-in, ms", 0),
    "opened": ("call's page and caller, asked at once, ms", 0),
    "taken_down": ("*Book* to *taken down*, ms", 0),
    "booked": ("*Book* to *booked*, ms", 0),
    "requests": ("requests of one call", 0),
    "polls": ("of polling, besides", 0),
    "bytes": ("bytes of one call, all of them", 0),
}


def _shares(shares: Json | None, digits: int) -> str:
    return "" if shares is None else f"{shares['p50']:,.{digits}f} ({shares['p95']:,.{digits}f})"


def _desk_requests(results: Json) -> str:
    if "desk" not in results:
        return NOT_YET
    heads = ("ms", "adds p50", "p95", "handler p50", "AWS calls", "Clinicea calls", "USD per 1,000,000")
    return _table(
        heads,
        (
            (
                f"`{kind}`",
                *(f"{each['added'][share]:.2f}" for share in ("p50", "p95")),
                f"{each['wall']['p50']:.1f}",
                f"{round(each['aws_calls'], 2):g}",
                f"{round(each['calls'].get('clinicea', 0), 2):g}",
                f"{results['desk_bill']['million'][kind]:.2f}",
            )
            for kind, each in results["desk"]["requests"].items()
        ),
    )


def _desk_bill(results: Json) -> str:
    billed = results.get("desk_bill")
    if billed is None:
        return NOT_YET
    told = {
        "calls": "{calls:,} calls, each with a booking",
        "polling": "waiting by polling: {polls:,} requests",
        "push": "waiting by push: {connection_minutes:,} minutes, {sockets:,} sockets, {polls_by_push:,} requests",
    }
    parts = ("lambda_", "gateway", "dynamodb", "others", "logs", "total")
    rows = [
        (told[row].format(**billed), *(f"{each[part]:.2f}" for part in parts)) for row, each in billed["rows"].items()
    ]
    in_all = {f"Cognito: {billed['agents']} people": billed["cognito"], "**in all, by polling**": billed["by_polling"]}
    in_all |= {} if billed["by_push"] is None else {"**in all, by push**": billed["by_push"]}
    rows += [(what, *[""] * 5, f"**{amount:.2f}**") for what, amount in in_all.items()]
    heads = ("Lambda", "API Gateway", "DynamoDB", "SQS, KMS, secrets", "logs, traces", "in all")
    return _table((f"{bill.prices()['currency']} a month", *heads), rows)


TABLES: dict[str, Callable[[Json], str]] = {
    "run": _run,
    "bars": _bars,
    "cold": _cold,
    "warm": _warm,
    "popup": _popup,
    "throughput": _throughput,
    "burst": _burst,
    "desk": _desk,
    "desk-requests": _desk_requests,
    "desk-bill": _desk_bill,
    "bill": _bill,
    "layer": _layer,
}
