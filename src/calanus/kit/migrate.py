"""Bring a database up to the schema of this version: numbered SQL, applied in order, once each."""

from pathlib import Path

from yoyo import get_backend, read_migrations  # pyright: ignore  (yoyo has no types)

SCHEMA = Path(__file__).parent.parent / "schema"


def migrate(database_url: str) -> list[str]:
    """Apply what is missing, one process at a time; the names of what was applied."""
    scheme, rest = database_url.split("://", 1)
    assert scheme in ("postgresql", "postgres")
    backend = get_backend(f"postgresql+psycopg://{rest}")
    try:
        with backend.lock():
            missing = backend.to_apply(read_migrations(str(SCHEMA)))
            backend.apply_migrations(missing)
            return [m.id for m in missing]
    finally:
        backend.connection.close()
