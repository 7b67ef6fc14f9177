"""Figures from a ledger: what each indicator is in each unit on a day (rules I1 to I5, F8 and MEASURES.md section 10)."""
import bisect
from fractions import Fraction

import days
from facts import half_up
from ledger import DIMENSIONS

FLOWS = ("starters", "leavers", "outflow", "inflow", "census_starters", "census_leavers", "training_due", "training_in_time",
         "training_late", "training_completed", "supervision_due", "supervision_in_time", "supervision_late", "supervision_held")
HEADS = ("in_post", "agency", "students", "case_holders", "cases_unknown", "absence", "long_term_absence", "supervision_overdue")
NOBODY = ("vacancies", "agency_cover")
BY_WORKING_DAYS = ("absence", "long_term_absence")
ENGAGEMENT = ("starter", "change", "leaver")
PLACEMENT = ("placement_started", "placement_ended")
FOREVER = 10 ** 7


def rests_on(measure, profile):
    posts = ("post_opened", "post_changed", "post_closed")
    if measure in ("in_post", "starters", "leavers", "outflow", "inflow", "census_starters", "census_leavers"):
        return ENGAGEMENT
    if measure in ("agency", "students"):
        return PLACEMENT
    if measure in ("cases", "case_holders", "cases_unknown", "cases_worker_left"):
        kind = ("caseload",) if profile.cases == "counts" else ("case_allocated", "case_deallocated")
        return kind + ENGAGEMENT + PLACEMENT
    if measure in BY_WORKING_DAYS:
        return ("absence",) + ENGAGEMENT
    if measure.startswith("training_"):
        return ("training_due", "training_completed") + ENGAGEMENT
    if measure.startswith("supervision_"):
        return ("supervision_held",) + ENGAGEMENT
    if measure == "vacancies":
        return ("vacancies_declared",) if profile.vacancies == "declared" else posts + ENGAGEMENT
    if measure == "agency_cover":
        return ("vacancies_declared",) if profile.vacancies == "declared" else PLACEMENT
    if measure == "posts":
        return posts
    raise ValueError(measure)


class Series:
    """The net entries of one measure in one population: day by day, summed up."""

    def __init__(self, entries, number_of_days):
        """entries: [(day, count, amount)]; number_of_days(d): days (or working days) from the beginning of time to d."""
        by_day = {}
        for d, count, amount in entries:
            sums = by_day.setdefault(d, [0, 0])
            sums[0] += count
            sums[1] += amount
        self.by_day = by_day
        self.days = sorted(by_day)
        self.number = number_of_days
        self.total, self.moment = [(0, 0)], [(0, 0)]
        for d in self.days:
            last, moment, (count, amount) = self.total[-1], self.moment[-1], by_day[d]
            self.total.append((last[0] + count, last[1] + amount))
            n = number_of_days(d - 1)
            self.moment.append((moment[0] + count * n, moment[1] + amount * n))

    def at(self, d, part):
        return self.total[bisect.bisect_right(self.days, d)][part]

    def over(self, first, last, part):
        return self.at(last, part) - self.at(first - 1, part)

    def area(self, d, part):
        """The stock summed over every day up to d: an entry of day t counts on each day from t to d."""
        n = bisect.bisect_right(self.days, d)
        return self.total[n][part] * self.number(d) - self.moment[n][part]

    def days_over(self, first, last, part):
        return self.area(last, part) - self.area(first - 1, part)

    def days_over_slowly(self, first, last, part):
        return sum(self.at(d, part) * (self.number(d) - self.number(d - 1)) for d in range(first, last + 1))


class Figure:
    def __init__(self, status, numerator=None, denominator=None, people=None, value=None):
        self.status, self.numerator, self.denominator = status, numerator, denominator
        self.people, self.value = people, value

    def row(self):
        """Texts of status, numerator, denominator, people."""
        return (self.status,) + tuple("" if v is None else str(v) for v in (self.numerator, self.denominator, self.people))


