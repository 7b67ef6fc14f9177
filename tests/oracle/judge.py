#!/usr/bin/python3
"""Which alert messages must be told, as daemon/core/ALERTS.md says: at each frame's end, tick and change of profile.

    judge.py --profile P.conf --events FILE.jsonl --trace FILE      prints the messages of what a trace says has happened:
        open DAY        today at first; the profile is in force from it
        event N         line N of the events was accepted
        frame           a frame ended
        tick DAY        the day was over
    Other lines of a trace are left out.

Nothing is carried from one moment to the next but what was told: every line of states is worked out from its first day on,
from all the facts known at that moment.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import days                                         # noqa: E402
import states                                       # noqa: E402
from conf import Profile                            # noqa: E402
from facts import read_events                       # noqa: E402
from figures import ALL_TYPES, Figures, rests_on     # noqa: E402
from ledger import Ledger                           # noqa: E402

LEVELS = ("ok", "amber", "red")
NOBODY_SAID = 10 ** 7


class Line:
    """The line of states of a pair, as spans; before the first day of figures it is unknown, at level ok."""

    def __init__(self, spans):
        self.spans = [span for span in spans if span[0] <= span[1]]

    def at(self, day):
        """(state, level)"""
        for first, last, state, level in self.spans:
            if first <= day <= last:
                return state, level
        return "unknown", "ok"

    def runs(self, last):
        """[{day: level}] of the runs up to `last`, by their first day."""
        found, before = [], None
        for begin, end, _, level in self.spans:
            for d in range(begin, min(end, last) + 1) if level != "ok" else ():
                if d - 1 != before:
                    found.append({})
                found[-1][d] = level
                before = d
        return found

    def ok_since(self, first, day):
        """The first day, not before `first`, from which on the level is ok up to `day`."""
        while day > first and self.at(day - 1)[1] == "ok":
            day -= 1
        return day


class Told:
    """What was told of a pair."""

    def __init__(self):
        self.state, self.level = None, "ok"
        self.stands = None                          # the id of the alert that stands as told
        self.runs = {}                              # id: {day: level}
        self.redefined = False                      # the profile has changed, and nothing was judged by it yet


class Entry:
    """One line of an erratum. is_, was: (first day, last day or None, highest level), or None."""

    def __init__(self, id_, what, other, is_, was):
        self.id, self.what, self.other, self.is_, self.was = id_, what, other, is_, was

    def text(self):
        """id what other first last level first last level, `-` for what there is not; the last three are what was told"""
        outlines = [outline or (None, None, None) for outline in (self.is_, self.was)]
        parts = [id_text(self.id), self.what, id_text(self.other)]
        for first, last, level in outlines:
            parts += [first and days.text(first), last and days.text(last), level]
        return " ".join(part or "-" for part in parts)


class Message:
    def __init__(self, **fields):
        self.__dict__.update(fields)

    def text(self):
        """number|id|rule|unit path|kind|state|before|day|closed|since|status|numerator|denominator|people|entries"""
        told = (self.number, id_text(self.id), self.rule, self.path, self.kind, self.state, self.before, days.text(self.day), int(self.closed),
                days.text(self.since)) + self.figure.row() + (";".join(entry.text() for entry in self.entries),)
        return "|".join(str(part) for part in told)


def id_text(id_):
    return "" if id_ is None else "%d" % id_[0] if id_[1] == 1 else "%d.%d" % id_


def outline(run, last):
    """Of a run as far as the day `last`: it stands if it holds that."""
    return min(run), None if max(run) == last else max(run), LEVELS[max(LEVELS.index(level) for level in run.values())]


def shares(a, b):
    return not a.keys().isdisjoint(b)


def began_first(told):
    """[(id, run)] in the order in which told runs are taken."""
    return sorted(told.items(), key=lambda item: (min(item[1]), item[0]))


def pairing(runs, told):
    """{number of the run: id of the told run that it takes}"""
    took = {}
    for n, run in enumerate(runs):
        for id_, held in began_first(told):
            if id_ not in took.values() and shares(run, held):
                took[n] = id_
                break
    return took


def errata(runs, told):
    """([(told id, what, other id)], [(number of the new run, what, other id)], who took whom), the two by first day."""
    took = pairing(runs, told)
    old, new = [], []
    for id_, held in began_first(told):
        mine = [runs[n] for n in took if took[n] == id_]
        if mine:
            if mine[0] != held:
                old.append((id_, "amended", None))
            continue
        into = [took[n] for n, run in enumerate(runs) if n in took and shares(run, held)]
        old.append((id_, "merged", into[0]) if into else (id_, "withdrawn", None))
    for n, run in enumerate(runs):
        if n not in took:
            beside = [id_ for id_, held in began_first(told) if shares(run, held)]
            new.append((n, "split", beside[0]) if beside else (n, "late", None))
    return old, new, took


class Judge:
    def __init__(self, profile, today):
        self.profile, self.in_force = profile, today
        self.number = 0
        self.told = {}                              # (org, unit, rule's name): Told
        self.said = {}                              # (org, event type): the day of arrival of the first `complete` that names it
        self.lines = {}                             # (org, unit, rule's name): (what the line was worked out from, the line)

    # When a pair may speak.

    def arrives(self, fact, today):
        if fact.type == "complete" and not fact.voids:
            for name in fact.get("types"):
                self.said.setdefault((fact.org, name), today)

    def first_said(self, org, name):
        said = [self.said.get((org, name), NOBODY_SAID)]
        for source in self.profile.sources.values():
            if source.complete_from is not None and org in (source.orgs or [org]) and name in (source.types or ALL_TYPES):
                said.append(self.in_force)
        return min(said)

    def first_live(self, org, rule):
        indicator = self.profile.indicators[rule.indicator]
        types = {name for term in indicator.terms() for name in rests_on(term.measure, self.profile)}
        return max([self.in_force] + [self.first_said(org, name) for name in types])

    # Moments.

    def frame(self, facts, today):
        return [m for pair in self.pairs(facts, today) for m in self.state(pair, today, tick=False)]

    def tick(self, facts, ended):
        """The messages of the tick that ends this day, the errata of a pair before its state."""
        found = []
        for pair in self.pairs(facts, ended + 1):
            found += self.erratum(pair, ended)
            found += self.state(pair, ended + 1, tick=True)
        return found

    def change(self, profile, facts, today):
        self.profile, self.in_force = profile, today
        for told in self.told.values():
            told.redefined, told.runs = True, {}
        return [m for pair in self.pairs(facts, today) for m in self.state(pair, today, tick=False)]

    def pairs(self, facts, today):
        """Those that may speak, in the order in which they do."""
        figures = None
        live = {(org, rule.name): self.first_live(org, rule) for org in {fact.org for fact in facts} | set(self.profile.trees)
                for rule in self.profile.rules}
        if min(live.values(), default=NOBODY_SAID) > today:
            return
        figures = Figures(Ledger(self.profile, facts), today)
        for org in figures.ledger.orgs:
            for unit in figures.units(org):
                path = figures.path(org, unit)
                for rule in self.profile.rules:
                    if live[org, rule.name] <= today and rule.watches(path):
                        key = org, unit, rule.name
                        yield Pair(figures, org, unit, path, rule, live[org, rule.name], self.told.setdefault(key, Told()), self.line(figures, key, rule))

    def line(self, figures, key, rule):
        """Worked out anew unless all that it is worked out from is the same: today, every entry of its measures in the
        organisation, every span of completeness, every unit."""
        org, unit, _ = key
        indicator = self.profile.indicators[rule.indicator]
        measures = sorted({term.measure for term in indicator.terms()})
        of = (figures.today, [figures.entries.get((org, measure)) for measure in measures], [entry.__dict__ for entry in figures.moves.get(org, [])]
              if "outflow" in measures or "inflow" in measures else None,
              [(name, spans) for (o, name), spans in sorted(figures.spans.items()) if o == org], figures.units(org), rule, indicator)
        if key not in self.lines or self.lines[key][0] != of:
            self.lines[key] = of, Line(states.spans(figures, org, unit, rule))
        return self.lines[key][1]

    # What a pair says.

    def state(self, pair, today, tick):
        """Sections 2 and 7: the judged day against what was told last."""
        told, line, day = pair.told, pair.line, pair.judged(today)
        state, level = line.at(day)
        redefined, told.redefined = told.redefined, False
        stood = told.level != "ok"
        run = ([run for run in line.runs(day) if day in run] or [None])[0]
        if (state, level) == (told.state, told.level) or not stood and level == "ok":
            if stood:
                if redefined:
                    told.runs[told.stands] = dict(run)
                told.runs[told.stands][day] = level
            return []
        kind, entries, before, id_ = "state", [], told.state, told.stands
        since = min(run) if run else None
        if not stood:
            runs = pair.runs(day)
            id_ = pairing(runs, told.runs).get(runs.index(run))
            if id_ is None:
                id_, before = (self.number + 1, 1), line.at(min(run) - 1)[0]
                kind = "at_start" if today == pair.first_live else "state"
                told.runs[id_] = dict(run)
            told.runs[id_][day] = level
        elif level != "ok":
            if redefined:
                told.runs[id_] = dict(run)
            told.runs[id_][day] = level
        else:
            mine = told.runs.get(id_, {})
            since = line.ok_since(min(mine, default=day), day)
            if mine.keys() == {day}:
                kind, entries = "erratum", [Entry(id_, "withdrawn", None, None, outline(mine, day))]
                del told.runs[id_]
            mine.pop(day, None)
        if redefined:
            kind = "profile"
        told.state, told.level, told.stands = state, level, id_ if level != "ok" else None
        closed = tick and day < today
        return [self.message(pair, kind=kind, id=id_, state=state, before=before, day=day, closed=closed, since=since, entries=entries)]

    def erratum(self, pair, ended):
        """Sections 3 to 5: the days that had been judged before the tick."""
        told, line, last = pair.told, pair.line, pair.judged(ended)
        if pair.first_live > ended or told.redefined:
            return []
        runs, known = pair.runs(last), told.runs
        old, new, took = errata(runs, known)
        ids = dict(took)
        ids.update((n, (self.number + 1, k)) for k, (n, _, _) in enumerate(new, 1))
        standing = [n for n, run in enumerate(runs) if last in run]
        entries = []
        for id_, what, other in old:
            mine = [runs[n] for n in took if took[n] == id_]
            entries.append(Entry(id_, what, other, outline(mine[0], last) if mine else None, outline(known[id_], last)))
        entries += [Entry(ids[n], what, other, outline(runs[n], last), None) for n, what, other in new]
        told.runs = {ids[n]: dict(run) for n, run in enumerate(runs)}
        if not entries:
            return []
        before = told.state or "unknown"
        told.state, told.level = line.at(last)
        told.stands = ids[standing[0]] if standing else None
        if standing:
            since = min(runs[standing[0]])
        else:
            since = line.ok_since(min(known[old[0][0]]) if old else min(runs[new[-1][0]]), last)
        id_ = old[0][0] if old else (self.number + 1, 1)
        return [self.message(pair, kind="erratum", id=id_, state=told.state, before=before, day=last, closed=True, since=since, entries=entries)]

    def message(self, pair, **fields):
        self.number += 1
        return Message(number=self.number, rule=pair.rule.name, path=pair.path, figure=pair.figure(fields["day"]), **fields)


class Pair:
    """A rule in a unit at one moment."""

    def __init__(self, figures, org, unit, path, rule, first_live, told, line):
        self.figures, self.org, self.unit, self.path, self.rule = figures, org, unit, path, rule
        self.first_live, self.told, self.line = first_live, told, line

    def figure(self, day):
        return self.figures.figure(self.org, self.unit, self.figures.profile.indicators[self.rule.indicator], day)

    def judged(self, today):
        return today - 1 if self.rule.days >= 1 else today

    def runs(self, last):
        """Those that are not history."""
        return [run for run in self.line.runs(last) if max(run) >= self.judged(self.first_live)]


def replay(profile, events, trace):
    """The messages of all that happened; both are lines of text."""
    by_line = {}
    read_events(events, by_line)
    judge, known, new, told = None, [], False, []
    for verb, _, what in (line.strip().partition(" ") for line in trace):
        if verb == "open":
            today = days.day(what)
            judge = Judge(profile, today)
        elif verb == "event":
            known.append(by_line[int(what)])
            judge.arrives(known[-1], today)
            new = True
        elif verb == "frame" and new:               # a frame of doubles changes nothing
            told += judge.frame(known, today)
            new = False
        elif verb == "tick":
            today = days.day(what) + 1
            told += judge.tick(known, today - 1)
    return told


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--profile", required=True)
    p.add_argument("--events", required=True)
    p.add_argument("--trace", required=True)
    options = p.parse_args()
    with open(options.events, encoding="utf-8") as events, open(options.trace, encoding="utf-8") as trace:
        for message in replay(Profile(options.profile), events, trace):
            print(message.text())


if __name__ == "__main__":
    main()
