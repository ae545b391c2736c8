"""Runs the migrations on the connection handed in, inside the transaction it already holds."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
