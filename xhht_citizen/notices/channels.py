"""The ways out: e-mail by SMTP, a gateway for SMS or Zalo by one HTTP request, and browsers (`webpush`). Each says
surely sent, surely not sent (Refused: for now, or for good), or nobody knows (Unsure).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import xhht_citizen
from xhht_citizen.config import Settings
from xhht_citizen.notices import webpush
from xhht_citizen.notices.outbox import Letter, Refused, Unsure, refusal
from xhht_citizen.notices.posting import post
from xhht_citizen.notices.rules import NOTICES, stays_here

SECONDS = 15
Speak = Callable[[Letter], None]


def open_channels(settings: Settings) -> dict[str, Speak]:
    """The channels these settings name: "email", "hook", "push"; none is fine, the inbox is there all the same."""
    found: dict[str, Speak] = {}
    if settings.smtp_url:
        found["email"] = lambda letter: _mail(settings, letter)
    if settings.hook_url:
        found["hook"] = lambda letter: _hook(settings, letter)
    if settings.push_key:
        found["push"] = lambda letter: webpush.push(settings, letter, *words(letter))
    return found


def words(letter: Letter) -> tuple[str, str]:
    """The subject and the sentence that goes out, filled in: in Vietnamese, or in the language of a browser."""
    said = NOTICES[letter.kind]
    in_words = catalogue(letter.device.lang if letter.device else "vi").gettext
    return in_words(said.subject) % letter.values, in_words(said.outside or said.text) % letter.values


@cache
def catalogue(lang: str) -> NullTranslations:
    """The sentences of a language as the screens have them, without Flask; Vietnamese is the source text."""
    package = Path(xhht_citizen.__path__[0])
    carried = package / "_translations"  # in a wheel; beside the package in a checkout
    folder = carried if carried.is_dir() else package.parent / "translations"
    return translation("messages", folder, [lang], fallback=True)


def link(settings: Settings, letter: Letter) -> str | None:
    """The page about it on the public address; without one there is no link to give."""
    return f"{settings.public_url}{letter.path}" if settings.public_url and letter.path else None


def _mail(settings: Settings, letter: Letter) -> None:
    server = urlsplit(settings.smtp_url or "")
    message = _message(settings, letter)
    handed = False
    try:
        with _smtp(server) as smtp:
            if server.username:
                smtp.login(unquote(server.username), unquote(server.password or ""))
            handed = True
            smtp.send_message(message)
            handed = False  # taken for sure; how the server says good-bye changes nothing
    except smtplib.SMTPResponseException as error:
        # Of the letter itself a 5xx is for good; of the log-in or the sender it is ours to mend, and it waits.
        final = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
        raise Refused(f"SMTP {error.smtp_code}", final=final) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise Refused(f"SMTP {codes}", final=min(codes, default=500) >= 500) from None  # none: nobody it could be for
    except smtplib.SMTPNotSupportedError as error:  # letters in the address that the server cannot take
        raise Refused(type(error).__name__, final=handed) from None
    except (OSError, smtplib.SMTPException) as error:
        if handed:  # the line broke while the letter was being handed over
            raise Unsure(type(error).__name__) from None
        raise Refused(type(error).__name__) from None


def _message(settings: Settings, letter: Letter) -> EmailMessage:
    """The letter as it is handed over. Refused for good where the library trips over what was given as an address."""
    subject, text = words(letter)
    where = link(settings, letter)
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"] = subject, settings.mail_from
    try:
        message["To"] = letter.address
    except Exception as error:  # it answers some of them with almost anything
        raise Refused(type(error).__name__, final=True) from None
    # The same one each time, so that a mail server that sees it twice knows.
    message["Message-ID"] = f"<{letter.id}@{(settings.mail_from or '').rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(part for part in (text, where) if part) + "\n")
    return message


def _smtp(server: SplitResult) -> smtplib.SMTP:
    """A line to the mail server. Refused where it would be in clear on a network: a server that offers no STARTTLS, or
    somebody on the way who strikes the offer out, gets neither the password nor a letter.
    """
    host = server.hostname or ""
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=SECONDS, context=ssl.create_default_context())
    smtp = smtplib.SMTP(host, server.port or 25, timeout=SECONDS)
    smtp.ehlo()
    if smtp.has_extn("starttls"):
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo()
    elif not stays_here(host):
        smtp.close()
        raise Refused("no TLS")
    return smtp


def _hook(settings: Settings, letter: Letter) -> None:
    """POST {"id", "phone", "text", "link"}; `X-Xhht-Signature` is the HMAC-SHA256 of the body by the shared secret."""
    body = json.dumps(
        {"id": str(letter.id), "phone": letter.address, "text": words(letter)[1], "link": link(settings, letter)},
        ensure_ascii=False,
    ).encode()
    signature = hmac.new((settings.hook_secret or "").encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": str(letter.id),
        "X-Xhht-Signature": f"sha256={signature}",
    }
    status = post(settings.hook_url or "", body, headers, seconds=SECONDS)
    if not 200 <= status < 300:
        raise refusal(status)
