"""The Flask app: everything hung on in one place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_compress import Compress
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import xhht_citizen.schema  # noqa: F401 (every table a foreign key names)
from xhht_citizen.config import Settings
from xhht_citizen.database import Database
from xhht_citizen.evidence.files import Store
from xhht_citizen.evidence.rules import MAX_FILE_BYTES, MAX_FILES
from xhht_citizen.web import assets, blueprints, context, errors, guard, offline, security, transactions, wording


def create_app(settings: Settings | None = None) -> Flask:
    """The app on these settings (the environment's unless given). One per process; threads share it."""
    settings = settings or Settings.from_env()
    app = Flask("xhht_citizen.web", static_folder=None, template_folder="templates")
    app.config.update(
        XHHT=settings,
        SECRET_KEY=settings.secret_key,
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.session_days),
        SESSION_COOKIE_NAME="xhht",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_REFRESH_EACH_REQUEST=False,
        REMEMBER_COOKIE_SECURE=settings.secure_cookies,
        REMEMBER_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session: a slow writer loses nothing
        WTF_CSRF_SSL_STRICT=False,  # Referer is not sent by every phone; the token and SameSite hold
        MAX_CONTENT_LENGTH=MAX_FILES * MAX_FILE_BYTES + 1_000_000,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        BABEL_TRANSLATION_DIRECTORIES=str(_carried("translations")),
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=6,
        COMPRESS_MIMETYPES=["text/html", "text/javascript", "application/manifest+json"],
    )
    app.extensions["xhht_database"] = Database(settings.database_url, settings.replica_url)
    app.extensions["xhht_store"] = Store.open(settings)
    if settings.trusted_proxies:
        proxies = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    guard.install(app)
    context.install(app)
    wording.install(app)
    offline.install(app)
    # After-request functions run last-installed first: compress and secure what the transaction has settled.
    security.install(app)
    Compress(app)
    transactions.install(app)
    CSRFProtect(app)
    errors.install(app)
    assets.install(app)
    blueprints.install(app)
    return app


def _carried(name: str) -> Path:
    """A folder beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent
    installed = package / f"_{name}"
    return installed if installed.is_dir() else package.parent / name
