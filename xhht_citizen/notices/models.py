"""Tables of notices: the inbox and the outbox."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now


class Notice(Base):
    """One thing a person or an account is told. `kind` is a key of rules.NOTICES, `values` fill its sentence.

    To a person (read by whoever signs in as them) or to an account that works for others. `once` names what happened:
    the same thing is told to the same one only once. `spread_at`: its deliveries were made, as many as there are ways.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_person", "person_id", "id"),
        Index("ix_notice_account", "account_id", "id"),
        Index("ix_notice_spread", "spread_at", "id"),
        UniqueConstraint("once"),
        CheckConstraint("(person_id IS NULL) <> (account_id IS NULL)", name="one_reader"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(String(5))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(30))
    values: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    path: Mapped[str | None] = mapped_column(String(200))
    once: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    spread_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Delivery(Base):
    """One notice on its way out by one channel.

    `sending` is committed before the channel is spoken to: a row found in it after a worker died may have been sent,
    and is never sent again ("unsure"). `devices`, of a push: how it went with each browser that is done with.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        Index("ix_delivery_waiting", "state", "not_before", "id"),
        CheckConstraint("channel IN ('email', 'hook', 'push')", name="channel"),
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed', 'unsure')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(String(5))
    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notice.id"))
    channel: Mapped[str] = mapped_column(String(5))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    tries: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    trouble: Mapped[str | None] = mapped_column(String(200))
    sending_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    devices: Mapped[dict[str, str] | None] = mapped_column(JSON)

    notice: Mapped[Notice] = relationship(lazy="raise_on_sql")


class PushSubscription(Base):
    """A browser that shows notices by web push: agreed to on that device, for as long as it stays signed in there.

    `endpoint` is the push service's own address of the browser, `p256dh` and `auth` the keys it gave; none is shown.
    """

    __tablename__ = "push_subscription"
    __table_args__ = (
        Index("ix_push_subscription_account", "account_id"),
        Index("ix_push_subscription_session", "session_id"),
        UniqueConstraint("endpoint_hash"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(String(5))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account_session.id", ondelete="CASCADE"))
    endpoint: Mapped[str] = mapped_column(Text)
    endpoint_hash: Mapped[str] = mapped_column(String(64))
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(40))
    lang: Mapped[str] = mapped_column(String(2), default="vi")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
