"""The simulator's one page. It needs no script; every button is a form."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from local.convox.switchboard import AGENTS, BOOKED, CALLERS, DISPOSITIONS, LINES, Call, Switchboard
from local.convox.weather import WEATHER

APPOINTMENT = {
    "patient_id": ("Patient id", "text"),
    "clinic_id": ("Clinic id", "text"),
    "appointment_date": ("Day", "date"),
    "appointment_time": ("Time", "time"),
}
STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { background: Canvas; color: CanvasText; }
body { margin: 0 auto; max-width: 60rem; padding: 0 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.25rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: 0; }
label { display: grid; font-size: .8125rem; gap: .125rem; }
button, select, input { font: inherit; min-height: 2rem; padding: 0 .5rem; }
ul { list-style: none; padding: 0; margin: 0; } li { padding: .5rem 0; border-top: 1px solid GrayText; }
li p { margin: 0 0 .5rem; } li form + form { margin-top: .5rem; } .ended { opacity: .8; }
.problem { border-inline-start: 3px solid; padding-inline-start: .5rem; }
code { font-size: .8125rem; }
"""


def page(board: Switchboard, weather: str, desk: str, problem: str = "") -> str:
    """Return the page, with a problem of the last form in it."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ConVox simulator</title><link rel="stylesheet" href="/style.css"></head><body><main>
<h1>ConVox simulator</h1>
<p>Plays the call centre: what a button does, the connector is told. Sign in at <a href="{escape(desk)}">the desk</a>
as the agent who gets the call.</p>
{f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""}
<h2>A call comes</h2>
<form method="post" action="/ring">
<label>for agent <select name="agent">{_options(AGENTS)}</select></label>
<label>on line <select name="queue">{_options(line.queue for line in LINES)}</select></label>
{_buttons("kind", {each.key: each.label for each in CALLERS})}
</form>
<h2>Clinicea {escape(WEATHER[weather])}</h2>
<form method="post" action="/clinicea">
{_buttons("weather", {"down": "Clinicea down", "slow": "Clinicea slow", "back": "Clinicea back"})}
</form>
<h2>Calls</h2>
<ul>{"".join(_call(each) for each in board.calls) or "<li>No call yet.</li>"}</ul>
<h2>What the connector answered</h2>
<ul>{"".join(f"<li><code>{escape(each)}</code></li>" for each in board.events) or "<li>Nothing yet.</li>"}</ul>
</main></body></html>
"""


def _call(call: Call) -> str:
    told = f"{call.began_at:%H:%M:%S} {call.number}, line {call.line.queue}, {call.agent}"
    if call.ended is not None:
        return f'<li class="ended">{escape(told)}: ended, {escape(call.ended)}</li>'
    hidden = f'<input type="hidden" name="call" value="{escape(call.call_id)}">'
    others = [agent for agent in AGENTS if agent != call.agent]
    fields = "".join(
        f'<label>{escape(label)} <input name="{name}" type="{kind}"></label>'
        for name, (label, kind) in APPOINTMENT.items()
    )
    return f"""<li><p>{escape(told)}</p>
<form method="post" action="/transfer">{hidden}
<label>to agent <select name="agent">{_options(others)}</select></label> <button>Transfer</button></form>
<form method="post" action="/hang-up">{hidden}
<label>disposition <select name="disposition">{_options(DISPOSITIONS)}</select></label> <button>Hang up</button>
<details><summary>with an appointment, for “{BOOKED}”</summary><p>{fields}</p></details></form></li>"""


def _options(values: Iterable[str]) -> str:
    return "".join(f"<option>{escape(each)}</option>" for each in values)


def _buttons(name: str, labels: dict[str, str]) -> str:
    return "\n".join(f'<button name="{name}" value="{key}">{escape(label)}</button>' for key, label in labels.items())
