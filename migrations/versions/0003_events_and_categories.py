"""Monthly partitions of the case events, their append-only guard, and the four first categories."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

PARTITIONS = """
CREATE FUNCTION ensure_case_event_partitions(months_ahead int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    month date;
    made int := 0;
BEGIN
    FOR month IN
        SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n))::date
        FROM generate_series(-1, months_ahead) AS n
    LOOP
        IF to_regclass('case_event_' || to_char(month, 'YYYYMM')) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF case_event FOR VALUES FROM (%L) TO (%L)',
                'case_event_' || to_char(month, 'YYYYMM'),
                month::text || ' 00:00+00',
                (month + interval '1 month')::date::text || ' 00:00+00'
            );
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END
$$
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$
"""

GUARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON case_event
FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""


def chips(*items: tuple[str, str, int]) -> list[dict[str, object]]:
    """What people usually ask for in a category."""
    return [{"item": item, "unit": unit, "step": step} for item, unit, step in items]


CATEGORIES = (
    {
        "slug": "essentials",
        "name_vi": "Nhu yếu phẩm",
        "name_en": "Essentials",
        "icon": "basket",
        "position": 1,
        "medic_only": False,
        "on_map": True,
        "chips": chips(
            ("Gạo", "kg", 5),
            ("Mì gói", "thùng", 1),
            ("Nước uống", "bình", 1),
            ("Rau củ", "kg", 2),
            ("Trứng", "chục", 1),
            ("Sữa", "hộp", 4),
            ("Tã em bé", "gói", 1),
            ("Khẩu trang", "hộp", 1),
            ("Thuốc hạ sốt", "hộp", 1),
        ),
    },
    {
        "slug": "medical_advice",
        "name_vi": "Tư vấn y khoa",
        "name_en": "Medical advice",
        "icon": "medical",
        "position": 2,
        "medic_only": True,
        "on_map": False,
        "chips": chips(
            ("Tư vấn triệu chứng", "lần", 1),
            ("Tư vấn dùng thuốc", "lần", 1),
            ("Tư vấn cho trẻ nhỏ", "lần", 1),
            ("Tư vấn thai kỳ", "lần", 1),
        ),
    },
    {
        "slug": "grocery_run",
        "name_vi": "Đi chợ hộ",
        "name_en": "Grocery run",
        "icon": "bag",
        "position": 3,
        "medic_only": False,
        "on_map": True,
        "chips": chips(
            ("Đi chợ theo danh sách", "lần", 1),
            ("Mua thuốc theo toa", "lần", 1),
            ("Nhận hàng giúp", "lần", 1),
            ("Đổi bình gas", "bình", 1),
        ),
    },
    {
        "slug": "school_supplies",
        "name_vi": "Đồ dùng học tập",
        "name_en": "School supplies",
        "icon": "book",
        "position": 4,
        "medic_only": False,
        "on_map": True,
        "chips": chips(
            ("Sách giáo khoa", "bộ", 1),
            ("Vở viết", "quyển", 10),
            ("Bút và dụng cụ học tập", "bộ", 1),
            ("Máy tính bảng cũ", "cái", 1),
            ("Cặp sách", "cái", 1),
        ),
    },
)


def upgrade() -> None:
    for statement in (PARTITIONS, APPEND_ONLY, GUARD):
        op.execute(statement)
    op.execute("CREATE TABLE case_event_default PARTITION OF case_event DEFAULT")
    op.execute("SELECT ensure_case_event_partitions(3)")
    # Churn makes the map's counts slow to read: clean up early and often.
    op.execute(
        'ALTER TABLE "case" SET'
        " (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)"
    )
    category = sa.table(
        "category",
        *(sa.column(name) for name in ("slug", "name_vi", "name_en", "icon", "position")),
        sa.column("medic_only", sa.Boolean),
        sa.column("on_map", sa.Boolean),
        sa.column("chips", JSONB),
    )
    op.bulk_insert(category, list(CATEGORIES))
