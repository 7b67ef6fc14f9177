"""Reads a profile: sections and settings of the configuration's syntax, and the expressions of indicators."""
import os
import re
from fractions import Fraction

import days

TOKEN = re.compile(r'''\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([{}(),]|\+?=)|([^\s{}(),="'\#]+)''', re.S)


class ProfileError(Exception):
    pass


def tokens(text):
    at, found = 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ProfileError("cannot read: " + text[at:at + 40])
        if match.group(1) is not None or match.group(2) is not None:
            found.append(("text", re.sub(r"\\(.)", r"\1", match.group(1) if match.group(1) is not None else match.group(2))))
        elif match.group(3):
            found.append(("mark", match.group(3)))
        elif match.group(4):
            found.append(("text", match.group(4)))
        at = match.end()
    return found


def read_sections(path):
    """[(name, title or None, {key: value or list}, [sections inside])], the file's own settings under the name ''."""
    with open(path, encoding="utf-8") as file:
        stream = tokens(file.read())
    at = 0

    def block(end_mark):
        nonlocal at
        keys, inside = {}, []
        while at < len(stream):
            kind, word = stream[at]
            if (kind, word) == ("mark", end_mark):
                at += 1
                return keys, inside
            following = stream[at + 1]
            if following == ("mark", "=") or following == ("mark", "+="):
                at += 2
                if stream[at] == ("mark", "{"):
                    at += 1
                    values = []
                    while stream[at] != ("mark", "}"):
                        if stream[at][0] == "text":
                            values.append(stream[at][1])
                        at += 1
                    keys[word] = keys.get(word, []) + values if following[1] == "+=" else values
                else:
                    keys[word] = stream[at][1]
                at += 1
            elif word == "include" and following == ("mark", "("):
                name = stream[at + 2][1]
                at += 4
                more = read_sections(os.path.join(os.path.dirname(path), name))
                keys.update(more[0][2])
                inside.extend(more[0][3])
            elif following == ("mark", "{"):
                at += 2
                k, i = block("}")
                inside.append((word, None, k, i))
            elif stream[at + 2] == ("mark", "{"):
                title = following[1]
                at += 3
                k, i = block("}")
                inside.append((word, title, k, i))
            else:
                raise ProfileError("%s: unexpected %r" % (path, word))
        return keys, inside

    keys, inside = block(None)
    return [("", None, keys, inside)]


class Term:
    """One reading of one measure: sign * n * measure.field where ... reading, some months before."""

    def __init__(self, sign, factor, measure, field, where, reading, window, before):
        self.sign, self.factor, self.measure, self.field = sign, factor, measure, field
        self.where, self.reading, self.window, self.before = where, reading, window, before


WORD = re.compile(r"\s*([a-z0-9_.][a-z0-9_.-]*|[-+*,=|])", re.I)
TO_DATE = ("month", "quarter", "financial", "census")


def parse_expression(text):
    words, at = [], 0
    while text[at:].strip():
        match = WORD.match(text, at)
        if not match:
            raise ProfileError("expression: " + text)
        words.append(match.group(1))
        at = match.end()
    at = 0

    def peek(n=0):
        return words[at + n] if at + n < len(words) else None

    def take(expected=None):
        nonlocal at
        word = peek()
        if word is None or (expected and word != expected):
            raise ProfileError("expression: %s: expected %s, found %s" % (text, expected, word))
        at += 1
        return word

    def window():
        if peek() in TO_DATE:
            kind = take()
            if kind in ("financial", "census"):
                take("year")
                kind += " year"
            take("to")
            take("date")
            return (kind + " to date", 0)
        n = int(take())
        unit = take()
        return ({"month": "months", "day": "days"}.get(unit, unit), n)

    def term(sign):
        factor = 1
        if peek(1) == "*":
            factor = take()
            factor = factor if factor == "dfe_days" else int(factor)
            take("*")
        measure, field = take().split(".")
        where = []
        if peek() == "where":
            take()
            while True:
                dimension = take()
                take("=")
                values = [take()]
                while peek() == "|":
                    take()
                    values.append(take())
                where.append((dimension, frozenset("" if v == "none" else v for v in values)))
                if peek() != ",":
                    break
                take()
        if peek() == "at":
            take()
            take("end")
            reading, span = "at", None
        elif peek() == "over":
            take()
            reading, span = "over", window()
        else:
            reading = take()
            if reading not in ("mean", "days"):
                raise ProfileError("expression: %s: reading %s" % (text, reading))
            take("over")
            span = window()
        before = 0
        if peek(1) in ("months", "month") and peek(2) == "before":
            before = int(take())
            take()
            take()
        return Term(sign, factor, measure, field, tuple(where), reading, span, before)

    terms, sign = [], 1
    if peek() in ("+", "-"):
        sign = -1 if take() == "-" else 1
    terms.append(term(sign))
    while peek() is not None:
        sign = {"+": 1, "-": -1}[take()]
        terms.append(term(sign))
    return terms


