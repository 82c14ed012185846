"""What the accounts that people sign in with have on their screens: played by hand, not by chance."""

from datetime import datetime
from decimal import Decimal
from random import Random

from app.cases.posting import NeedLine
from app.demo.asks import Ask, Setting, ask_by_hand
from app.demo.fates import Stage
from app.demo.histories import History
from app.demo.people import Town
from app.demo.places import HOME_WARD, OTHER_WARD

RESIDENT, VOLUNTEER, MEDIC, SECOND = "0900000001", "0900000002", "0900000003", "0900000008"


def _line(item: str, quantity: int, unit: str) -> NeedLine:
    return NeedLine(item, Decimal(quantity), unit)


def known_asks(rng: Random, setting: Setting, town: Town) -> list[Ask]:
    """Five requests of the resident, one of a neighbour for the volunteer to be under way to."""
    wards = {ward.code: ward for ward in setting.wards}
    home, other = wards[HOME_WARD], wards[OTHER_WARD]
    lan, neighbour = town.known[RESIDENT], town.residents[0]
    family = {"household_size": 4, "vulnerabilities": ("children",)}
    return [
        ask_by_hand(
            rng, setting, lan, home, 2.1, category="essentials", urgency="urgent", **family,
            needs=[_line("Gạo", 10, "kg"), _line("Sữa bột cho bé", 2, "lon"), _line("Tã em bé", 1, "gói")],
            description="Hẻm bị phong tỏa từ hôm qua, bé nhỏ mười tháng còn sữa tới mai.",
        ),
        ask_by_hand(
            rng, setting, lan, home, 5.3, category="essentials", **family,
            needs=[_line("Rau củ", 4, "kg"), _line("Trứng", 2, "chục"), _line("Dầu ăn", 1, "lít")],
            description="Chợ gần nhà đóng, xin ít rau và trứng. Tới đầu hẻm gọi giúp.",
        ),
        ask_by_hand(
            rng, setting, lan, home, 30, category="essentials", **family,
            needs=[_line("Nước uống", 2, "bình"), _line("Mì gói", 1, "thùng")],
        ),
        ask_by_hand(
            rng, setting, lan, home, 1.4, category="medical_advice", urgency="urgent", **family,
            needs=[_line("Tư vấn cho trẻ nhỏ", 1, "lần")],
            description="Bé sốt 38,5 độ từ đêm qua, bú ít. Muốn hỏi liều hạ sốt và khi nào cần đi viện.",
        ),
        ask_by_hand(
            rng, setting, lan, home, 122, category="essentials", **family,
            needs=[_line("Cơm phần", 8, "phần"), _line("Khẩu trang", 1, "hộp")],
            description="Cả nhà đang cách ly, chưa nấu nướng được.",
        ),
        ask_by_hand(
            rng, setting, neighbour, other, 3.2, category="grocery_run", household_size=1,
            vulnerabilities=("elderly",), on_behalf=True,
            needs=[_line("Đi chợ theo danh sách", 1, "lần"), _line("Mua thuốc theo toa", 1, "lần")],
            description="Bà cụ sống một mình, đã gửi sẵn tiền và toa thuốc ở bàn bảo vệ.",
        ),
    ]  # fmt: skip


def play_known(stage: Stage, histories: list[History], town: Town) -> None:
    """Play the histories of `known_asks`, in their order."""
    volunteer, second = town.known[VOLUNTEER].id, town.known[SECOND].id
    medic = town.known[MEDIC].id
    shared, under_way, arrived, fever, past, errand = histories
    stage.helpers.live.update({volunteer: 2, second: 1, medic: 1})

    rice = shared.needs[0]
    shared.claim(stage.new_key(), second, _part_of(stage, shared, 0.6), {rice.id: Decimal(5)})
    under_way.verify(_part_of(stage, under_way, 0.2), town.known["0900000005"].id)
    under_way.claim(stage.new_key(), volunteer, _part_of(stage, under_way, 0.87))
    claim = arrived.claim(stage.new_key(), second, _part_of(stage, arrived, 0.8))
    arrived.deliver(claim, _part_of(stage, arrived, 0.5))
    fever.claim(stage.new_key(), medic, _part_of(stage, fever, 0.7))
    claim = past.claim(stage.new_key(), volunteer, _part_of(stage, past, 0.02))
    past.deliver(claim, _part_of(stage, past, 0.01))
    past.confirm(_part_of(stage, past, 0.02))
    errand.claim(stage.new_key(), volunteer, _part_of(stage, errand, 0.75))


def _part_of(stage: Stage, history: History, share: float) -> datetime:
    """The moment that lies `share` of the way from the last event to now."""
    return history.at + (stage.now - history.at) * share
