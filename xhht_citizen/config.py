"""Settings: one frozen dataclass, read from the environment (prefix XHHT_)."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path

# Whom a push service may write to; a host that is one as well.
CONTACT = re.compile(r"mailto:[^@\s]+@[\w-]+(\.[\w-]+)+|https://[\w-]+(\.[\w-]+)+", re.ASCII)
HOST = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?", re.ASCII)
P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # the order of the curve


ON_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class ConfigError(Exception):
    """A setting is missing or cannot be used; the message names the variable."""


@dataclass(frozen=True)
class Settings:
    """Where things are and how the app behaves. Units are in the names; see README for the list."""

    data_dir: Path
    database_url: str = field(repr=False)  # may hold a password
    secret_key: str = field(repr=False)
    replica_url: str | None = field(default=None, repr=False)
    files_url: str | None = None
    public_url: str | None = None
    secure_cookies: bool = True
    trusted_proxies: int = 0
    session_days: int = 30
    demo: bool = False
    offline: bool = True
    smtp_url: str | None = field(default=None, repr=False)  # holds a password
    mail_from: str | None = None
    hook_url: str | None = field(default=None, repr=False)  # may hold a key
    hook_secret: str | None = field(default=None, repr=False)
    push_key: str | None = field(default=None, repr=False)
    push_contact: str | None = None
    push_hosts: tuple[str, ...] = ()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read settings; raises ConfigError when no real secret is set (use `xhht demo` to try the app)."""
        env = os.environ if env is None else env
        data_dir = Path(env.get("XHHT_DATA_DIR") or user_data_path("xhht-citizen")).absolute()
        secret = env.get("XHHT_SECRET_KEY", "")
        if len(secret) < 32:
            raise ConfigError("XHHT_SECRET_KEY is missing or shorter than 32 characters")
        return cls(
            data_dir=data_dir,
            database_url=env.get("XHHT_DATABASE_URL") or sqlite_url(data_dir),
            secret_key=secret,
            replica_url=env.get("XHHT_DATABASE_REPLICA_URL") or None,
            files_url=env.get("XHHT_FILES_URL") or None,
            public_url=(env.get("XHHT_PUBLIC_URL") or "").rstrip("/") or None,
            secure_cookies=_flag(env, "XHHT_SECURE_COOKIES", default=True),
            trusted_proxies=_number(env, "XHHT_TRUSTED_PROXIES", 0),
            session_days=_number(env, "XHHT_SESSION_DAYS", 30),
            demo=_flag(env, "XHHT_DEMO", default=False),
            offline=_flag(env, "XHHT_OFFLINE", default=True),
            smtp_url=_address(env, "XHHT_SMTP_URL", "smtp", "smtps"),
            mail_from=env.get("XHHT_MAIL_FROM") or None,
            hook_url=_address(env, "XHHT_HOOK_URL", "http", "https"),
            hook_secret=env.get("XHHT_HOOK_SECRET") or None,
            push_key=env.get("XHHT_PUSH_KEY", "").strip() or None,
            push_contact=env.get("XHHT_PUSH_CONTACT", "").strip() or None,
            push_hosts=tuple(env.get("XHHT_PUSH_HOSTS", "").lower().replace(",", " ").split()),
        ).checked()

    def checked(self) -> Settings:
        """These settings, or ConfigError where one of them wants another."""
        if self.smtp_url and not (self.mail_from and "@" in self.mail_from):
            raise ConfigError("XHHT_SMTP_URL wants XHHT_MAIL_FROM, the address letters come from")
        hook = urlsplit(self.hook_url or "")
        if hook.scheme == "http" and hook.hostname not in ON_THIS_MACHINE:  # phones and cases, readable on the way
            raise ConfigError("XHHT_HOOK_URL must be https, unless the gateway is on this machine")
        if self.hook_url and len(self.hook_secret or "") < 16:
            raise ConfigError("XHHT_HOOK_URL wants XHHT_HOOK_SECRET, 16 characters or more")
        if self.push_key and not _is_push_key(self.push_key):
            raise ConfigError("XHHT_PUSH_KEY must be a key that `xhht push keys` has printed")
        if self.push_key and not CONTACT.fullmatch(self.push_contact or ""):
            raise ConfigError("XHHT_PUSH_KEY wants XHHT_PUSH_CONTACT, such as mailto:name@host.vn or https://host.vn")
        if any(not HOST.fullmatch(host) for host in self.push_hosts):
            raise ConfigError("XHHT_PUSH_HOSTS must be names of hosts such as push.host.vn or 127.0.0.1:9000")
        return self


def database_url_from_env(env: Mapping[str, str] | None = None) -> str:
    """The database alone, for commands that need no secret (`xhht db upgrade`)."""
    env = os.environ if env is None else env
    data_dir = Path(env.get("XHHT_DATA_DIR") or user_data_path("xhht-citizen")).absolute()
    return env.get("XHHT_DATABASE_URL") or sqlite_url(data_dir)


def sqlite_url(data_dir: Path) -> str:
    """The embedded default: one file in the data folder."""
    return f"sqlite:///{data_dir / 'xhht.sqlite3'}"


def _is_push_key(text: str) -> bool:
    """Whether this is a private key of P-256 as web push writes it: a number, 32 bytes in base64url."""
    try:
        raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except ValueError:
        return False
    return len(raw) == 32 and 0 < int.from_bytes(raw) < P256


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if value in {"", "1", "true", "yes", "on"}:
        return default if value == "" else True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ConfigError(f"{name} must be 1 or 0, not {value!r}")


def _address(env: Mapping[str, str], name: str, *schemes: str) -> str | None:
    """A URL of one of these schemes; what is wrong is said without repeating it, since it may hold a password."""
    value = env.get(name, "").strip()
    if not value:
        return None
    try:
        parts = urlsplit(value)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"{name} must be an address such as {schemes[0]}://host")
    return value


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip()
    if not value:
        return default
    if not value.isdigit():
        raise ConfigError(f"{name} must be a whole number, not {value!r}")
    return int(value)
