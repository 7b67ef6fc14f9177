#!/usr/bin/python3
"""Works out every figure of a history of events anew, from the rules alone, and shares nothing with the daemon.

    oracle.py --profile P.conf --events FILE.jsonl --today DATE [what] [how]

What is printed (figures if nothing is asked for):
    --figures      org,unit path,indicator,day,status,numerator,denominator,people
    --ledger       measure|cell|day|heads or count|amount     net of each cell and day, without those that are 0
    --findings     kind|org|subject kind|subject|source|id
    --states       rule,unit path,day,state
    --known N,...  what was known when the first N lines of the file were: N,f,<a line of figures> and N,s,<a line of states>
                   (of states the days on which they change and the days before)
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import days                                         # noqa: E402
from facts import read_events                       # noqa: E402
from figures import Figures, printed                # noqa: E402
from ledger import Ledger                           # noqa: E402
from conf import Profile                         # noqa: E402
import states                                       # noqa: E402


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--profile", required=True)
    p.add_argument("--events", required=True, help="JSON lines; - is standard input")
    p.add_argument("--today", required=True, type=days.day)
    p.add_argument("--days", default="all-change", help="all-change, every, last:N, some:N (N of all-change, evenly), or DATE,DATE,...")
    p.add_argument("--format", choices=["csv"], default="csv")
    p.add_argument("--complete-all", action="store_true", help="take every source as complete")
    p.add_argument("--every-day", action="store_true", help="look at every day and sum days one by one (slow; must give the same)")
    p.add_argument("--changes-only", action="store_true", help="a row only where it differs from that of the day printed before")
    p.add_argument("--values", action="store_true", help="add the value, rounded, as a last column")
    for what in ("figures", "ledger", "findings", "states"):
        p.add_argument("--" + what, action="store_true")
    p.add_argument("--known", default="", help="numbers of lines, with commas between")
    p.add_argument("--known-days", help="as --days, for --known; default those of --days")
    return p.parse_args(argv)


def asked_days(figures, org, text):
    if text == "all-change":
        return figures.change_days(org)
    if text == "every":
        entries = [d for d in figures.entry_days(org) if d <= figures.today]
        return list(range(min(entries, default=figures.today) - 1, figures.today + 1))
    if text.startswith("last:"):
        return list(range(figures.today - int(text[5:]) + 1, figures.today + 1))
    if text.startswith("some:"):
        found, n = figures.change_days(org), int(text[5:])
        return sorted({found[i * (len(found) - 1) // max(n - 1, 1)] for i in range(n)})
    return sorted({days.day(one) for one in text.split(",")})


def figure_rows(figures, options, text):
    indicators = sorted(figures.profile.indicators.values(), key=lambda indicator: indicator.name)
    for org in figures.ledger.orgs:
        asked = asked_days(figures, org, text)
        for path, unit in sorted((figures.path(org, unit), unit) for unit in figures.units(org)):
            for indicator in indicators:
                before = None
                for d in asked:
                    figure = figures.figure(org, unit, indicator, d)
                    row = figure.row()
                    if options.changes_only and row == before:
                        continue
                    before = row
                    if options.values:
                        row += ("" if figure.value is None else printed(figure.value, indicator.decimals),)
                    yield ",".join((org, path, indicator.name, days.text(d)) + row)


def answers(options, profile, facts):
    """What is asked for, as lists of lines by name."""
    ledger = Ledger(profile, facts, every_day=options.every_day)
    figures = Figures(ledger, options.today, complete_all=options.complete_all, slowly=options.every_day)
    out = {}
    if options.ledger:
        out["ledger"] = ledger.lines()
    if options.findings:
        out["findings"] = sorted(("|".join(finding) for finding in ledger.findings), key=str.encode)
    if options.states:
        out["states"] = list(states.lines(figures))
    if options.known:
        out["known"] = [line for n in options.known.split(",") for line in known_then(options, profile, facts, int(n))]
    if options.figures or not out:
        out["figures"] = list(figure_rows(figures, options, options.days))
    return out


def known_then(options, profile, facts, n):
    """Nothing of later lines counts, not even the units that they name."""
    ledger = Ledger(profile, [fact for fact in facts if fact.line <= n], every_day=options.every_day)
    figures = Figures(ledger, options.today, complete_all=options.complete_all, slowly=options.every_day)
    for row in figure_rows(figures, options, options.known_days or options.days):
        yield "%d,f,%s" % (n, row)
    for line in states.changes(figures):
        yield "%d,s,%s" % (n, line)


def main(argv):
    options = arguments(argv)
    profile = Profile(options.profile)
    if options.events == "-":
        facts, refused = read_events(sys.stdin)
    else:
        with open(options.events, encoding="utf-8") as lines:
            facts, refused = read_events(lines)
    for name in refused:
        print("refused: %s: the id was used before with other content" % name, file=sys.stderr)
    for lines in answers(options, profile, facts).values():
        sys.stdout.write("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main(sys.argv[1:])
