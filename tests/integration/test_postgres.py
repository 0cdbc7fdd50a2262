"""The PostgreSQL that other tests run on is a real one, and gives each test a database of its own."""

from __future__ import annotations

from tests.postgres import USER, PostgresServer, start_postgres


def test_database_is_empty_and_ones_own(postgres: PostgresServer, postgres_url: str) -> None:
    """Of release 18, without tables, for a user without further rights."""
    name = postgres_url.rpartition("/")[2]
    assert int(postgres.run_sql("SHOW server_version_num", name)) // 10_000 == 18
    assert postgres.run_sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name) == "0"
    owner = "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles JOIN pg_database ON datdba = pg_roles.oid"
    assert postgres.run_sql(f"{owner} WHERE datname = '{name}'") == f"{USER}|f|f"


def test_killed_server_starts_again_with_what_was_committed() -> None:
    """So that a crash can be tried."""
    with start_postgres(durable=True) as server:
        name = server.create_database()
        server.run_sql("CREATE TABLE songs (id int); INSERT INTO songs VALUES (1)", name)
        server.kill()
        server.start()
        assert server.run_sql("SELECT id FROM songs", name) == "1"
