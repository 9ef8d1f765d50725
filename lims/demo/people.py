"""Who works in the demonstration laboratory: two branches, four laboratories, twelve people, eight clients."""

from __future__ import annotations

from dataclasses import dataclass

from lims.people.passwords import DEMONSTRATION
from lims.people.rights import Role
from lims.store.db import Texts


def both(en: str, zh: str) -> Texts:
    """Return a text in the two languages of the house."""
    return {"en": en, "zh_Hant_TW": zh}


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchSeed:
    """A branch of the demonstration."""

    code: str
    name: Texts
    address: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class LaboratorySeed:
    """A laboratory of the demonstration."""

    code: str
    branch: str
    name: Texts
    accent: str
    accreditation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSeed:
    """A person of the demonstration with the roles held: (role, branch code or None, laboratory code or None)."""

    email: str
    name: Texts
    title: Texts
    branch: str | None
    laboratory: str | None
    roles: tuple[tuple[Role, str | None, str | None], ...]
    locale: str = "zh_Hant_TW"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSeed:
    """A client of the demonstration."""

    code: str
    name: Texts
    company_number: str | None
    address: Texts
    contact: str
    report_language: str


BRANCHES = (
    BranchSeed(
        code="N",
        name=both("Northern Branch", "北區分局"),
        address=both("No. 12, Jiliang Rd., North City", "北區市計量路 12 號"),
    ),
    BranchSeed(
        code="S",
        name=both("Southern Branch", "南區分局"),
        address=both("No. 85, Biaozhun Rd., South City", "南區市標準路 85 號"),
    ),
)

LABORATORIES = (
    LaboratorySeed(
        code="CER",
        branch="N",
        name=both("Ceramic Tile Laboratory", "陶瓷磚試驗室"),
        accent="#0b5a7d",
        accreditation="DEMO-0411",
    ),
    LaboratorySeed(
        code="ELE",
        branch="N",
        name=both("Electrical Calibration Laboratory", "電量校正實驗室"),
        accent="#5a3d8a",
        accreditation="DEMO-0412",
    ),
    LaboratorySeed(
        code="HEA",
        branch="S",
        name=both("Water Heater Laboratory", "熱水器試驗室"),
        accent="#8a3b12",
        accreditation="DEMO-0520",
    ),
    LaboratorySeed(
        code="LIG", branch="S", name=both("Light Source Laboratory", "光源試驗室"), accent="#3d6b1f", accreditation=None
    ),
)


def _person(
    account: str, en: str, zh: str, title: Texts, place: tuple[str | None, str | None], *roles: Role
) -> PersonSeed:
    branch, laboratory = place
    held = tuple((role, *_scope(role, branch, laboratory)) for role in roles)
    return PersonSeed(
        email=f"{account}@{DEMONSTRATION}",
        name=both(en, zh),
        title=title,
        branch=branch,
        laboratory=laboratory,
        roles=held,
    )


def _scope(role: Role, branch: str | None, laboratory: str | None) -> tuple[str | None, str | None]:
    """Technicians hold their role in their laboratory, the others in their branch or the whole bureau."""
    if role is Role.TECHNICIAN and laboratory:
        return branch, laboratory
    return branch, None


CLERK = both("Reception clerk", "收件人員")
TECHNICIAN = both("Technician", "技術員")
SENIOR = both("Senior technician", "資深技術員")
MANAGER = both("Laboratory manager", "實驗室主管")

