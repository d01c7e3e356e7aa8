"""The floors: a bare Flask app that lists the same rows from one SELECT, and one that inserts a row and commits."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from flask import Flask, render_template_string, request
from sqlalchemy import text

from xhht_citizen.database import Database

QUEUE = """<!doctype html><html lang="vi"><head><title>Việc chờ</title></head><body><h1>Việc chờ</h1><table>
<thead><tr><th>Người nộp</th><th>Số biên nhận</th><th>Tự chấm</th><th>Minh chứng</th><th>Đã chờ</th></tr></thead><tbody>
{% for row in rows %}<tr><th scope="row"><a href="/xet-duyet/{{ row.id }}">{{ row.name }}</a></th><td>{{ row.receipt }}
</td><td>{{ row.self_total }}/100</td><td>{% if row.evidence_gaps %}Thiếu {{ row.evidence_gaps }}{% else %}Đủ{% endif %}
</td><td>{{ row.community }}</td><td>{{ row.submitted_at }}</td></tr>{% endfor %}</tbody></table></body></html>"""

ROWS = text(
    "SELECT a.id, p.name, a.receipt, a.self_total, a.evidence_gaps, c.name AS community, a.submitted_at "
    "FROM application a JOIN person p ON p.id = a.person_id LEFT JOIN community c ON c.id = a.community_id "
    "WHERE a.ward_code = :ward AND a.state = 'submitted' ORDER BY a.submitted_at, a.id LIMIT 50"
)
INSERT = text(
    "INSERT INTO evidence (id, ward_code, person_id, kind, title, learned_on, year, note, created_at, version) "
    "VALUES (:id, :ward, :person, 'reading', :title, :day, :year, :note, :at, 1)"
)


def bare_app(database: Database, ward_code: str, person_id: uuid.UUID) -> Flask:
    """A Flask app with nothing but a query or an insert behind each address: no log-in, no check, no audit."""
    app = Flask("bare")
    sqlite = database.engine.dialect.name == "sqlite"

    def key(value: uuid.UUID) -> object:
        return value.hex if sqlite else value

    @app.get("/queue")
    def queue() -> str:
        with database.reader.connect() as connection:
            return render_template_string(QUEUE, rows=connection.execute(ROWS, {"ward": ward_code}).all())

    @app.post("/evidence")
    def evidence() -> tuple[str, int]:
        now = datetime.now(UTC)
        with database.writer.begin() as connection:
            connection.execute(
                INSERT,
                {
                    "id": key(uuid.uuid4()),
                    "ward": ward_code,
                    "person": key(person_id),
                    "title": request.form["title"],
                    "note": request.form["note"],
                    "day": now.date().isoformat() if sqlite else now.date(),
                    "year": now.year,
                    "at": now.isoformat(" ") if sqlite else now,
                },
            )
        return "", 303

    return app
