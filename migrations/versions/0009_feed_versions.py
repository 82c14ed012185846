"""What the feed remembers: versions of map squares, and who is looking at what."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# A square's version is the sum of its rows. A writer takes any row that nobody holds and adds to it, or a new
# one: nobody waits for anybody, and there are never more rows than writers at once. The steps are random, so
# that a database restored from a backup does not come to a number again with other contents behind it.
BUMP = """
CREATE FUNCTION feed_changed(squares int[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    changed int;
BEGIN
    FOREACH changed IN ARRAY coalesce(squares, '{}') LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM feed_square WHERE square = changed AND xmin = pg_current_xact_id()::xid
        );
        UPDATE feed_square SET version = version + 1 + floor(random() * 1000000)::bigint
        WHERE id = (SELECT id FROM feed_square WHERE square = changed LIMIT 1 FOR UPDATE SKIP LOCKED);
        IF NOT FOUND THEN
            INSERT INTO feed_square (square, version) VALUES (changed, 1 + floor(random() * 1000000)::bigint);
        END IF;
    END LOOP;
END
$$
"""

# A square of zoom 10 is the first 20 bits of a cell. What may only be counted counts at its ward's middle.
CASES = """
CREATE FUNCTION feed_case_changed() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    touched int[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT s) INTO touched
        FROM after c, LATERAL feed_squares_of(c.cell, c.on_map, c.commune_id) s;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT s) INTO touched
        FROM before c, LATERAL feed_squares_of(c.cell, c.on_map, c.commune_id) s;
    ELSE
        SELECT array_agg(DISTINCT s) INTO touched
        FROM (SELECT cell, on_map, commune_id FROM before UNION SELECT cell, on_map, commune_id FROM after) c,
             LATERAL feed_squares_of(c.cell, c.on_map, c.commune_id) s;
    END IF;
    PERFORM feed_changed(touched);
    RETURN NULL;
END
$$
"""
SQUARES_OF = """
CREATE FUNCTION feed_squares_of(cell bigint, on_map boolean, commune_id int) RETURNS SETOF int
LANGUAGE sql STABLE
AS $$
    SELECT (cell >> 16)::int
    UNION ALL
    SELECT (cell_z18(a.label_point) >> 16)::int FROM area a
    WHERE NOT on_map AND a.id = commune_id AND a.label_point IS NOT NULL
$$
"""
NEEDS = """
CREATE FUNCTION feed_need_changed() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    touched int[];
BEGIN
    SELECT array_agg(DISTINCT (c.cell >> 16)::int) INTO touched
    FROM after n JOIN "case" c ON c.id = n.case_id;
    PERFORM feed_changed(touched);
    RETURN NULL;
END
$$
"""
SUPPLIES = """
CREATE FUNCTION feed_supply_changed() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    touched int[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT (cell_z18(position) >> 16)::int) INTO touched FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT (cell_z18(position) >> 16)::int) INTO touched FROM before;
    ELSE
        SELECT array_agg(DISTINCT (cell_z18(position) >> 16)::int) INTO touched
        FROM (SELECT position FROM before UNION ALL SELECT position FROM after) moved;
    END IF;
    PERFORM feed_changed(touched);
    RETURN NULL;
END
$$
"""
# Categories and areas change rarely and are in everything: one square that stands for all.
EVERYWHERE = """
CREATE FUNCTION feed_everything_changed() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM feed_changed(ARRAY[-1]);
    RETURN NULL;
END
$$
"""
REFERENCING = {
    "INSERT": "REFERENCING NEW TABLE AS after",
    "UPDATE": "REFERENCING OLD TABLE AS before NEW TABLE AS after",
    "DELETE": "REFERENCING OLD TABLE AS before",
}


def upgrade() -> None:
    # Who is in danger is found at once among the many, however far.
    with op.get_context().autocommit_block():
        op.drop_index("ix_case_danger_near", "case", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_case_danger_near",
            "case",
            ["public_p3857"],
            postgresql_using="gist",
            postgresql_where=sa.text("status = 'open' AND on_map AND urgency = 'life_threatening'"),
            postgresql_concurrently=True,
        )
    op.create_table(
        "feed_square",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("square", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_square"),
    )
    op.create_index("ix_feed_square_square", "feed_square", ["square"])
    # Updated all the time, few rows: room on the page for the next version, and swept up early.
    op.execute(
        "ALTER TABLE feed_square SET (fillfactor = 30, autovacuum_vacuum_scale_factor = 0,"
        " autovacuum_vacuum_threshold = 2000)"
    )
    for function in (BUMP, SQUARES_OF, CASES, NEEDS, SUPPLIES, EVERYWHERE):
        op.execute(function)
    _watch('"case"', "feed_case", "feed_case_changed")
    _watch("supply_point", "feed_supply", "feed_supply_changed")
    for when in ("INSERT", "UPDATE"):
        _on(when, "need", f"feed_need_{when.lower()}", "feed_need_changed")
    for table in ("category", "area"):
        op.execute(
            f"CREATE TRIGGER feed_{table} AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION feed_everything_changed()"
        )
    _looks()


def _watch(table: str, name: str, function: str) -> None:
    for when in REFERENCING:
        _on(when, table, f"{name}_{when.lower()}", function)


def _on(when: str, table: str, name: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} AFTER {when} ON {table} {REFERENCING[when]}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )


def _looks() -> None:
    """Unlogged: worth nothing after a crash, and no copy of it lies in backups or on replicas."""
    op.create_table(
        "case_look",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "user_id", name="pk_case_look"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_case_look_case_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_case_look_user_id", ondelete="CASCADE"),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_case_look_user_id", "case_look", ["user_id"])
    op.create_index("ix_case_look_at", "case_look", ["at"])
