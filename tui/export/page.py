"""A whole page: one file that fetches nothing and runs nothing, whatever stands in it."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from ...core.clock import now
from .. import format
from .elements import Html, contents, joined, tag, text


@cache
def style() -> str:
    """The page's only style."""
    return files(__package__).joinpath("page.css").read_text("utf-8")


def policy() -> str:
    """What a browser is to allow the page: its own style, known by its digest, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def page(title: str, *body: Html, remark: Callable[[], Html] | None = None) -> Html:
    """The page; `title` is text of anybody, the first of the body its heading, and what follows are its parts.

    The remark, made when all else is, stands below the heading.
    """
    heading, *parts = body
    body = (heading, remark() if remark else Html(""), contents(parts), *parts)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy()),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", text(title, limit=200)),
        Html(f"<style>{style()}</style>"),
    )
    moment = format.moment(now())
    foot = tag("footer", f"Written by Flightlog, {moment}. All times are those of the machine that wrote this page.")
    return joined([Html("<!doctype html>\n"), tag("html", head, tag("body", *body, foot), lang="en"), Html("\n")])
