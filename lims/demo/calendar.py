"""Days of the demonstration's calendar that differ from the week: public holidays, a make-up day, a closure.

The dates are those of the demonstration; a real branch enters its own each year.
"""

from __future__ import annotations

from datetime import date

from lims.demo.people import both

DAYS = {
    date(2026, 1, 1): (False, both("Founding Day", "開國紀念日")),
    date(2026, 2, 16): (False, both("New Year's Eve", "農曆除夕")),
    date(2026, 2, 17): (False, both("Lunar New Year", "春節")),
    date(2026, 2, 18): (False, both("Lunar New Year", "春節")),
    date(2026, 2, 19): (False, both("Lunar New Year", "春節")),
    date(2026, 2, 20): (False, both("Lunar New Year", "春節")),
    date(2026, 2, 28): (False, both("Peace Memorial Day", "和平紀念日")),
    date(2026, 4, 3): (False, both("Children's Day", "兒童節")),
    date(2026, 4, 6): (False, both("Tomb Sweeping Day", "清明節")),
    date(2026, 5, 1): (False, both("Labour Day", "勞動節")),
    date(2026, 6, 19): (False, both("Dragon Boat Festival", "端午節")),
    date(2026, 9, 25): (False, both("Mid-Autumn Festival", "中秋節")),
    date(2026, 9, 28): (False, both("Teachers' Day", "教師節")),
    date(2026, 10, 9): (False, both("National Day", "國慶日")),
    date(2026, 10, 26): (False, both("Retrocession Day", "臺灣光復節")),
    date(2026, 11, 21): (True, both("Make-up working day (demonstration)", "補行上班日（示範）")),
    date(2026, 12, 25): (False, both("Constitution Day", "行憲紀念日")),
    date(2026, 12, 28): (False, both("Closed: test of the fire alarm", "停止上班：消防設備測試")),
    date(2027, 1, 1): (False, both("Founding Day", "開國紀念日")),
}
