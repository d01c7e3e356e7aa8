"""Static files, held in memory with their hash and their compressed forms; cached by browsers for a year."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

import brotli
from flask import Blueprint, Flask, Response, current_app, request, url_for

from xhht_citizen.errors import N_, NotFound
from xhht_citizen.web.guard import public

bp = Blueprint("assets", __name__)
FOLDER = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: plain, gzip, brotli."""

    version: str
    content_type: str
    bodies: dict[str, bytes]


def load(folder: Path = FOLDER) -> dict[str, Asset]:
    """Every static file by name; style sheets lose their comments and indentation."""
    assets = {}
    for path in sorted(folder.iterdir()):
        body = path.read_bytes()
        if path.suffix == ".css":
            text = re.sub(r"/\*.*?\*/", "", body.decode(), flags=re.S)
            body = re.sub(r"\s*\n\s*", "\n", text).strip().encode()
        version = hashlib.sha256(body).hexdigest()[:12]
        content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if content_type.startswith("text/") or content_type.endswith("svg+xml"):
            content_type += "; charset=utf-8"
        bodies = {"": body, "gzip": gzip.compress(body, 9, mtime=0), "br": brotli.compress(body)}
        assets[path.name] = Asset(version, content_type, bodies)
    return assets


def asset(name: str) -> str:
    """The address of a static file, with its content's hash in it."""
    return url_for("assets.file", version=current_app.extensions["xhht_assets"][name].version, name=name)


@bp.get("/tinh/<version>/<name>")
@public
def file(version: str, name: str) -> Response:
    """One static file; an old hash gets the present file, so that an old page keeps its style."""
    found: Asset | None = current_app.extensions["xhht_assets"].get(name)
    if found is None:
        raise NotFound(N_("Không tìm thấy tệp này."))
    encoding = next((code for code in ("br", "gzip") if request.accept_encodings.quality(code) > 0), "")
    response = Response(found.bodies[encoding], content_type=found.content_type)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    if version == found.version:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


def install(app: Flask) -> None:
    """Read the files once and serve them."""
    app.extensions["xhht_assets"] = load()
    app.register_blueprint(bp)
    app.jinja_env.globals["asset"] = asset
