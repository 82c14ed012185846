"""A believable week in a city that stays at home, for trying everything out; never in production."""

from typing import NamedTuple

PASSWORD = "la-lanh-demo"  # noqa: S105 - printed by `make run`; production refuses to start while it exists


class Account(NamedTuple):
    """One of the accounts that `make run` prints."""

    phone: str
    name: str
    role: str
    says: str


ACCOUNTS = (
    Account("0900000001", "Nguyễn Thị Hạnh", "resident", "resident with requests of her own"),
    Account("0900000002", "Trần Minh Khôi", "volunteer", "volunteer on the way with help"),
    Account("0900000003", "Lê Ngọc Diệp", "medic", "medic, licence verified"),
    Account("0900000004", "Võ Văn Lộc", "supplier", "supplier with two supply points"),
    Account("0900000005", "Phan Thanh Trúc", "official", "official of Phường Bến Thành"),
    Account("0900000006", "Huỳnh Quốc Bảo", "official", "official of Thành phố Hồ Chí Minh"),
    Account("0900000007", "Đặng Kim Ngân", "administrator", "administrator"),
    Account("0900000008", "Bùi Thảo Vy", "volunteer", "second volunteer"),
    Account("0900000009", "Ngô Đức Thiện", "official", "official of Phường Sài Gòn"),
)