class Indicator:
    def __init__(self, name, keys):
        self.name = name
        self.numerator = parse_expression(keys["numerator"])
        self.denominator = parse_expression(keys["denominator"]) if keys.get("denominator") else None
        self.unit = keys.get("unit", "percent" if self.denominator else "count")
        self.decimals = int(keys.get("decimals", 0 if self.unit == "count" else 1))
        self.unreliable_above = Fraction(keys["unreliable_above"]) if keys.get("unreliable_above") else None
        self.column = keys.get("column")

    def terms(self):
        return self.numerator + (self.denominator or [])


class Rule:
    def __init__(self, name, keys):
        self.name = name
        self.indicator = keys["indicator"]
        self.units = keys.get("units", ["**"])
        self.below = keys.get("direction", "above") == "below"
        self.edges = []                             # (level, edge, clear)
        for level in ("amber", "red"):
            if keys.get(level):
                edge = Fraction(keys[level])
                clear = Fraction(keys[level + "_clear"]) if keys.get(level + "_clear") else edge
                self.edges.append((level, edge, clear))
        self.days = int(keys.get("for", 0))
        self.least_people = int(keys["least_people"]) if keys.get("least_people") else None

    def watches(self, path):
        return any(matches(pattern.split("/"), path.split("/")) for pattern in self.units)


def matches(pattern, path):
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(matches(pattern[1:], path[n:]) for n in range(len(path) + 1))
    return bool(path) and pattern[0] in ("*", path[0]) and matches(pattern[1:], path[1:])


class Tree:
    def __init__(self, org, keys, sections):
        self.org = org
        self.reads_today = keys.get("reading", "then") == "today"
        self.links = {}                             # unit: [(from day, parent or None for the organisation)]
        for name, title, inside, _ in sections:
            if name != "unit":
                continue
            links = []
            for link in inside.get("under") or [org]:
                words = link.split()
                parent = None if words[0] == org else words[0]
                links.append((days.day(words[2]) if len(words) > 1 else 0, parent))
            self.links[title] = sorted(links, key=lambda link: link[0])

    def parent(self, unit, day):
        """The unit above on that day, None for the organisation: the link in force, else the latest earlier, else the
        earliest later one. A link lasts until the unit's next, so the latest that has begun is the one in force."""
        links = self.links.get(unit)
        if not links:
            return None
        begun = [parent for start, parent in links if start <= day]
        return begun[-1] if begun else links[0][1]

    def dates(self):
        return {start for links in self.links.values() for start, _ in links if start > 0}


class Source:
    def __init__(self, name, keys):
        self.name = name
        self.orgs, self.types = keys.get("orgs"), keys.get("types")
        self.complete_from = days.day(keys["complete_from"]) if keys.get("complete_from") else None
        self.late_days = int(keys.get("late_days", 0))
        self.succeeds = keys.get("succeeds")


class Profile:
    def __init__(self, path):
        _, _, keys, sections = read_sections(path)[0]
        self.indicators, self.rules, self.trees, self.sources, settings = {}, [], {}, {}, {}
        for name, title, inside, below in sections:
            if name == "indicator":
                self.indicators[title] = Indicator(title, inside)
            elif name == "rule":
                self.rules.append(Rule(title, inside))
            elif name == "tree":
                self.trees[title] = Tree(title, inside, below)
            elif name == "measures":
                settings.update(inside)
            elif name == "source":
                self.sources[title] = Source(title, inside)
        self.roles = settings.get("roles", ["1", "2", "3", "4", "5", "6"])
        self.caseload_days = int(settings.get("caseload_days", 35))
        self.cases = settings.get("cases", "counts")
        self.vacancies = settings.get("vacancies", "declared")
        self.supervision_every = int(settings.get("supervision_every", 0))
        self.calendar = days.Calendar(find_bank_holidays(path, settings.get("bank_holidays", "bank-holidays-england")))

    def rank(self, role):
        return self.roles.index(role) if role in self.roles else len(self.roles)


def find_bank_holidays(profile_path, name):
    """The file is looked for beside the profile, then among the project's profiles."""
    if not name:
        return set()
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (os.path.dirname(os.path.abspath(profile_path)), os.path.join(here, "..", "..", "profiles")):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return days.read_bank_holidays(path)
    raise ProfileError("no bank holidays file " + name)
