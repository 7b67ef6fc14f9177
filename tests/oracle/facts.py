"""Reads events as JSON lines and files each, once, under its organisation and subject (rules F1, F3, F6)."""
import datetime
import json
from fractions import Fraction

import days

SUBJECT_KINDS = {
    "starter": "person", "change": "person", "leaver": "person", "placement_started": "person", "placement_ended": "person",
    "training_due": "person", "training_completed": "person", "supervision_held": "person", "caseload": "person",
    "absence": "person", "case_allocated": "case", "case_deallocated": "case", "vacancies_declared": "unit",
    "post_opened": "post", "post_changed": "post", "post_closed": "post", "complete": "source",
}
DAY_FIELDS = ("last", "since", "until", "registered_from", "qualified_on", "temporary_until", "notified_on")
FTE_FIELDS = ("fte", "hours", "full_time_hours")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def millionths(value):
    exact = Fraction(str(value)) * 1000000
    if exact.denominator != 1:
        raise ValueError("more than six places: %s" % value)
    return exact.numerator


def half_up(value):
    """The nearest integer to a fraction that is not negative, halves up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


class Fact:
    def __init__(self, event):
        self.id, self.source = event["id"], event["source"]
        self.org, self.subject, self.type = event["org"], event["subject"], event["type"]
        self.day = days.day(event["effective"])
        time = datetime.datetime.fromisoformat(event["time"])
        self.time = (time - EPOCH) // datetime.timedelta(milliseconds=1)
        self.adjustment, self.inferred = bool(event.get("adjustment")), bool(event.get("inferred"))
        self.voids = event.get("voids") is not None
        self.target = event.get("voids", event.get("corrects"))         # the id that it names, of target_source's
        self.target_source = event.get("targetsource", self.source)
        self.data = dict(event.get("data") or {})
        for name in DAY_FIELDS:
            if self.data.get(name) is not None:
                self.data[name] = days.day(self.data[name])
        self.said = (self.time, self.source.encode(), self.id.encode())
        self.order = (self.day,) + self.said

    def get(self, name):
        return self.data.get(name)

    def names_fte(self):
        return any(name in self.data for name in FTE_FIELDS)

    def fte(self):
        """Millionths, or None if unknown."""
        if self.get("fte") is not None:
            return millionths(self.get("fte"))
        if self.get("hours") is not None and self.get("full_time_hours") is not None:
            return half_up(Fraction(1000000 * millionths(self.get("hours")), millionths(self.get("full_time_hours"))))
        return None


def read_events(lines, by_line=None):
    """(facts, refused ids): a repeated identity with the same content is dropped, with other content refused. A fact keeps
    the number of its line. by_line: to be filled with the fact that each line states."""
    known, facts, refused, by_line = {}, [], [], {} if by_line is None else by_line
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        event = json.loads(line)
        identity = (event["source"], event["org"], event["subject"], event["id"])
        if identity not in known:
            facts.append(Fact(event))
            facts[-1].line = number
            known[identity] = content(event), facts[-1]
        elif known[identity][0] != content(event):
            refused.append(event["id"])
            continue
        by_line[number] = known[identity][1]
    return facts, refused


def content(event):
    fact = Fact(event)
    # `sequence` is the source's own numbering; like everything else sent it is part of the content.
    links = tuple(event.get(name) for name in ("corrects", "voids", "targetsource"))
    return (fact.type, fact.order, fact.adjustment, fact.inferred, links, event.get("sequence"), sorted(fact.data.items(), key=lambda kv: kv[0]))


def entitled(fact, profile):
    """No source sections at all: everyone may say everything."""
    if not profile.sources:
        return True
    source = profile.sources.get(fact.source)
    return bool(source and (source.orgs is None or fact.org in source.orgs) and (source.types is None or fact.type in source.types))


def the_one_that_holds(facts):
    """Of several starts (or ends) of one key the last said; an inferred one only if none without that mark stands."""
    plain = [fact for fact in facts if not fact.inferred]
    return max(plain or facts, key=lambda fact: fact.said)


def last_said(facts):
    return max(facts, key=lambda fact: fact.said)


def by_key(facts, name):
    groups = {}
    for fact in facts:
        groups.setdefault(fact.get(name), []).append(fact)
    return groups
