"""The joins that bring what belongs to an object."""

from typing import LiteralString

from psycopg import sql

FIRST_IMAGE: LiteralString = """
    LEFT JOIN LATERAL (
        SELECT * FROM images i WHERE i.project_id = o.project_id AND i.object_id = o.object_id
         ORDER BY i.rank LIMIT 1) i ON true
"""
JOINS: dict[str, LiteralString] = {
    "v": "JOIN object_values v ON v.project_id = o.project_id AND v.object_id = o.object_id",
    "s": "JOIN samples s ON s.project_id = o.project_id AND s.sample_id = o.sample_id",
    "a": (
        "JOIN acquisitions a ON a.project_id = o.project_id AND a.acquisition_id = o.acquisition_id"
    ),
    "p": (
        "JOIN processes p ON p.project_id = o.project_id AND p.acquisition_id = o.acquisition_id"
    ),
    "i": FIRST_IMAGE,
    "u": "LEFT JOIN users u ON u.user_id = o.annotator_id",
    "t": "LEFT JOIN taxa t ON t.taxon_id = o.taxon_id",
    "tp": "LEFT JOIN taxa tp ON tp.taxon_id = t.parent_id",
}


def joins(tables: frozenset[str]) -> sql.Composed:
    """The joins that bring the tables named by their aliases."""
    needed = tables | ({"t"} if "tp" in tables else frozenset[str]())
    return sql.SQL(" ").join([sql.SQL(text) for alias, text in JOINS.items() if alias in needed])
