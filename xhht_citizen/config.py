"""Settings: one frozen dataclass, read from the environment (prefix XHHT_)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path


class ConfigError(Exception):
    """A setting is missing or cannot be used; the message names the variable."""


@dataclass(frozen=True)
class Settings:
    """Where things are and how the app behaves. Units are in the names; see README for the list."""

    data_dir: Path
    database_url: str
    secret_key: str
    replica_url: str | None = None
    files_url: str | None = None
    public_url: str | None = None
    secure_cookies: bool = True
    trusted_proxies: int = 0
    session_days: int = 30
    demo: bool = False

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
        )


def database_url_from_env(env: Mapping[str, str] | None = None) -> str:
    """The database alone, for commands that need no secret (`xhht db upgrade`)."""
    env = os.environ if env is None else env
    data_dir = Path(env.get("XHHT_DATA_DIR") or user_data_path("xhht-citizen")).absolute()
    return env.get("XHHT_DATABASE_URL") or sqlite_url(data_dir)


def sqlite_url(data_dir: Path) -> str:
    """The embedded default: one file in the data folder."""
    return f"sqlite:///{data_dir / 'xhht.sqlite3'}"


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if value in {"", "1", "true", "yes", "on"}:
        return default if value == "" else True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ConfigError(f"{name} must be 1 or 0, not {value!r}")


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip()
    if not value:
        return default
    if not value.isdigit():
        raise ConfigError(f"{name} must be a whole number, not {value!r}")
    return int(value)
