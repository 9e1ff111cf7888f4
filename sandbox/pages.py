"""HTML pages of the sandbox systems: layout, tables and buttons."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from html import escape
from typing import Any

from aiohttp import web

PAGE_SIZE = 50

STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1b2230, #e6eaf2);
  --soft: light-dark(#566072, #a5b0c2); --line: light-dark(#d9dee7, #333c4b);
  --card: light-dark(#ffffff, #1c2330); --ground: light-dark(#f3f5f9, #12171f);
  --strong: light-dark(#2f4fd0, #93a9ff); --on-strong: light-dark(#ffffff, #10162a);
  --bad: light-dark(#a3241c, #ff9d94); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
header, main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.35rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; } p { margin: .25rem 0; } .soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 1rem; margin: .75rem 0; }
.top { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.chip { border: 1px solid var(--line); border-radius: 99px; padding: 0 .6rem; }
.bad { color: var(--bad); } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: start; padding: .35rem .6rem .35rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; } .n { text-align: end; }
td { overflow-wrap: break-word; } td.n, .keep { white-space: nowrap; }
main { padding-top: 0; } main > h2:first-of-type { margin-top: .5rem; }
ul { padding-inline-start: 1.2rem; margin: .75rem 0 0; }
input { font: inherit; width: 5rem; padding: .25rem .4rem; text-align: end; color: inherit;
  background: var(--ground); border: 1px solid var(--soft); border-radius: 6px; }
button { font: inherit; padding: .35rem .8rem; border-radius: 6px; cursor: pointer;
  border: 1px solid var(--soft); background: var(--card); color: inherit; }
button.next { background: var(--strong); border-color: var(--strong); color: var(--on-strong); }
button:focus-visible, input:focus-visible, .scroll:focus-visible {
  outline: 3px solid var(--strong); outline-offset: 2px; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .5rem; }
@media (max-width: 40rem) {
  .stack thead { display: none; } .stack table, .stack tbody { display: block; }
  .stack tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; }
  .stack td { display: flex; justify-content: space-between; gap: 1rem; border: 0;
    padding: .1rem 0; text-align: end; overflow-wrap: anywhere; }
  .stack td::before { content: attr(data-label); color: var(--soft); text-align: start; }
  .stack td:empty { display: none; }
}
"""

SCRIPT = r"""
const busy = () => document.activeElement?.matches("input")
  || [...document.querySelectorAll("input")].some(i => i.value !== i.defaultValue)
  || document.querySelector("[role=alert]");
setInterval(async () => {
  if (document.hidden || busy()) return;
  const answer = await fetch("/").catch(() => null);
  if (!answer?.ok || busy()) return;
  const [html] = (await answer.text()).match(/<main[^]*<\/main>/) ?? [""];
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const now = document.querySelector("main"), then = fresh.querySelector("main");
  if (now.dataset.version === then.dataset.version) return;
  const focus = document.activeElement?.id;
  now.replaceWith(then);
  if (focus) document.getElementById(focus)?.focus();
}, 1500);
"""


def page(title: str, intro: str, body: str, version: str, problem: str = "") -> web.Response:
    """Return a complete page with the body; it loads nothing from elsewhere."""
    nonce = secrets.token_urlsafe(16)
    alert = f'<p class="card bad" role="alert">{escape(problem)}</p>' if problem else ""
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>{escape(title)}</title>
<style nonce="{nonce}">{STYLE}</style></head>
<body><header><h1>{escape(title)}</h1><p class="soft">{escape(intro)}</p></header>
<main data-version="{escape(version)}">{alert}{body}</main>
<script nonce="{nonce}">{SCRIPT}</script></body></html>"""
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
        " connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    status = 409 if problem else 200
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)


def table(
    label: str, heads: Iterable[str], rows: Iterable[Iterable[str]], *, stack: bool = False
) -> str:
    """Render a table of HTML cells; a heading that starts with # is a numeric column.

    With ``stack`` each row becomes a list on a phone.
    """
    names = list(heads)
    tops = "".join(f'<th scope="col"{_class(n)}>{escape(n.lstrip("#"))}</th>' for n in names)
    body = "".join(f"<tr>{_cells(names, row)}</tr>" for row in rows)
    css_class = "scroll stack" if stack else "scroll"
    return (
        f'<div class="{css_class}" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"<table><thead><tr>{tops}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(names: list[str], row: Iterable[str]) -> str:
    return "".join(
        f'<td{_class(name)} data-label="{escape(name.lstrip("#"))}">{cell}</td>'
        for name, cell in zip(names, row, strict=True)
    )


def _class(name: str) -> str:
    return ' class="n"' if name.startswith("#") else ""


def button(
    text: str, name: str = "", value: str = "", *, next_: bool = False, key: str = ""
) -> str:
    """Render a submit button, optionally with a name and value."""
    sends = f' name="{escape(name)}" value="{escape(value)}"' if name else ""
    css_class = ' class="next"' if next_ else ""
    id_ = f' id="{escape(key)}"' if key else ""
    return f"<button{id_}{css_class}{sends}>{escape(text)}</button>"


def version_of(
    ledger: list[dict[str, Any]], reports: list[dict[str, Any]], states: Iterable[str]
) -> str:
    """Return a text that changes with the page, so that the browser knows when to reload it."""
    received = sum(row["deliveries"] for row in ledger)
    attempts = sum(row["attempts"] for row in reports)
    return f"{received}.{attempts}.{len(reports)}.{','.join(states)}"


def traffic(ledger: list[dict[str, Any]], reports: list[dict[str, Any]]) -> str:
    """Render the received messages and the sent reports, newest first."""
    return (
        "<h2>Received</h2>"
        + (_received(ledger) if ledger else '<p class="soft">Nothing yet.</p>')
        + "<h2>Reported to Throughline</h2>"
        + (_reported(reports) if reports else '<p class="soft">Nothing yet.</p>')
    )


def _received(ledger: list[dict[str, Any]]) -> str:
    heads = ["Document", "What", "Outcome", "Our reference", "#Deliveries", "#Effects"]
    rows = (
        (
            _keep(row["subject"]),
            escape(row["type"].removeprefix("throughline.")),
            escape(row["outcome"]),
            _keep(row["reference"]),
            str(row["deliveries"]),
            str(row["effects"]),
        )
        for row in ledger[: -PAGE_SIZE - 1 : -1]
    )
    return table("Received messages", heads, rows, stack=True)


def _reported(reports: list[dict[str, Any]]) -> str:
    heads = ["Document", "What", "State", "Answer", "#Tries"]
    rows = (
        (
            _keep(row["subject"]),
            escape(_summary(row)),
            _report_state(row),
            escape(row["answer"]),
            str(row["attempts"]),
        )
        for row in reports[: -PAGE_SIZE - 1 : -1]
    )
    return table("Reports", heads, rows, stack=True)


def _summary(row: dict[str, Any]) -> str:
    data = row["data"]
    whose = data.get("shipment_ref") or data.get("official_number") or ""
    return f"{whose} {data['status']}".strip()


def _keep(text: str) -> str:
    return f'<span class="keep">{escape(text)}</span>' if text else ""


def _report_state(row: dict[str, Any]) -> str:
    if row["state"] != "stopped":
        return _keep(row["state"])
    again = button("Send again", key=f"resend-{row['id']}")
    return (
        f'<span class="bad">stopped</span><form method="post"'
        f' action="/outgoing/{escape(row["id"])}/resend">{again}</form>'
    )
