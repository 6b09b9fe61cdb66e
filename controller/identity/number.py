"""Identity numbers: 12 digits of a CCCD, 9 of an old CMND.

``PPP G YY NNNNNN``: place of birth registration, century and sex, year, running number. No check
digit. Source: Decree 137/2015/NĐ-CP Art. 13, Circular 07/2016/TT-BCA Art. 7 and its annexes (still
the scheme of Circular 59/2021). The places are those of birth registration: the 63 provinces of
before 1 July 2025 stay valid for ever.
"""

from __future__ import annotations

import re

from controller.identity.birth import BirthDate
from controller.identity.person import Sex
from edge.journal.events import Contradiction
from ground.error import InputError
from ground.text import N_, P_

PROVINCES: dict[str, str] = {
    "001": "Hà Nội",
    "002": "Hà Giang",
    "004": "Cao Bằng",
    "006": "Bắc Kạn",
    "008": "Tuyên Quang",
    "010": "Lào Cai",
    "011": "Điện Biên",
    "012": "Lai Châu",
    "014": "Sơn La",
    "015": "Yên Bái",
    "017": "Hòa Bình",
    "019": "Thái Nguyên",
    "020": "Lạng Sơn",
    "022": "Quảng Ninh",
    "024": "Bắc Giang",
    "025": "Phú Thọ",
    "026": "Vĩnh Phúc",
    "027": "Bắc Ninh",
    "030": "Hải Dương",
    "031": "Hải Phòng",
    "033": "Hưng Yên",
    "034": "Thái Bình",
    "035": "Hà Nam",
    "036": "Nam Định",
    "037": "Ninh Bình",
    "038": "Thanh Hóa",
    "040": "Nghệ An",
    "042": "Hà Tĩnh",
    "044": "Quảng Bình",
    "045": "Quảng Trị",
    "046": "Thừa Thiên Huế",
    "048": "Đà Nẵng",
    "049": "Quảng Nam",
    "051": "Quảng Ngãi",
    "052": "Bình Định",
    "054": "Phú Yên",
    "056": "Khánh Hòa",
    "058": "Ninh Thuận",
    "060": "Bình Thuận",
    "062": "Kon Tum",
    "064": "Gia Lai",
    "066": "Đắk Lắk",
    "067": "Đắk Nông",
    "068": "Lâm Đồng",
    "070": "Bình Phước",
    "072": "Tây Ninh",
    "074": "Bình Dương",
    "075": "Đồng Nai",
    "077": "Bà Rịa - Vũng Tàu",
    "079": "TP. Hồ Chí Minh",
    "080": "Long An",
    "082": "Tiền Giang",
    "083": "Bến Tre",
    "084": "Trà Vinh",
    "086": "Vĩnh Long",
    "087": "Đồng Tháp",
    "089": "An Giang",
    "091": "Kiên Giang",
    "092": "Cần Thơ",
    "093": "Hậu Giang",
    "094": "Sóc Trăng",
    "095": "Bạc Liêu",
    "096": "Cà Mau",
}
"""Province of birth registration by code."""

COUNTRY_CODES = range(100, 1000)
"""Born abroad: the country's code. The list grows, so any code above the provinces' is accepted."""

_SEPARATORS = re.compile(r"[\s.\-]+")


class NumberError(InputError):
    """Not an identity number. ``repaired`` is the likely one when a leading zero was lost."""

    def __init__(self, log_text: str, advice: str, repaired: str = "", **params: object) -> None:
        super().__init__(log_text, advice, repaired=repaired, **params)
        self.repaired = repaired


def parse_number(written: str) -> str:
    """Digits of a CCCD (12) or CMND (9) number; spaces, dots and dashes between them are dropped.

    NumberError otherwise. Spreadsheets and some scanners drop a leading zero: for 8 and 11 digits
    the error offers the number with its zero, for the operator to compare with the card.
    """
    digits = _SEPARATORS.sub("", written)
    if not digits:
        raise NumberError("number empty", N_("Type the number on the card: 12 or 9 digits."))
    if not (digits.isascii() and digits.isdigit()):
        raise NumberError(
            "number has other signs than digits",
            N_("The number may hold digits only. Type it as on the card: 12 or 9 digits."),
        )
    if len(digits) in (8, 11):
        raise NumberError(
            f"number has {len(digits)} digits",
            N_("One digit is missing, probably a zero in front: compare {repaired} with the card."),
            repaired="0" + digits,
        )
    if len(digits) not in (9, 12):
        raise NumberError(
            f"number has {len(digits)} digits",
            P_(
                "The number has {n} digit. Type it as on the card: 12 or 9 digits.",
                "The number has {n} digits. Type it as on the card: 12 or 9 digits.",
            ),
            n=len(digits),
        )
    return digits


def check(number: str, sex: Sex | None, birth: BirthDate) -> tuple[Contradiction, ...]:
    """What the structure of a 12-digit number says against ``sex`` and year of ``birth``.

    To be shown, never to refuse by: real cards carry such contradictions. A CMND tells nothing.
    """
    if len(number) != 12:
        return ()
    found = []
    place, century_sex, year = number[:3], int(number[3]), int(number[4:6])
    if sex is not None and (sex is Sex.FEMALE) != bool(century_sex % 2):
        found.append(Contradiction.NUMBER_SEX)
    if birth.year and birth.year != 1900 + century_sex // 2 * 100 + year:
        found.append(Contradiction.NUMBER_YEAR)
    if place not in PROVINCES and int(place) not in COUNTRY_CODES:
        found.append(Contradiction.NUMBER_PROVINCE)
    return tuple(found)
