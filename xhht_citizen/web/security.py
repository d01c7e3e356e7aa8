"""Headers that hold on every answer: nothing but this app's own scripts, style sheets, pictures and forms.

`blob:` pictures are the photos that wait on the phone itself."""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'; manifest-src 'self'"
)

FILES = {"assets.file", "offline.words"}


def install(app: Flask) -> None:
    """Set the headers after every request."""

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # What is no document of its own is held by the page it belongs to: on every script it would only weigh.
        if request.endpoint not in FILES or response.mimetype == "image/svg+xml":
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("Referrer-Policy", "same-origin")
        if app.config["XHHT"].secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint not in FILES:
            response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            response.headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), interest-cohort=()")
            # Pages hold personal data: no shared cache, and the back button asks again after signing out.
            response.headers.setdefault("Cache-Control", "private, no-store")
            if (
                "Content-Disposition" in response.headers
            ):  # Flask would let a file be stored, and only be asked for anew
                response.headers["Cache-Control"] = "private, no-store"
        return response
