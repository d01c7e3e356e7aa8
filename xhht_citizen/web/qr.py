"""QR codes as SVG in the page: black on white whatever the screen's colours, so that every scanner reads them."""

from __future__ import annotations

from flask import current_app, request
from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """The text (a short link) as an inline SVG with the quiet zone the standard asks for."""
    import segno

    code = segno.make(text, error="m", micro=False)
    drawing = code.svg_inline(border=4, light="#fff", dark="#000", omitsize=True, svgclass=None, lineclass=None)
    return Markup(drawing.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S704  drawn from modules, not text


def printed_url(path: str) -> str:
    """A page's whole address as it is printed: at the installation's public address, or the one asked at."""
    base: str = current_app.config["XHHT"].public_url or request.url_root.rstrip("/")
    return f"{base}{path}"
