#!/usr/bin/python3
"""explain -- every alert that a load raised is derived again and equal; events add up to figures, and to their changes.

The load is the oracle's: all event types, a third twice, late, corrected, withdrawn, on two trees that change meanwhile, one
of them read as of today; a day ends after every few frames. workforcectl then reads the alerts through a forwarder that
alters one field of one alert: what is told is no longer what is derived, and that must be found.
"""
import collections
import datetime
import json
import os
import random
import subprocess
import sys
import threading

import msgpack
import zmq

from client import REPLY, Publisher, day, from_json
from house import BUILD, ROOT, House, complete

sys.path.insert(0, str(ROOT / "tests/oracle"))
import conf  # noqa: E402
import history  # noqa: E402

ALERTS = ROOT / "tests/oracle/profiles/alerts.conf"
SEED, LOADS = int(os.environ.get("WF_SEED", 20250301)), int(os.environ.get("WF_LOADS", 5))
TODAY, DAYS, EVENTS, FRAMES = "2025-02-20", 45, 900, 3

# Readings that alerts.conf has not: a mean, days lost, a factor, a filter.
MORE = '''
indicator "mean" { title = "mean" numerator = "in_post.fte mean over 3 months" denominator = "in_post.fte mean over 12 months" unit = "percent" }
indicator "lost" {
    title = "lost" numerator = "absence.days where kind = sickness days over 12 months" denominator = "dfe_days * in_post.fte at end"
    unit = "percent"
}
indicator "both" { title = "both" numerator = "in_post.fte at end - in_post.fte at end 12 months before" unit = "fte" }
rule "lost" { indicator = "lost" amber = "1" red = "4" red_clear = "3" }
rule "mean" { indicator = "mean" direction = "below" amber = "90" red = "60" for = 2 }
'''
INDICATORS = ("heads", "leavers", "turnover", "caseload", "absent", "overdue", "mean", "lost", "both")
UNITS = ("alpha", "alpha/service1", "alpha/service1/t1", "alpha/service2/t3", "beta", "beta/service1", "beta/service1/t1")
LINKED = day("2025-03-10")                          # beta is read as of today, and has another tree from this day on


def load(house, seed):
    """Sequences known at the end of each day."""
    trees = {org: tree.links for org, tree in conf.Profile(str(ALERTS)).trees.items()}
    start = datetime.date.fromisoformat(TODAY)
    events = list(history.History(seed, 30, 2, start, trees, True, start - datetime.timedelta(days=700)).make(EVENTS, True, True))
    completes = [e for e in events if e["type"] == "complete"]
    rest = [e for e in events if e["type"] != "complete"]
    early = len(rest) // 4
    publishers = {}

    def publish(some):
        for source in sorted({e["source"] for e in some}):
            if source not in publishers:
                publishers[source] = Publisher(house.intake, source)
                publishers[source].hello()
            publishers[source].publish([from_json(json.dumps(e)) for e in some if e["source"] == source])

    publish(rest[:early])
    publish(completes)
    rest, rng, known = rest[early:], random.Random(seed), []
    per_frame = len(rest) // (DAYS * FRAMES) + 1
    for n in range(DAYS):
        if n == 4:                                  # what a history leaves unsaid: from here on all is known
            whole = Publisher(house.intake, "whole")
            whole.hello()
            whole.publish([complete("2010-01-01", source="whole", org=org, types=history.TYPES, id_="w-" + org) for org in trees])
            whole.close()
        for _ in range(FRAMES):
            some, rest = rest[:per_frame], rest[per_frame:]
            publish(some)
        house.advance((start + datetime.timedelta(days=n + 1)).isoformat())
        known.append(house.status()["sequence"] - rng.randrange(12))     # the tick, or an event before it
    for p in publishers.values():
        p.close()
    return known


