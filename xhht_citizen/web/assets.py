"""Static files, held in memory with their hash and their compressed forms; cached by browsers for a year."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

import brotli
import rjsmin
from flask import Blueprint, Flask, Response, current_app, request, session, url_for

from xhht_citizen.errors import N_, NotFound
from xhht_citizen.web.guard import public

bp = Blueprint("assets", __name__)
FOLDER = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600
# Sent as one script, in this order: a request costs a slow network more than a kilobyte does.
BUNDLES = {
    # What pages and the service worker share: the same address, so that a phone fetches it once.
    "core.bundle.js": ("idb-8.0.4.js", "outbox.js", "sending.js", "leaving.js"),
    "phone.bundle.js": (
        *("phone.js", "pieces.js", "forms.js", "waiting.js", "parting.js"),
        *("drafts.js", "aloud.js", "photos.js", "dates.js", "push.js", "share.js", "install.js"),
    ),
    "worker.bundle.js": (
        *(f"workbox-{part}-7.4.1.js" for part in ("core", "routing", "strategies")),
        "pushing.js",
    ),
    # While acting: nothing is kept on the phone.
    "helper.bundle.js": ("phone.js", "drafts.js", "aloud.js", "photos.js", "dates.js"),
}
VENDORED = re.compile(r"-\d+\.\d+\.\d+\.(min\.)?js$")  # named with their version, sent as they came


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: plain, gzip, brotli."""

    version: str
    content_type: str
    bodies: dict[str, bytes]


def load(folder: Path = FOLDER) -> dict[str, Asset]:
    """Every static file and bundle by name; our own style sheets and scripts lose their comments and indentation."""
    bodies = {path.name: _lean(path) for path in sorted(folder.iterdir())}
    for name, parts in BUNDLES.items():
        bodies[name] = b"\n;".join(bodies[part] for part in parts)
    return {name: compressed(name, body) for name, body in bodies.items()}


def _lean(path: Path) -> bytes:
    body = path.read_bytes()
    if path.suffix == ".css":
        text = re.sub(r"/\*.*?\*/", "", body.decode(), flags=re.S)
        return re.sub(r"\s*\n\s*", "\n", text).strip().encode()
    if path.suffix == ".js" and not VENDORED.search(path.name):
        return str(rjsmin.jsmin(body.decode())).encode()
    return body


def compressed(name: str, body: bytes) -> Asset:
    """A file of this name and content as it is sent; compressed as far as it goes, since that is done once."""
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if content_type.startswith("text/") or content_type.endswith("svg+xml"):
        content_type += "; charset=utf-8"
    bodies = {"": body, "gzip": gzip.compress(body, 9, mtime=0), "br": brotli.compress(body)}
    return Asset(hashlib.sha256(body).hexdigest()[:12], content_type, bodies)


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
    return answer(found, version)


def answer(found: Asset, version: str) -> Response:
    """A file in the best form its asker reads; for a year, if it was asked for by its own hash."""
    encoding = next((code for code in ("br", "gzip") if request.accept_encodings.quality(code) > 0), "")
    response = Response(found.bodies[encoding], content_type=found.content_type)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    session.accessed = False  # the same for everybody: a cookie that changes must not make it fetched again
    if version == found.version:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


def install(app: Flask) -> None:
    """Read the files once and serve them."""
    app.extensions["xhht_assets"] = load()
    app.register_blueprint(bp)
    app.jinja_env.globals["asset"] = asset