PEOPLE = (
    _person("clerk.n", "Lin Mei-hua", "林美華", CLERK, ("N", None), Role.CLERK),
    _person("tiles", "Chen Chih-ming", "陳志明", TECHNICIAN, ("N", "CER"), Role.TECHNICIAN),
    _person("volts", "Wang Yi-chun", "王怡君", TECHNICIAN, ("N", "ELE"), Role.TECHNICIAN),
    _person("reviewer.n", "Huang Chien-hung", "黃建宏", SENIOR, ("N", "CER"), Role.REVIEWER, Role.METHOD_OWNER),
    _person("manager.n", "Chang Shu-fen", "張淑芬", MANAGER, ("N", None), Role.MANAGER),
    _person("clerk.s", "Liu Chia-ling", "劉家玲", CLERK, ("S", None), Role.CLERK),
    _person("heaters", "Wu Tsung-han", "吳宗翰", TECHNICIAN, ("S", "HEA"), Role.TECHNICIAN),
    _person("lamps", "Tsai Pei-shan", "蔡佩珊", TECHNICIAN, ("S", "LIG"), Role.TECHNICIAN),
    _person("reviewer.s", "Lee Kuan-ting", "李冠廷", SENIOR, ("S", "HEA"), Role.REVIEWER, Role.METHOD_OWNER),
    _person("manager.s", "Hsu Kuo-liang", "許國良", MANAGER, ("S", None), Role.MANAGER),
    _person(
        "quality",
        "Cheng Ya-wen",
        "鄭雅文",
        both("Quality officer", "品質人員"),
        (None, None),
        Role.QUALITY,
        Role.AUDITOR,
    ),
    _person("admin", "Kuo Li-ting", "郭立廷", both("Administrator", "系統管理員"), (None, None), Role.ADMINISTRATOR),
)

CLIENTS = (
    ClientSeed(
        code="C-1001",
        name=both("Pinglin Ceramics Co., Ltd.", "坪林窯業股份有限公司"),
        company_number="92188131",
        address=both("No. 3, Yaoye Rd., North City", "北區市窯業路 3 號"),
        contact="周文彬",
        report_language="zh_Hant_TW",
    ),
    ClientSeed(
        code="C-1002",
        name=both("Harbour Tile Import Ltd.", "海港磁磚進口有限公司"),
        company_number="91099391",
        address=both("Unit 9, Harbour Park, North City", "北區市海港園區 9 室"),
        contact="Ms. Irene Hall",
        report_language="en",
    ),
    ClientSeed(
        code="C-1003",
        name=both("Jhe-Kun Precision Instruments", "𤧟堃精密儀器行"),  # rare characters survive
        company_number=None,
        address=both("No. 77, Jingmi St., North City", "北區市精密街 77 號"),
        contact="游錫堃",
        report_language="en",
    ),
    ClientSeed(
        code="C-1004",
        name=both("Northern Power Meter Works", "北電儀表廠股份有限公司"),
        company_number="97991880",
        address=both("No. 21, Dianyi Rd., North City", "北區市電儀路 21 號"),
        contact="鍾佳穎",
        report_language="zh_Hant_TW",
    ),
    ClientSeed(
        code="C-2001",
        name=both("Sunhot Water Heaters Corp.", "日暖熱水器股份有限公司"),
        company_number="97931413",
        address=both("No. 108, Gongye 2nd Rd., South City", "南區市工業二路 108 號"),
        contact="蘇柏翰",
        report_language="zh_Hant_TW",
    ),
    ClientSeed(
        code="C-2002",
        name=both("Bright & Daughters Lighting", "光明父女照明有限公司"),
        company_number="96626386",
        address=both("No. 6, Zhaoming Ln., South City", "南區市照明巷 6 號"),
        contact="Ms. O'Brien-Łukasiewicz",
        report_language="en",
    ),
    ClientSeed(
        code="C-2003",
        name=both("Consumer Council, South City", "南區市消費者保護會"),
        company_number=None,
        address=both("No. 1, Gongzheng Rd., South City", "南區市公正路 1 號"),
        contact="方怡萱",
        report_language="zh_Hant_TW",
    ),
    ClientSeed(
        code="C-2004",
        name=both("Delta Isle Lamps", "洲島燈具企業社"),
        company_number=None,
        address=both("No. 40, Zhoudao Rd., South City", "南區市洲島路 40 號"),
        contact="許惠雯",
        report_language="zh_Hant_TW",
    ),
)
