"""Civil days as integers (1 = 0001-01-01, datetime's own numbering), months, windows, working days (rules T2, T4)."""
import bisect
import datetime
import os
import re


def day(text):
    return datetime.date.fromisoformat(text).toordinal()


_texts = {}


def text(d):
    if d not in _texts:
        _texts[d] = datetime.date.fromordinal(d).isoformat()
    return _texts[d]


def civil(d):
    date = datetime.date.fromordinal(d)
    return date.year, date.month, date.day


def last_of_month(year, month):
    first_of_next = datetime.date(year + month // 12, month % 12 + 1, 1)
    return first_of_next.toordinal() - 1


def months_back(d, n):
    """The same day of the month n months before d, or that month's last."""
    year, month, mday = civil(d)
    index = year * 12 + (month - 1) - n
    year, month = index // 12, index % 12 + 1
    last = last_of_month(year, month)
    return min(datetime.date(year, month, 1).toordinal() + mday - 1, last)


def latest_start(d, month):
    """The latest first day of `month` that is not after d."""
    year = civil(d)[0]
    first = datetime.date(year, month, 1).toordinal()
    return first if first <= d else datetime.date(year - 1, month, 1).toordinal()


def window_start(d, window):
    """First day of the window that ends on d; window is ('months', n), ('days', n) or (word, 0)."""
    kind, n = window
    if kind == "months":
        return months_back(d, n) + 1
    if kind == "days":
        return d - n + 1
    if kind == "month to date":
        return d - civil(d)[2] + 1
    if kind == "quarter to date":
        return max(latest_start(d, m) for m in (1, 4, 7, 10))
    if kind == "financial year to date":
        return latest_start(d, 4)
    if kind == "census year to date":
        return latest_start(d, 10)
    raise ValueError(kind)


def holds_29_february(first, last):
    years = range(civil(first)[0], civil(last)[0] + 1)
    leap = [y for y in years if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)]
    return any(first <= datetime.date(y, 2, 29).toordinal() <= last for y in leap)


def read_bank_holidays(path):
    """One day a line, then what it is; # begins a comment."""
    found = set()
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                match = re.match(r"\s*(\d\d\d\d-\d\d-\d\d)\b", line)
                if match:
                    found.add(day(match.group(1)))
    return found


class Calendar:
    """Working days: Monday to Friday less the bank holidays."""

    def __init__(self, bank_holidays):
        self.holidays = frozenset(bank_holidays)
        self._weekday_holidays = sorted(h for h in self.holidays if self._weekday(h))

    @staticmethod
    def _weekday(d):
        return d % 7 not in (6, 0)              # 0001-01-01, day 1, was a Monday

    def works(self, d):
        return self._weekday(d) and d not in self.holidays

    def first_working_day_after(self, d):
        d += 1
        while not self.works(d):
            d += 1
        return d

    def working_days_to(self, d):
        """How many working days there are from day 1 to d; differences of it count a window."""
        weeks, rest = divmod(d, 7)
        return weeks * 5 + min(rest, 5) - bisect.bisect_right(self._weekday_holidays, d)
