"""What the database itself refuses: changes of append-only rows and of content that is frozen. Migrations call these.

The functions are the second wall, behind the rights of the application's role; they hold for the owner too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows are append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LI001';
END $$
""",
    """
CREATE OR REPLACE FUNCTION refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    field text;
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION '% of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LI001';
    END IF;
    FOREACH field IN ARRAY TG_ARGV LOOP
        IF (to_jsonb(OLD) -> field) IS DISTINCT FROM (to_jsonb(NEW) -> field) THEN
            RAISE EXCEPTION '% of % is frozen', field, TG_TABLE_NAME USING ERRCODE = 'LI001';
        END IF;
    END LOOP;
    RETURN NEW;
END $$
""",
    """
CREATE OR REPLACE FUNCTION refuse_thaw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is frozen and stays so', TG_TABLE_NAME USING ERRCODE = 'LI001';
END $$
""",
    """
CREATE OR REPLACE FUNCTION refuse_other_than_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.chain = OLD.chain AND NEW.seq = OLD.seq + 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of % is refused: a chain only grows, by one link', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LI001';
END $$
""",
)


def create_functions() -> Iterator[str]:
    """Return the statements that make the trigger functions."""
    yield from FUNCTIONS


def drop_functions() -> Iterator[str]:
    """Return the statements that take the trigger functions away."""
    for name in ("refuse_change", "refuse_frozen", "refuse_thaw", "refuse_other_than_next"):
        yield f"DROP FUNCTION IF EXISTS {name}()"


def append_only(table: str) -> Iterator[str]:
    """Return the statements by which the table refuses UPDATE, DELETE and TRUNCATE."""
    yield (
        f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def content_frozen(table: str, columns: Sequence[str], when: str) -> Iterator[str]:
    """Return the statements that freeze columns of rows for which `when` (SQL over OLD) holds, and keep every row.

    A row for which it holds can't be brought back to where it does not: else two changes would do what one may not.
    """
    listed = ", ".join(f"'{column}'" for column in columns)
    yield (
        f"CREATE TRIGGER {table}_content_is_frozen BEFORE UPDATE ON {table} "
        f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refuse_frozen({listed})"
    )
    if (thawed := when.replace("OLD.", "NEW.")) != when:
        yield (
            f"CREATE TRIGGER {table}_stays_frozen BEFORE UPDATE ON {table} "
            f"FOR EACH ROW WHEN (({when}) AND ({thawed}) IS NOT TRUE) EXECUTE FUNCTION refuse_thaw()"
        )
    yield (
        f"CREATE TRIGGER {table}_is_kept BEFORE DELETE ON {table} "
        f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refuse_frozen()"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_frozen()"
    )


def only_grows(table: str) -> Iterator[str]:
    """Return the statements by which the heads of chains go on by one link at a time and never away."""
    yield (
        f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_other_than_next()"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_than_next()"
    )


def drop_triggers(table: str) -> Iterator[str]:
    """Return the statements that take all our triggers from a table."""
    for name in ("refuses_change", "refuses_truncate", "content_is_frozen", "stays_frozen", "is_kept", "only_grows"):
        yield f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}"
