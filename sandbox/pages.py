"""HTML pages of the sandbox systems: layout, tables and buttons."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from aiohttp import web

PAGE_SIZE = 50

STYLE = Path(__file__).with_suffix(".css").read_text()

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
    status = data.get("status") or row["type"].partition(".")[2].replace(".", " ")
    return f"{whose} {status}".strip()


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