def load_demo(house):
    """The demo's data of a council, year after year; then for 40 days part of it is corrected, withdrawn and said again."""
    figures = ROOT / "profiles/figures-five-councils.csv"
    simulate = [str(BUILD / "workforce-simulate"), "--areas", "slough", "--quiet", str(figures)]
    lines = subprocess.run(simulate, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    subprocess.run([*simulate, "--clock", "--sockets", str(house.dir)], timeout=60, check=True)
    rng, known, today = random.Random(SEED), [], house.status()["today"]
    facts = [e for e in map(json.loads, lines) if e["type"] in ("starter", "leaver", "change", "absence", "vacancies_declared", "placement_started")]
    later = Publisher(house.intake, "simulate", epoch=1 << 50)
    later.hello()
    for n in range(40):
        some = []
        for e in rng.sample(facts, 24):
            shifted = datetime.date.fromisoformat(e["effective"]) + datetime.timedelta(days=rng.randrange(-40, 41))
            e = {**e, "corrects" if rng.random() < 0.5 else "voids": e["id"], "id": "later-%d-%s" % (n, e["id"]), "time": "2024-09-30T12:00:00Z"}
            if "corrects" in e and e["type"] != "absence":
                e["effective"] = shifted.isoformat()
            some.append(from_json(json.dumps(e)))
        reply = later.publish(some)
        assert reply[0] == REPLY and not reply[7], reply
        house.advance((datetime.date(1970, 1, 1) + datetime.timedelta(days=today + n + 1)).isoformat())
        known.append(house.status()["sequence"])
    later.close()
    return known


class Forwarder(threading.Thread):
    """A query socket of its own before the daemon's; `alter` may change the rows of an answer."""

    def __init__(self, house, alter):
        super().__init__(daemon=True)
        self.house, self.alter, self.over = house, alter, False
        self.dir = house.dir / "forwarded"
        self.dir.mkdir(exist_ok=True)
        self.router = zmq.Context.instance().socket(zmq.ROUTER)
        self.router.bind("ipc://%s" % (self.dir / "query"))
        self.start()

    def run(self):
        while not self.over:
            if not self.router.poll(50):
                continue
            who, *frames = self.router.recv_multipart()
            dealer = zmq.Context.instance().socket(zmq.DEALER)
            dealer.connect(self.house.query)
            dealer.send_multipart(frames)
            more = True
            while more:
                answer = dealer.recv_multipart()
                m = msgpack.unpackb(answer[-1], strict_map_key=False)
                more = m[0] == 7 and m[2]
                if m[0] == 7:
                    for kind, row in m[3]:
                        if kind == 2:
                            self.alter(row)
                self.router.send_multipart([who, *answer[:-1], msgpack.packb(m)])
            dealer.close(0)
        self.router.close(0)

    def end(self):
        self.over = True
        self.join()


def ctl(sockets, *arguments, status=0):
    p = subprocess.run([str(BUILD / "workforcectl"), "--sockets", str(sockets), *arguments], capture_output=True, text=True, timeout=120)
    assert p.returncode == status, "%s: exit status %d, not %d: %s%s" % (arguments, p.returncode, status, p.stdout[-1500:], p.stderr)
    return p.stdout


def check_alerts(h):
    said = ctl(h.dir, "explain", "--check")
    alerts = [row for kind, row in h.ask("alerts", timeout=30) if kind == 2]
    kinds = {}
    for a in alerts:
        kinds.setdefault(a["kind"], []).append(a)
    assert said.startswith("%d alert messages derived again, 0 not equal" % len(alerts)), said
    rng = random.Random(SEED)
    by_path = list({a["unit"]: a for a in alerts}.values())           # after a reorganisation some are paths of before
    for some in (by_path, *(rng.sample(some, min(3, len(some))) for some in kinds.values())):
        for a in some:
            text = ctl(h.dir, "explain", "A-%d" % a["number"])
            assert text.endswith("Equal to what was told.\n"), text
            rows = [json.loads(line) for line in ctl(h.dir, "explain", str(a["number"]), "--json").splitlines()]
            assert rows[-1]["row"] == "derived" and rows[-1]["equal"] and rows[0]["number"] == a["number"], rows[-1]
    ctl(h.dir, "explain", "A-%d" % (len(alerts) + 1), status=1)
    return alerts


def check_altered(h, alerts):
    """One field of one alert is another: --check names it and no other (but the next of its pair where numbers add up)."""
    whole = [a for a in alerts if a["state"] in ("amber", "red") and a["figure"]["status"] == "ok" and a["figure"]["denominator_of"] and a["changes"]]
    victim = whole[len(whole) // 2]
    last = h.status()["sequence"]

    def numerator(a):
        a["figure"]["numerator"] += 1

    def people(a):
        a["figure"]["people"] += 1

    def state(a):
        a["state"] = "ok"

    def since(a):
        a["since"] -= 1

    def change(a):
        a["changes"][0][1] += 1

    def sequence(a):
        a["sequence"] = last

    def day_told(a):
        a["day"] -= 1

    for what in (numerator, people, state, since, change, day_told, sequence):
        f = Forwarder(h, lambda row, what=what: what(row) if row["number"] == victim["number"] else None)
        if what is sequence and not moved(h, victim, last):
            f.end()
            continue
        text = ctl(f.dir, "explain", str(victim["number"]), status=1)
        assert "Not equal to what was told." in text, (what.__name__, text)
        if what in (numerator, sequence):
            assert "Alert message %d," % victim["number"] in ctl(f.dir, "explain", "--check", status=1), what.__name__
        f.end()


def moved(h, alert, known):
    f = alert["figure"]
    now = explained(h, f["indicator"], alert["unit"], alert["day"], known)[0]
    return (now["numerator"], now["denominator"]) != (f["numerator"], f["denominator"])


def explained(h, indicator, unit, on, known, verb="explain", **more):
    rows = h.ask(verb, indicator=indicator, unit=unit, on=on, known=known, timeout=30, **more)
    figures, events = [r for k, r in rows if k == 1], [r for k, r in rows if k == 18]
    return (*figures, sum(e["numerator"] for e in events), sum(e["denominator"] for e in events), events)


def check_sums(h, seed, known, indicators=INDICATORS, units=UNITS, today=day(TODAY)):
    rng = random.Random(seed + 1)
    asked = some = 0
    while asked < 60:
        indicator, unit, on, at = rng.choice(indicators), rng.choice(units), today + rng.randrange(-500, DAYS), rng.choice(known)
        f, numerator, denominator, events = explained(h, indicator, unit, on, at)
        asked += 1
        if f["numerator"] is None:
            continue
        some += len(events) > 0
        assert all(e["sequence"] <= at for e in events), (indicator, unit, on, at)
        want = (f["numerator"], f["denominator"] or 0)
        assert (numerator, denominator) == want, "%s of %s on %d known at %d: events add up to %s, the figure is %s" % (
            indicator, unit, on, at, (numerator, denominator), want)
    assert some > 5, some
    return some


def check_diffs(h, seed, known, indicators=INDICATORS, units=UNITS, today=day(TODAY)):
    rng = random.Random(seed + 2)
    moving = trees = 0
    for _ in range(60):
        indicator, unit, on = rng.choice(indicators), rng.choice(units), today + rng.randrange(-400, DAYS)
        since, until = sorted(rng.sample(range(len(known)), 2))
        was, now, numerator, denominator, events = explained(h, indicator, unit, on, known[until], "diff", since=known[since])
        if was["numerator"] is None or now["numerator"] is None:
            continue
        assert all(known[since] < e["sequence"] <= known[until] for e in events)
        want = (now["numerator"] - was["numerator"], (now["denominator"] or 0) - (was["denominator"] or 0))
        moving += want != (0, 0)
        if (numerator, denominator) != want:
            trees += 1
            assert unit.startswith("beta") and day(TODAY) + since <= LINKED <= day(TODAY) + until + 1, "%s of %s on %d from %d to %d: %s, not %s" % (
                indicator, unit, on, known[since], known[until], (numerator, denominator), want)
    assert moving > 2, moving
    return moving - trees


def check_words(h, known):
    """What the commands say of one figure, in words."""
    unit, on = "alpha", (datetime.date.fromisoformat(TODAY) - datetime.timedelta(days=60)).isoformat()
    text = ctl(h.dir, "explain", "turnover", unit, "--on", on, "--known-by", str(known[5]))
    assert "leavers.fte over 12 months" in text and "as known at entry %d" % known[5] in text and "add up to" not in text, text
    many = next(i for i in INDICATORS if sum(e["numerator"] != 0 for e in explained(h, i, unit, day(on), known[-1])[-1]) > 20)
    text, whole = ctl(h.dir, "explain", many, unit, "--on", on), ctl(h.dir, "explain", many, unit, "--on", on, "--all")
    assert "--all lists them" in text and "--all lists them" not in whole and len(whole.splitlines()) > len(text.splitlines()), text
    ctl(h.dir, "explain", "heads", "alpha/service1/t2", "--on", "2025-03-08")           # alpha/service2/t2 on that day
    f = h.ask("figures", units=[unit], indicators=["heads"], on=day(on), known=known[5])[0][1]
    assert " %d " % f["numerator"] in ctl(h.dir, "figures", "--unit", unit, "--indicator", "heads", "--on", on, "--known-by", str(known[5]))
    by_day = ctl(h.dir, "history", "heads", unit, "--from", on, "--until", on, "--known-by", TODAY)
    assert by_day.startswith("heads of alpha"), by_day
    text = ctl(h.dir, "diff", "heads", unit, "--on", on, "--since", (datetime.date.fromisoformat(TODAY) + datetime.timedelta(days=9)).isoformat())
    assert "was, known at entry" in text and "The sum is the difference." in text, text
    for rule in ("few", "leavers", "turnover", "caseload", "absent", "overdue", "lost", "mean"):
        text = ctl(h.dir, "why-not", rule, unit)
        assert "Nothing fires" in text or " stands since " in text or "does not watch" in text, text
    assert "does not watch alpha/service1" in ctl(h.dir, "why-not", "overdue", "alpha/service1")
    for wrong in (("explain",), ("explain", "none"), ("explain", "heads", unit, "--known-by", "soon"), ("diff", "heads", unit), ("why-not", "few")):
        ctl(h.dir, *wrong, status=2)
    for none in (("explain", "flying", unit), ("why-not", "flying", unit), ("why-not", "few", "nowhere"), ("diff", "heads", "nowhere", "--since", "5")):
        ctl(h.dir, *none, status=1)


def demo_corrected():
    with House(today="2016-09-30", profile_file=str(ROOT / "profiles/dfe.conf")) as h:
        h.start()
        known = load_demo(h)
        alerts = check_alerts(h)
        what = [row["indicator"] for kind, row in h.ask("indicators") if kind == 10], ("slough",), day("2024-09-30")
        sums, diffs = check_sums(h, SEED, known, *what), check_diffs(h, SEED, known, *what)
        print("the demo's, corrected: %d alerts equal, %d of them errata; %d figures and %d differences add up" % (
            len(alerts), sum(a["kind"] == "erratum" for a in alerts), sums, diffs))
        h.end()


def main():
    demo_corrected()
    profile = ALERTS.read_text().replace("../../../profiles", str(ROOT / "profiles")) + MORE
    kinds, sums, diffs = collections.Counter(), 0, 0
    for seed in range(SEED, SEED + LOADS):
        with House(profile=profile, today=TODAY) as h:
            h.start()
            try:
                known = load(h, seed)
                alerts = check_alerts(h)
                kinds.update(a["kind"] for a in alerts)
                sums += check_sums(h, seed, known)
                diffs += check_diffs(h, seed, known)
                if seed == SEED:
                    check_altered(h, alerts)
                    check_words(h, known)
            except BaseException:
                print("WF_SEED=%d WF_LOADS=1" % seed)
                raise
            h.end()
    print("%d alerts equal (%s), %d figures and %d differences add up" % (
        sum(kinds.values()), ", ".join("%s %d" % k for k in sorted(kinds.items())), sums, diffs))
    assert LOADS < 5 or (sum(kinds.values()) > 500 and kinds["erratum"] > 200 and sums > 100 and diffs > 50), (kinds, sums, diffs)


main()
