"""Screens: one blueprint a file, forms above the views that show them, templates/<area>/<screen>.html.

A request: URL -> view -> @needs -> form -> one action -> commit -> redirect.
View = template = last part of the endpoint. The only floor
that knows Flask; it reads through queries, writes through actions, and never imports SQLAlchemy.
"""
