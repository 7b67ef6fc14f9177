#!/usr/bin/python3
"""Makes a history of events from a seed, full of what real feeds do badly; or shortens one that makes a command fail.

    history.py --seed N --events 200 [--people 25] [--orgs 1] [--profile P.conf] [--today DATE]
               [--no-complete] [--no-duplicates] [--[no-]corrections] > events.jsonl
    history.py --shrink 'COMMAND {}' EVENTS.jsonl > shorter.jsonl      {} is the file; COMMAND fails: exit status not 0
"""
import argparse
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from conf import Profile                            # noqa: E402

ORGS = ("alpha", "beta", "gamma")
TEAMS = ("t1", "t2", "t3", "t4", "service1", "t1", "t2", "t3", "stray")       # `stray` is in no tree
ROLES = ("1", "2", "3", "4", "5", "6", "5", "5", "4", "support", "driver")
FTES = ("1", "0.8", "0.6", "0.5", "0.333333", "0.4", "1", "1", "0", "0.7125")
TYPES = ("starter", "change", "leaver", "placement_started", "placement_ended", "training_due", "training_completed",
         "supervision_held", "case_allocated", "case_deallocated", "caseload", "absence", "vacancies_declared",
         "post_opened", "post_changed", "post_closed")
FIRST = datetime.date(2012, 1, 1)
CORRECTIONS = True         # whether histories have corrections and voids if nobody says otherwise


def holidays_eve(rng):
    """Days around which a working day is far away: weekends, Christmas, Easter, the census."""
    year = rng.randint(2015, 2025)
    christmas = datetime.date(year, 12, rng.choice((23, 24, 25)))
    return rng.choice((christmas, datetime.date(year, 9, rng.choice((29, 30))), datetime.date(year, 10, 1),
                       easter(year) - datetime.timedelta(days=rng.choice((2, 3))), datetime.date(year, 2, 28)))


