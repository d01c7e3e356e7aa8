"""For any WSGI server: `granian --interface wsgi wsgi:app`. Settings come from the environment (see README)."""

from xhht_citizen.app import create_app

app = create_app()
