"""The people of a made-up district: rows of its roster and the cards they carry.

The virtual crowd and the benchmarks draw from the same people. Names follow the real shares of
family names (Nguyễn alone is over a third). As in real registers some births are incomplete or
impossible, some people are too young or have their card already, a few numbers contradict sex or
year.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

COLUMNS = (
    "number",
    "old_number",
    "name",
    "birth",
    "sex",
    "residence",
    "hamlet",
    "enrolled_on",
)

TODAY = date(2021, 6, 8)
"""The day the ages are meant for, unless another is given."""

_FAMILY = (
    ("Nguyễn", 384),
    ("Trần", 121),
    ("Lê", 95),
    ("Phạm", 70),
    ("Hoàng", 51),
    ("Phan", 45),
    ("Vũ", 39),
    ("Đặng", 21),
    ("Bùi", 20),
    ("Đỗ", 14),
    ("Hồ", 13),
    ("Ngô", 13),
    ("Dương", 10),
    ("Lý", 5),
    ("Đào", 8),
    ("Đinh", 8),
    ("Lương", 8),
    ("Trịnh", 8),
    ("Mai", 6),
    ("Tạ", 5),
    ("Quách", 3),
    ("Lò", 3),
    ("Khuất", 2),
    ("Ksor", 1),
    ("Niê", 1),
)
_MIDDLE_MALE = "Văn Văn Văn Đức Hữu Công Quang Minh Xuân Ngọc Đình Thế Bá Quốc Tuấn"
_MIDDLE_FEMALE = "Thị Thị Thị Thị Ngọc Thu Thanh Phương Kim Bích Hồng Mỹ Diệu Xuân"
_GIVEN_MALE = (
    "An Anh Bình Chiến Cường Dũng Dương Đạt Đông Giang Hải Hiếu Hòa Hoàng Hùng Huy Hưng Khánh Khoa "
    "Kiên Lâm Long Mạnh Minh Nam Nghĩa Phong Phúc Quân Quang Sơn Tài Tâm Thắng Thành Thịnh Tiến "
    "Toàn Trung Trường Tú Tuấn Tùng Việt Vinh Vượng"
)
_GIVEN_FEMALE = (
    "An Anh Bích Chi Cúc Dung Duyên Đào Giang Hà Hạnh Hằng Hiền Hoa Hoài Hồng Huệ Hương Huyền Lan "
    "Liên Linh Loan Mai My Nga Ngân Ngọc Nguyệt Nhung Oanh Phương Quyên Tâm Thảo Thoa Thu Thủy "
    "Thúy Trang Trinh Tuyết Uyên Vân Xuân Yến"
)
_WORDS = {
    False: (_MIDDLE_MALE.split(), _GIVEN_MALE.split()),
    True: (_MIDDLE_FEMALE.split(), _GIVEN_FEMALE.split()),
}
"""By "is a woman": middle and given names."""
_COMMUNES = (
    "Bạch Lưu",
    "Cao Phong",
    "Đôn Nhân",
    "Đồng Quế",
    "Đồng Thịnh",
    "Đức Bác",
    "Hải Lựu",
    "Lãng Công",
    "Nhân Đạo",
    "Nhạo Sơn",
    "Như Thụy",
    "Phương Khoan",
    "Quang Yên",
    "Tam Sơn",
    "Tân Lập",
    "Tứ Yên",
    "Yên Thạch",
)
_HAMLETS = (
    "Đồng Tâm",
    "Đoàn Kết",
    "Hòa Bình",
    "Tiền Phong",
    "Quyết Thắng",
    "Xóm Chùa",
    "Gò Đình",
    "Lũng Lợi",
    "Bãi Trên",
    "Thượng",
)
_PLACES = ("026",) * 16 + ("025", "001", "008", "019")
"""Most were born where they live (Vĩnh Phúc)."""


def people(count: int, seed: int, today: date = TODAY) -> Iterator[dict[str, str]]:
    """``count`` roster rows (CSV columns of ``COLUMNS``), the same for the same seed.

    Shares: 2.5 % birth incomplete, 0.2 % impossible, 9 % under 14, 8 % enrolled already, 0.5 %
    with a number that contradicts sex or year. Numbers are unique, old numbers too.
    """
    random = Random(seed)
    for index in range(count):
        yield _person(random, index, today)


def write_csv(path: Path, count: int, seed: int, today: date = TODAY) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(people(count, seed, today))


def card_text(row: dict[str, str], issued: date = date(2017, 5, 20)) -> str:
    """Content of the QR code on the card this person carries (needs a 12-digit number).

    Unknown parts of a birth date are printed as zeros.
    """
    day, month, year = (["00", "00", *row["birth"].split("/")])[-3:]
    return "|".join(
        (
            row["number"],
            row["old_number"],
            row["name"],
            f"{day}{month}{year}",
            "Nam" if row["sex"] == "male" else "Nữ",
            row["residence"],
            f"{issued:%d%m%Y}",
        )
    )


def _person(random: Random, index: int, today: date) -> dict[str, str]:
    female = random.random() < 0.505
    born = today - timedelta(days=_age_days(random))
    stated_sex, stated_year = female, born.year
    if random.random() < 0.005:  # registers have such numbers, and so have real cards
        stated_sex, stated_year = (not female, born.year) if index % 2 else (female, born.year - 1)
    digit = (stated_year - 1900) // 100 * 2 + stated_sex
    # 999,983 is prime to the step: no two of a million people get the same running number
    running = (index * 7_919 + 101) % 999_983
    number = f"{random.choice(_PLACES)}{digit}{stated_year % 100:02d}{running:06d}"
    old = f"{135_000_000 + (index * 104_729) % 9_999_991:09d}" if born.year < 2002 else ""
    commune, hamlet = random.choice(_COMMUNES), random.choice(_HAMLETS)
    enrolled = today - timedelta(days=random.randrange(1, 90)) if random.random() < 0.08 else None
    return {
        "number": number,
        "old_number": old,
        "name": _name(random, female),
        "birth": _birth(random, born),
        "sex": "female" if female else "male",
        "residence": f"Thôn {hamlet}, {commune}, Sông Lô, Vĩnh Phúc",
        "hamlet": f"{hamlet}, {commune}",
        "enrolled_on": enrolled.isoformat() if enrolled and born.year < today.year - 15 else "",
    }


def _age_days(random: Random) -> int:
    if random.random() < 0.09:
        return random.randrange(1, 14 * 365)
    years = min(random.triangular(14.1, 95, 30), 99)
    return int(years * 365.25)


def _name(random: Random, female: bool) -> str:
    families, weights = zip(*_FAMILY, strict=True)
    middles, given_names = _WORDS[female]
    (family,) = random.choices(families, weights)
    middle = random.choice(middles)
    given = random.choice(given_names)
    if random.random() < 0.2:
        given = f"{random.choice(given_names)} {given}"
    return f"{family} {middle} {given}"


def _birth(random: Random, born: date) -> str:
    kind = random.random()
    if kind < 0.02:
        return f"{born.year}"
    if kind < 0.025:
        return f"{born:%m/%Y}"
    if kind < 0.027:
        return f"31/02/{born.year}"
    return f"{born:%d/%m/%Y}"
