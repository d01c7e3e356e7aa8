"""What a job works with: the database, the file store, the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from xhht_citizen.config import Settings
from xhht_citizen.database import Database


class Store(Protocol):
    """Files by key, as evidence.files.Store keeps them."""

    def put(self, key: str, content: bytes) -> None: ...
    def get(self, key: str) -> bytes: ...
    def list(self, prefix: str) -> Iterator[str]: ...
    def delete(self, key: str) -> None: ...


@dataclass(frozen=True)
class Workshop:
    """Opened once per worker process; its threads share it."""

    database: Database
    store: Store
    settings: Settings