def easter(year):
    """Gauss's rule in its anonymous Gregorian form."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    n = h + k - 7 * m + 114
    return datetime.date(year, n // 31, n % 31 + 1)


class History:
    def __init__(self, seed, people, orgs, today, trees=None, corrections=CORRECTIONS, first=FIRST):
        """trees: {organisation: its units}, from a profile; their teams are used in place of the usual ones. Most is of `first` and later."""
        self.first, self.span = first, (today - first).days
        self.corrections = corrections
        self.rng = random.Random(seed)
        self.orgs, self.today, self.teams = ORGS[:orgs], today, TEAMS
        if trees:
            self.orgs = tuple(sorted(trees))[:orgs]
            self.teams = tuple(sorted({unit for units in trees.values() for unit in units})) + ("stray",)
        self.people = ["p%d" % n for n in range(people)]
        self.events, self.made = [], 0
        self.hints = {}                             # id(event): that many days later than it would else it is said
        self.keys = {}                              # kind: [(org, subject, key, day it began)]

    # Small choices.

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, options):
        return self.rng.choice(options)

    def a_day(self):
        """Mostly anywhere, often at a holiday, sometimes ahead of today."""
        r = self.rng.random()
        if r < 0.15 and self.span > 3650:
            return holidays_eve(self.rng)
        if r < 0.22:
            return self.today + datetime.timedelta(days=self.rng.randint(0, 400))
        if r < 0.45:
            return self.today - datetime.timedelta(days=self.rng.randint(0, min(500, self.span)))
        return self.first + datetime.timedelta(days=self.rng.randint(0, (self.today - self.first).days))

    def after(self, day, most=900):
        """A day near or after another, sometimes before it: HR's leavers before starters."""
        most = min(most, self.span)
        step = self.rng.choice((0, 0, 1, 1, 2, 3, 4, 5, -1, -20, self.rng.randint(1, most), self.rng.randint(1, most),
                                self.rng.randint(1, most), self.rng.randint(20, 60)))
        return day + datetime.timedelta(days=step)

    def within(self, day):
        """T7's limits of effective days."""
        latest = self.today + datetime.timedelta(days=1500)
        return min(max(day, datetime.date(1950, 1, 1)), latest)

    def a_time(self):
        """When it was said has nothing to do with when it is true; equal times are frequent."""
        if self.chance(0.35):
            return self.pick(("2016-05-01T09:00:00Z", "2019-05-01T09:00:00Z", "2019-05-01T10:00:00+01:00"))
        moment = datetime.datetime.combine(FIRST, datetime.time()) + datetime.timedelta(
            milliseconds=self.rng.randrange(int((self.today - FIRST).days * 86400000)))
        return moment.isoformat(timespec=self.pick(("seconds", "milliseconds"))) + "Z"

    def emit(self, type_, org, subject, day, data, **envelope):
        self.made += 1
        event = {"specversion": "1.0", "id": "%s%d" % (self.pick("abc"), self.made),
                 "source": subject if type_ == "complete" else self.pick(("s1", "s1", "s2")),
                 "type": type_, "time": self.a_time(), "subject": subject, "org": org,
                 "effective": self.within(day).isoformat()}
        event.update((name, value) for name, value in envelope.items() if value)
        if self.chance(0.3):
            event["sequence"] = self.made
        event["data"] = data
        self.events.append(event)

    def key(self, kind, org, subject, name, day):
        self.keys.setdefault(kind, []).append((org, subject, name, day))

    def a_key(self, kind):
        """Most often one of the last few, so that facts of one key meet."""
        made = self.keys.get(kind)
        if not made:
            return None
        return self.pick(made[-8:]) if self.chance(0.6) else self.pick(made)

    def who(self):
        return self.pick(self.orgs), self.pick(self.people)

    def put_fte(self, data, may_be_nil=False):
        r = self.rng.random()
        if r < 0.1:
            return
        if may_be_nil and r < 0.2:
            data["fte"] = None
        elif r < 0.35:
            data["hours"], data["full_time_hours"] = self.pick((("18.5", "37"), ("22.2", "37"), ("30", "36.25"), ("10", "36"), ("0", "37")))
        else:
            data["fte"] = self.pick(FTES)

    def put(self, data, name, options, p):
        if self.chance(p):
            data[name] = self.pick(options)

    def put_work(self, data, p=0.85):
        self.put(data, "team", self.teams, p)
        self.put(data, "role", ROLES, p)
        self.put_fte(data)

    # One step of each kind: the event, or a few that belong together.

    def starter(self, org=None, subject=None, day=None, plain=False):
        if org is None:
            org, subject = self.who()
        day = day or self.a_day()
        old = self.a_key("engagement")
        name = "e%d" % len(self.keys.get("engagement", ()))
        if old and not plain and self.chance(0.08):
            org, subject, name, _ = old             # a second starter of one engagement
        data = {"engagement": name}
        self.put_work(data)
        self.put(data, "contract", ("permanent", "fixed", "bank"), 0.4)
        self.put(data, "origin", ("1", "2", "4", "10"), 0.5)
        if self.chance(0.06) and not plain:
            data["origin"] = "transfer"
        if self.chance(0.1):
            data["registered_from"] = self.after(day, 60).isoformat()
        if self.chance(0.12):
            data["post"] = "post%d" % self.rng.randrange(6)
            self.put(data, "covers", ("post1", "p1"), 0.3)
        adjustment = self.chance(0.15) and not plain
        if adjustment and self.chance(0.6):
            data["since"] = (day - datetime.timedelta(days=self.rng.randint(0, 1500))).isoformat()
        self.emit("starter", org, subject, day, data, adjustment=adjustment, inferred=self.chance(0.08))
        self.key("engagement", org, subject, name, day)
        return org, subject, name, day

    def change(self):
        one = self.a_key("engagement")
        if not one:
            return
        org, subject, name, day = one
        if self.chance(0.05):
            name = "nobody"                         # no such engagement: it waits
        day = self.after(day) if self.chance(0.85) else self.a_day()
        for _ in range(self.pick((1, 1, 1, 2))):    # often two of one day, said at the same time
            data = {"engagement": name}
            self.put(data, "team", self.teams, 0.4)
            self.put(data, "role", ROLES, 0.35)
            if self.chance(0.5):
                self.put_fte(data, may_be_nil=True)
            self.put(data, "contract", ("permanent", "fixed"), 0.2)
            self.put(data, "why", ("move", "hours", "reorganisation", "transfer", "temporary"), 0.4)
            self.put(data, "post", ("post1", "post2"), 0.1)
            for field in ("team", "role", "contract", "registered_from", "post"):
                if self.chance(0.04):
                    data[field] = None
            if self.chance(0.06):
                data["registered_from"] = self.after(day, 60).isoformat()
            self.emit("change", org, subject, day, data, adjustment=self.chance(0.12))

    def leaver(self):
        one = self.a_key("engagement")
        if not one:
            return
        org, subject, name, day = one
        if self.chance(0.04):
            name = "nobody"
        day = self.after(day) if self.chance(0.7) or self.span <= 3650 else holidays_eve(self.rng)
        self.leave(org, subject, name, day)
        if self.chance(0.35):                       # and begins again within days: joined or not
            again = day + datetime.timedelta(days=self.rng.randint(0, 6))
            for _ in range(self.pick((1, 1, 2))):
                self.starter(org, subject, again, plain=self.chance(0.8))

    def leave(self, org, subject, name, day):
        data = {"engagement": name}
        self.put(data, "kind", ("leaver", "leaver", "secondment_out", "career_break", "transfer"), 0.5)
        self.put(data, "reason", ("1", "5", "7", "10"), 0.6)
        self.put(data, "destination", ("1", "3", "9"), 0.5)
        self.emit("leaver", org, subject, day, data, adjustment=self.chance(0.1), inferred=self.chance(0.08))

    def career(self):
        """Several engagements of one person, overlapping, ending together, going on."""
        org, subject = self.who()
        day = self.a_day()
        made = [self.starter(org, subject, self.after(day, 200), plain=True) for _ in range(self.pick((1, 2, 2, 3)))]
        end = max(one[3] for one in made) + datetime.timedelta(days=self.rng.randint(1, 1000))
        for _, _, name, _ in made:
            if self.chance(0.8):
                self.leave(org, subject, name, end + datetime.timedelta(days=self.pick((0, 0, 0, 1, -1, 3))))
        if self.chance(0.6):
            for _ in range(self.pick((1, 2))):
                self.starter(org, subject, end + datetime.timedelta(days=self.pick((0, 1, 2, 3, 4))), plain=self.chance(0.8))

    def placement_started(self):
        org, subject = self.who()
        day = self.a_day()
        name = "pl%d" % len(self.keys.get("placement", ()))
        data = {"placement": name, "kind": self.pick(("agency", "agency", "student"))}
        self.put_work(data)
        if self.chance(0.4):
            data["covers"], data["cover_reason"] = "post1", self.pick(("vacancy", "absence"))
        self.emit("placement_started", org, subject, day, data, inferred=self.chance(0.05))
        self.key("placement", org, subject, name, day)
        if self.chance(0.7):
            self.placement_ended((org, subject, name, day))

    def placement_ended(self, one=None):
        one = one or self.a_key("placement")
        if one:
            org, subject, name, day = one
            self.emit("placement_ended", org, subject, self.after(day), {"placement": name if self.chance(0.95) else "nothing"})

    def training(self):
        known = self.keys.get("engagement")
        org, subject, _, day = self.pick(known) if known and self.chance(0.8) else self.who() + (None, self.a_day())
        day = self.after(day)
        name = "tr%d" % self.rng.randrange(8)
        if self.chance(0.8):
            data = {"training": name}
            self.put(data, "course", ("safeguarding", "asye"), 0.6)
            self.emit("training_due", org, subject, day, data)
        if self.chance(0.7):
            data = {"training": name}
            self.put(data, "course", ("safeguarding", "court"), 0.5)
            self.emit("training_completed", org, subject, self.after(day, 120), data)

    def supervision_held(self):
        known = self.keys.get("engagement")
        org, subject, _, day = self.pick(known) if known and self.chance(0.85) else self.who() + (None, self.a_day())
        for _ in range(self.rng.randint(1, 5)):
            data = {}
            self.put(data, "kind", ("group", "reflective"), 0.5)
            self.emit("supervision_held", org, subject, day, data)
            day += datetime.timedelta(days=self.pick((0, 14, 28, 41, 42, 43, 44, 90)))

    def caseload(self):
        known = self.keys.get("engagement", []) + self.keys.get("placement", [])
        org, subject, _, day = self.pick(known) if known and self.chance(0.9) else self.who() + (None, self.a_day())
        day = self.after(day)
        for _ in range(self.rng.randint(1, 4)):
            self.emit("caseload", org, subject, day, {"cases": self.pick((0, 1, 9, 14, 17, 22))})
            day += datetime.timedelta(days=self.pick((0, 30, 31, 35, 36, 37, 80)))

    def allocation(self):
        known = self.keys.get("engagement")
        org, subject, _, day = self.pick(known) if known and self.chance(0.9) else self.who() + (None, self.a_day())
        day = self.after(day)
        case, name = "c%d" % self.rng.randrange(8), "al%d" % self.rng.randrange(12)
        data = {"allocation": name}
        if self.chance(0.9):
            data["worker"] = subject
        self.put(data, "part", ("allocated", "co-worker"), 0.4)
        self.put(data, "holder", ("worker", "worker", "duty"), 0.4)
        self.put(data, "work", ("cp", "lac"), 0.5)
        if self.chance(0.95):
            self.emit("case_allocated", org, case, day, data, inferred=self.chance(0.05))
        if self.chance(0.7):
            data = {"allocation": name}
            self.put(data, "worker", (subject,) * 8 + (self.pick(self.people),), 0.9)
            self.emit("case_deallocated", org, case, self.after(day, 300), data)

    LASTS = ((0, 0, 1, 4, 26, 27, 28, 90, 400), (0, 1, 2, 3, 4, 6, 9, 27))

    def absence(self):
        known = self.keys.get("engagement", []) + self.keys.get("placement", [])
        org, subject, _, day = self.pick(known) if known and self.chance(0.9) else self.who() + (None, self.a_day())
        name = "ab%d" % self.rng.randrange(6)
        for _ in range(self.pick((1, 1, 2))):       # restated
            first = self.within(self.after(day))
            data = {"absence": name, "kind": self.pick(("sickness", "sickness", "family", "other"))}
            if self.chance(0.75):
                data["last"] = (first + datetime.timedelta(days=self.pick(self.LASTS[self.span <= 3650]))).isoformat()
            self.put(data, "share", ("1", "0.5", "0.2"), 0.3)
            self.put(data, "first_share", ("0.5", "0"), 0.2)
            self.put(data, "last_share", ("0.5", "0.25"), 0.2)
            self.emit("absence", org, subject, first, data)

    def episodes(self):
        """Absences of one worker with a gap that is filled afterwards, or one of which the middle turns out to be none."""
        known = self.keys.get("engagement")
        org, subject, _, _ = self.pick(known) if known else self.who() + (None, None)
        first, gap = self.a_day(), self.rng.randint(1, 3)

        def away(begin, end, **link):
            data = {"absence": "g%d" % self.made, "kind": "sickness"}
            data["last"] = (first + datetime.timedelta(days=end)).isoformat()
            self.emit("absence", org, subject, self.within(first + datetime.timedelta(days=begin)), data, **link)
            return self.events[-1]

        if self.chance(0.5):
            away(0, 1)
            away(2 + gap, 3 + gap)
            self.hints[id(away(2, 1 + gap))] = self.rng.randint(6, 20)
            return
        whole = away(0, 5 + gap)
        part = away(0, self.rng.randint(0, 2), corrects=whole["id"])
        part["source"], part["time"] = whole["source"], self.said_after(whole["time"], 1)
        for event in (part, away(3 + gap, 5 + gap)):
            self.hints[id(event)] = self.rng.randint(6, 20)

    def vacancies(self):
        org = self.pick(self.orgs)
        data = {"fte": self.pick(("0", "1", "2.5", "12.25"))}
        self.put(data, "agency_fte", ("0", "1", "3.4"), 0.6)
        self.emit("vacancies_declared", org, self.pick(self.teams + (org, org, org)), self.a_day(), data)

    def post(self):
        org, name = self.pick(self.orgs), "post%d" % self.rng.randrange(6)
        day = self.a_day()
        if self.chance(0.8):
            data = {"fte": self.pick(("1", "0.5", "3"))}
            self.put(data, "unit", self.teams, 0.8)
            self.put(data, "role", ROLES, 0.8)
            self.put(data, "status", ("funded", "frozen"), 0.3)
            self.emit("post_opened", org, name, day, data, inferred=self.chance(0.1))
        for _ in range(self.rng.randint(0, 2)):
            data = {}
            self.put(data, "fte", ("1", "0.8", "2", None), 0.4)
            self.put(data, "unit", self.teams + (None,), 0.4)
            self.put(data, "role", ROLES + (None,), 0.3)
            self.put(data, "status", ("funded", "frozen", None), 0.4)
            if data:
                self.emit("post_changed", org, name, self.after(day), data)
        if self.chance(0.4):
            self.emit("post_closed", org, name, self.after(day), {})

    def complete(self):
        """Each organisation's sources say what they have said all of: mostly everything since long ago."""
        long_ago, later = self.first - datetime.timedelta(days=365), self.first + datetime.timedelta(days=1004)
        for org in self.orgs:
            if self.chance(0.6):
                self.emit("complete", org, "s1", long_ago, {"types": list(TYPES)})
                continue
            for type_ in TYPES:
                first = self.pick((long_ago, min(later, self.today), self.a_day()))
                data = {"types": [type_]}
                if self.chance(0.4):
                    data["until"] = (self.within(first) + datetime.timedelta(days=self.rng.randint(0, 2500))).isoformat()
                self.emit("complete", org, self.pick(("s1", "s2")), first, data)
                if "until" in data and self.chance(0.7):    # and goes on, with or without a hole
                    more = datetime.date.fromisoformat(data["until"]) + datetime.timedelta(days=self.pick((1, 1, 2, 30)))
                    self.emit("complete", org, self.pick(("s1", "s2")), more, {"types": [type_]})

    STEPS = (("starter", 12), ("career", 7), ("change", 16), ("leaver", 12), ("placement_started", 5), ("placement_ended", 1),
             ("training", 6), ("supervision_held", 4), ("caseload", 6), ("allocation", 5), ("absence", 6), ("vacancies", 4), ("post", 3))

    # Corrections and voids.

    def link(self):
        """One of something, or a few that hang together."""
        if self.events:
            getattr(self, self.pick(("link_once",) * 6 + ("link_chain",) * 2 + ("link_loop",)))()

    def a_target(self):
        """Often one of the last few, or a link, so that links meet."""
        links = [event for event in self.events if "corrects" in event or "voids" in event]
        r = self.rng.random()
        return self.pick(links if links and r < 0.3 else self.events[-12:] if r < 0.6 else self.events)

    def link_once(self):
        self.link_to(self.a_target())

    def link_chain(self):
        """Each to the one before, or to the same."""
        target = first = self.a_target()
        for _ in range(self.rng.randint(2, 5)):
            target = self.link_to(self.pick((target, target, first)))

    def link_loop(self):
        """A ring of links, now and then of one, and something that hangs on it."""
        made = [self.link_to(self.a_target(), sound=True)]
        made += [self.link_to(made[-1], sound=True) for _ in range(self.rng.randrange(3))]
        first, last = made[0], made[-1]
        first.pop("targetsource", None)
        for event in made:                          # said together by one source about one subject: nothing else is wrong with them
            event["time"] = last["time"]
            event.pop("targetsource", None)
        first["corrects" if "corrects" in first else "voids"] = last["id"]
        if self.chance(0.5):
            self.link_to(first)

    def link_to(self, target, sound=False):
        """A correction or a void, of which one in four is wrong somehow."""
        type_, subject, org, id_ = target["type"], target["subject"], target["org"], target["id"]
        data = dict(target["data"])
        wrong = self.pick(("type", "subject", "org", "id", "source", "time")) if self.chance(0.22) and not sound else None
        if wrong == "type" and type_ in self.OTHER_TYPE and data:
            type_ = self.OTHER_TYPE[type_]
            data = {name: data[name] for name in ("engagement", "placement", "allocation", "training") if name in data}
        if wrong == "subject" and type_ != "complete":
            subject = self.pick(self.people)
        if wrong == "org":
            org = self.pick(self.orgs)
        if wrong == "id":
            id_ = self.pick((id_ + "x", self.pick(self.events)["id"]))
        day = datetime.date.fromisoformat(target["effective"])
        whole = [e for e in self.events if e["type"] == type_ and "voids" not in e and ("voids" in target or type_ != target["type"])]
        voids = self.chance(0.45) or ("voids" in target and not whole)
        if not voids and whole:                     # a void says nothing that could be corrected
            data = dict(self.pick([e for e in whole if e["subject"] == subject] or whole)["data"])
        if voids:
            data = data if self.chance(0.2) else {}
        else:
            shift = self.pick((0, 0, 0, 1, -1, 2, -7, 30, 365, -365, -self.rng.randint(1, min(3650, self.span))))
            day = self.within(day + datetime.timedelta(days=shift))
            data = self.corrected(type_, data, target, day)
        adjustment = (bool(target.get("adjustment")) if self.chance(0.8) else self.chance(0.2)) and type_ in ("starter", "change", "leaver")
        if not adjustment:
            data.pop("since", None)                 # is taken with adjustment only
        self.emit(type_, org, subject, day, data, adjustment=adjustment, inferred=self.chance(0.1))
        made = self.events[-1]
        made["voids" if voids else "corrects"] = id_
        made["source"] = target["source"]
        if wrong == "source" and type_ != "complete":       # another's event without saying so, or with saying so and no right to
            made["source"] = "s2" if target["source"] == "s1" else "s1"
            if self.chance(0.5):
                made["targetsource"] = target["source"]
        elif self.chance(0.2):
            made["targetsource"] = target["source"]
        made["time"] = self.said_after(target["time"], -1 if wrong == "time" else 1)
        return made

    OTHER_TYPE = {"starter": "leaver", "leaver": "starter", "change": "starter", "placement_ended": "placement_started",
                  "case_allocated": "case_deallocated", "case_deallocated": "case_allocated", "training_due": "training_completed",
                  "training_completed": "training_due"}

    def said_after(self, time, sign):
        moment = datetime.datetime.fromisoformat(time).astimezone(datetime.timezone.utc)
        moment += sign * datetime.timedelta(milliseconds=self.pick((0 if sign > 0 else 1, 1, 1000, 86400000, self.rng.randrange(10 ** 11))))
        latest = datetime.datetime.combine(self.today, datetime.time(), datetime.timezone.utc)
        moment = moment if moment <= latest else max(latest, datetime.datetime.fromisoformat(time))
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def corrected(self, type_, data, target, day):
        """What it should have been: some fields others, some gone, now and then another key."""
        if type_ == "placement_started":
            data["kind"] = self.pick(("agency", "agency", "student"))
        for name in tuple(data):
            if name in ("team", "role", "contract", "origin", "course", "work", "why", "unit", "status") and self.chance(0.3):
                other = [e["data"][name] for e in self.events if e["type"] == type_ and e["data"].get(name) is not None]
                data[name] = self.pick(other or [data[name]])
        if type_ in ("starter", "change", "placement_started") and self.chance(0.4):
            for name in ("fte", "hours", "full_time_hours"):
                data.pop(name, None)
            self.put_fte(data)
        if type_ == "caseload":
            data["cases"] = self.pick((0, 1, 9, 30))
        if type_ in ("vacancies_declared", "post_opened") and self.chance(0.5):
            data["fte"] = self.pick(("0", "1", "7.5"))
        if type_ == "starter" and self.chance(0.1) and self.keys.get("engagement"):
            data["engagement"] = self.pick(self.keys["engagement"])[2]
        if type_ == "case_allocated" and "worker" in data and self.chance(0.2):
            data["worker"] = self.pick(self.people)
        if data.get("since") is not None:
            data["since"] = min(data["since"], day.isoformat())
        for name in ("last", "until"):              # not before the new day
            if data.get(name) is not None:
                end = max(datetime.date.fromisoformat(data[name]) + datetime.timedelta(days=self.pick((0, 0, 5, -5, 60))), day)
                data[name] = end.isoformat()
        return data

    def make(self, events, complete, duplicates, weights={}):
        """weights: of some of the steps, in place of their own."""
        if complete and self.chance(0.85):
            self.complete()
        steps = dict(self.STEPS + ((("link", 9),) if self.corrections else ()))
        steps.update(weights)
        while len(self.events) < events:
            getattr(self, self.rng.choices(tuple(steps), tuple(steps.values()))[0])()
        self.events = self.events[:events]
        self.rng.shuffle(self.events)
        if duplicates:
            for event in self.rng.sample(self.events, len(self.events) * 3 // 10):
                self.events.insert(self.rng.randint(0, len(self.events)), event)
        return self.events


def shrink(command, path):
    """Delta debugging: drops ever smaller parts as long as the command still fails."""
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]

    def fails(some):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as file:
            file.writelines(some)
        try:
            done = subprocess.run(command.replace("{}", file.name), shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return done.returncode != 0
        finally:
            os.unlink(file.name)

    if not fails(lines):
        sys.exit("the command succeeds on the whole history")
    size = max(len(lines) // 2, 1)
    while True:
        at, dropped = 0, False
        while at < len(lines):
            fewer = lines[:at] + lines[at + size:]
            if fails(fewer):
                lines, dropped = fewer, True
            else:
                at += size
        print("%d events left" % len(lines), file=sys.stderr)
        if size == 1 and not dropped:
            return lines
        if not dropped or size >= len(lines):
            size = max(size // 2, 1)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--events", type=int, default=200)
    p.add_argument("--people", type=int, default=25)
    p.add_argument("--orgs", type=int, default=1, choices=(1, 2, 3))
    p.add_argument("--profile", help="take organisations and units from its trees")
    p.add_argument("--today", type=datetime.date.fromisoformat, default=datetime.date(2025, 3, 14))
    p.add_argument("--no-complete", action="store_true", help="no source says `complete`")
    p.add_argument("--no-duplicates", action="store_true", help="each event once (else 30 %% come twice)")
    p.add_argument("--corrections", action=argparse.BooleanOptionalAction, default=CORRECTIONS, help="with corrections and voids")
    p.add_argument("--shrink", nargs=2, metavar=("COMMAND", "FILE"))
    options = p.parse_args()
    if options.shrink:
        sys.stdout.writelines(shrink(*options.shrink))
        return
    trees = {org: tree.links for org, tree in Profile(options.profile).trees.items()} if options.profile else None
    history = History(options.seed, options.people, options.orgs, options.today, trees, options.corrections)
    for event in history.make(options.events, not options.no_complete, not options.no_duplicates):
        print(json.dumps(event, separators=(",", ":")))


if __name__ == "__main__":
    main()