class Figures:
    def __init__(self, ledger, today, complete_all=False, slowly=False):
        self.ledger, self.profile, self.today = ledger, ledger.profile, today
        self.complete_all, self.slowly = complete_all, slowly
        self.entries = {}                           # (org, measure): [(cell, day, count, amount)]
        for (measure, org, where, day), (count, amount) in ledger.net.items():
            self.entries.setdefault((org, measure), []).append((where, day, count, amount))
        self.moves = {}
        for org, entry in ledger.moves:
            self.moves.setdefault(org, []).append(entry)
        self._series, self._members, self._steps, self.moving, self.first_days = {}, {}, {}, {}, {}
        self.spans = self.complete_spans()
        calendar = self.profile.calendar
        self.number_of = {True: calendar.working_days_to, False: lambda d: d}

    # Units and the tree.

    def units(self, org):
        """'' is the organisation itself."""
        tree = self.profile.trees.get(org)
        return [""] + sorted(self.ledger.teams[org] | set(tree.links if tree else ()))

    def path(self, org, unit):
        """The path in today's tree, which names the unit on every day."""
        steps, tree = [], self.profile.trees.get(org)
        while unit:
            if unit in steps:
                raise ValueError("the tree of %s runs in a circle at %s" % (org, unit))
            steps.append(unit)
            unit = tree.parent(unit, self.today) if tree else None
        return "/".join([org] + steps[::-1])

    def tree_day(self, org, d):
        tree = self.profile.trees.get(org)
        return self.today if tree and tree.reads_today else d

    def members(self, org, unit, d):
        """The units whose cells count in `unit` on day d: itself and what is under it; None: all."""
        if not unit:
            return None
        tree, d = self.profile.trees.get(org), self.tree_day(org, d)
        if not tree:
            return frozenset([unit])
        if org not in self._steps:
            self._steps[org] = sorted(tree.dates())
        epoch = bisect.bisect_right(self._steps[org], d)
        if (org, unit, epoch) not in self._members:
            found = set()
            for below in self.units(org):
                above = below
                while above and above != unit:
                    above = tree.parent(above, d)
                if above == unit:
                    found.add(below)
            self._members[org, unit, epoch] = frozenset(found)
        return self._members[org, unit, epoch]

    # Terms.

    def series(self, org, members, measure, where):
        key = (org, members, measure, where)
        if key not in self._series:
            inside = lambda c: ((members is None or c[0] in members)
                                and all(c[DIMENSIONS.index(name)] in values for name, values in where))
            if measure in ("outflow", "inflow"):
                found = []
                for entry in self.moves.get(org, []):
                    left = entry.source is not None and inside(entry.source)
                    joined = entry.target is not None and inside(entry.target)
                    if measure == "outflow" and entry.cause in ("leaver", "move") and left and not joined:
                        found.append((entry.day, entry.heads, entry.fte))
                    if measure == "inflow" and entry.cause in ("starter", "move") and joined and not left:
                        found.append((entry.day, entry.heads, entry.fte))
            else:
                found = [(day, count, amount) for c, day, count, amount in self.entries.get((org, measure), []) if inside(c)]
            self._series[key] = Series(found, self.number_of[measure in BY_WORKING_DAYS])
            if measure in BY_WORKING_DAYS:          # `mean over` is over all days
                self._series[key].plain = Series(found, self.number_of[False])
        return self._series[key]

    @staticmethod
    def span(term, d):
        """(first, last) of the days that the term reads for a figure of day d."""
        last = days.months_back(d, term.before) if term.before else d
        return (last, last) if term.window is None else (days.window_start(last, term.window), last)

    def term(self, org, unit, term, d):
        series = self.series(org, self.members(org, unit, d), term.measure, term.where)
        part = 0 if term.field in ("heads", "count") else 1
        first, last = self.span(term, d)
        if term.reading == "at":
            value = series.at(last, part)
        elif term.reading == "over":
            value = series.over(first, last, part)
        else:
            if term.reading == "mean":
                series = getattr(series, "plain", series)
            summed = series.days_over_slowly if self.slowly else series.days_over
            value = summed(first, last, part)
            if term.reading == "mean":
                value = Fraction(value, last - first + 1)
        factor = term.factor
        if factor == "dfe_days":
            factor = 254 if days.holds_29_february(days.months_back(d, 12) + 1, d) else 253
        return term.sign * factor * value

    def people(self, org, unit, indicator, d):
        for term in indicator.denominator or indicator.numerator:
            if term.measure in NOBODY:
                continue
            series = self.series(org, self.members(org, unit, d), term.measure, term.where)
            if term.measure in FLOWS:
                return series.over(*self.span(term, d), 0)
            return series.at(d, 0)
        return 0

    # Completeness.

    def complete_spans(self):
        """(org, type): united spans [first, last], in order."""
        spans, sources = {}, self.profile.sources
        for fact in self.ledger.facts:
            if fact.type == "complete":
                late = sources[fact.source].late_days if fact.source in sources else 0
                last = FOREVER if fact.get("until") is None else fact.get("until") + late
                for name in fact.get("types"):
                    spans.setdefault((fact.org, name), []).append((fact.day, last))
        for source in sources.values():
            if source.complete_from is not None:
                for org in source.orgs or self.ledger.orgs:
                    for name in source.types or ALL_TYPES:
                        spans.setdefault((org, name), []).append((source.complete_from, FOREVER))
        return {key: united(found) for key, found in spans.items()}

    def complete(self, org, indicator, d):
        if self.complete_all:
            return True
        for term in indicator.terms():
            first, last = self.span(term, d)
            for name in rests_on(term.measure, self.profile):
                if not any(start <= first and last <= end for start, end in self.spans.get((org, name), [])):
                    return False
        return True

    # Figures.

    def figure(self, org, unit, indicator, d):
        if not self.complete(org, indicator, d):
            return Figure("x")
        numerator = sum(self.term(org, unit, term, d) for term in indicator.numerator)
        denominator = None
        people = self.people(org, unit, indicator, d)
        value = Fraction(numerator) / scale(indicator.numerator)
        if indicator.denominator:
            denominator = sum(self.term(org, unit, term, d) for term in indicator.denominator)
            if denominator == 0:
                return Figure("z", numerator, denominator, people)
            value /= Fraction(denominator) / scale(indicator.denominator)
        if indicator.unit == "percent":
            value *= 100
        status = "ok"
        if indicator.unreliable_above is not None and value > indicator.unreliable_above:
            status = "u"
        elif value != 0 and half_up(abs(value) * 10 ** indicator.decimals) == 0:
            status = "low"
        return Figure(status, numerator, denominator, people, value)

    # Days on which a figure may change.

    def entry_days(self, org):
        found = {day for (measure, o, _, day) in self.ledger.net if o == org}
        found.update(entry.day for o, entry in self.ledger.moves if o == org)
        for (o, _), spans in self.spans.items():
            if o == org:
                found.update(d for first, last in spans for d in (first - 1, first, last + 1) if d < FOREVER)
        tree = self.profile.trees.get(org)
        found |= tree.dates() if tree else set()
        if found and any(term.factor == "dfe_days" for indicator in self.profile.indicators.values() for term in indicator.terms()):
            leap = (y for y in range(days.civil(min(found))[0], days.civil(self.today)[0] + 1) if days.holds_29_february(*year(y)))
            found.update(days.day("%d-02-29" % y) for y in leap)
        return found

    def change_days(self, org, indicators=None):
        """All days on which an entry enters or leaves a window that some indicator reads, the days beside them, the first and
        last of each month, up to today. (What a `days over` or a `mean over` sums changes daily: it is looked at on those.)"""
        look = {(term.window, term.before) for indicator in indicators or self.profile.indicators.values() for term in indicator.terms()}
        look |= {(None, 0), (("months", 12), 0)}
        shapes, entries, found = sorted(look, key=str), sorted(self.entry_days(org)), set()
        for d in entries:
            if d > self.today:
                continue
            for window, before in shapes:
                probe = lambda end: days.months_back(end, before) if before else end
                found.add(first_day(lambda end: probe(end) >= d, d, self.today + 1))
                if window is not None:
                    found.add(first_day(lambda end: days.window_start(probe(end), window) > d, d, self.today + 1))
        found = {d + n for d in found for n in (-1, 0, 1)}
        if entries:
            for d in range(min(entries[0], self.today) - 1, self.today + 1):
                if days.civil(d)[2] == 1:
                    found.update((d, d - 1))
        return sorted(d for d in found | {self.today} if d <= self.today)


ALL_TYPES = ("starter", "change", "leaver", "placement_started", "placement_ended", "training_due", "training_completed",
             "supervision_held", "case_allocated", "case_deallocated", "caseload", "absence", "vacancies_declared",
             "post_opened", "post_changed", "post_closed")


def year(y):
    return days.day("%d-01-01" % y), days.day("%d-12-31" % y)


def first_day(test, low, high):
    """The first day from low to high on which a test holds that stays true once it is; high if there is none before."""
    while low < high:
        middle = (low + high) // 2
        if test(middle):
            high = middle
        else:
            low = middle + 1
    return low


def united(spans):
    found = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def scale(terms):
    """Heads and counts are whole numbers, the rest millionths."""
    return 1 if terms[0].field in ("heads", "count") else 1000000


def printed(value, decimals):
    """Half up, which means away from zero."""
    tens = half_up(abs(value) * 10 ** decimals)
    digits = str(tens).rjust(decimals + 1, "0")
    whole = digits if not decimals else digits[:-decimals] + "." + digits[-decimals:]
    return ("-" if value < 0 and tens else "") + whole
