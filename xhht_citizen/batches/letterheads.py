"""Reads of what stands on a body's papers, and of the mended spellings of a certificate's name."""

from __future__ import annotations

import uuid
from dataclasses import fields
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xhht_citizen.batches.models import Letterhead, TitleCorrection
from xhht_citizen.batches.rules import Words, default_words
from xhht_citizen.people.models import Account
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles


def letterhead(db: Session, code: str) -> Letterhead | None:
    """What a ward or province said of its papers, if it has."""
    return db.get(Letterhead, code)


def default_of(db: Session, code: str) -> Words:
    """What stands on the papers of a ward (five digits) or province (two) that has not said so itself."""
    province = len(code) == 2
    place = places.province(db, code).name if province else places.commune(db, code).name
    body = places.issuing_body(db, "" if province else code, code if province else None)
    latest = titles.decisions(db, "" if province else code, province_code=code if province else None, limit=1)
    return default_words(
        place, province=province, issuing_body=body, signatory=latest[0][0].signatory if latest else ""
    )


def words_of(db: Session, code: str) -> Words:
    """What stands on the papers of a ward or province, every field filled."""
    default, own = default_of(db, code), letterhead(db, code)
    return default if own is None else _kept(own).or_else(default)


def _kept(row: Letterhead) -> Words:
    return Words(**{one.name: getattr(row, one.name) for one in fields(Words)})


def own_words(db: Session, code: str) -> tuple[Words, int]:
    """What the place itself wrote, empty where it did not, and the version of it (nought where there is none)."""
    own = letterhead(db, code)
    if own is None:
        return Words(*("" for _ in fields(Words))), 0
    return _kept(own), own.version


def corrections(db: Session, title_id: uuid.UUID) -> list[tuple[TitleCorrection, str]]:
    """The mended spellings of a title's name, the latest first, each with who mended it."""
    rows: Any = db.execute(
        select(TitleCorrection, func.coalesce(Account.display_name, ""))
        .outerjoin(Account, Account.id == TitleCorrection.account_id)
        .where(TitleCorrection.title_id == title_id)
        .order_by(TitleCorrection.at.desc(), TitleCorrection.id.desc())
    )
    return [(row, name) for row, name in rows]
