#!/usr/bin/python3
"""laws -- random histories, and what must hold of each.

    each history              any order, doubled: the same ledger, step by step and derived anew       (property_fold)
                              any order, frames, groups, days, restarts: the same ledger, findings,
                              figures and states; what was told is what holds                          (property_engine)
    each thirteenth           the oracle: the same ledger, findings, figures of sampled days, states   (both)
                              at three sequences: figures and states as known then
    each thousandth           short; the oracle: each of its last days, and each sequence
    each fiftieth             a naive judge over the oracle tells the same messages of alerts, errata
                              too, of a history that comes over some days                              (property_told)

    laws.py [--histories 2000] [--first 1]          a failure names its seed and how to repeat it
    laws.py --seed N [--keep FILE]                  one history, all of it; FILE: where to leave its events
    laws.py --check FILE --profile NAME             the same of any file: exit status 1 when something does not hold
    laws.py --told N [--keep FILE]                  what is told of alerts, of one history
    laws.py --check-told FILE --draw N              the same of any file; N: what frames and days are drawn by

What property_engine is asked with --known FILE, of the one history fed as for --figures (each line of it one frame, all on
one day): lines `N,f,org,unit path,indicator,day,status,numerator,denominator,people` and `N,s,rule,unit path,day,state`, which
are lines of --figures and --states as they were known when the first N lines of the history had been offered and their
frames had ended, nothing else. States of days between two lines of one N, rule and unit are not asked. Unit paths are
those of today's tree; rules judge as far as today.

What property_told says of a message is compared field by field with what judge.py says (daemon/core/ALERTS.md):
    number|id|rule|unit path|kind|state|before|day|closed|since|status|numerator|denominator|people|entries
id: M, or M.k; kind: state, at_start, erratum, profile; entries, with `;` between: `id what N first last level first last level`,
what: amended, withdrawn, merged, split, late; N of merged and split; then what is (not of withdrawn and merged) and what was
told (not of split and late): first day, last day, highest level; `-` for what there is not.
"""
import argparse
import contextlib
import datetime
import json
import multiprocessing
import os
import pathlib
import random
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WF_BUILD", TOP / "build"))
ORACLE = TOP / "tests" / "oracle"
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None      # stores without a disk under them
TODAY = "2025-03-14"
PROFILES = {name: ORACLE / "profiles" / (name + ".conf") for name in ("all", "posts", "training")}
PROFILES["dfe"] = TOP / "profiles" / "dfe.conf"
ALERTS = ORACLE / "profiles" / "alerts.conf"
CHUNK = 12
EACH = 13                   # of how many histories one goes to the oracle
WHOLE = 1000                # of how many one is looked at on each day and sequence
TOLD = 50                   # of how many one is told over some days, to the judge
KNOWN = True                # whether property_engine takes --known
ERRATA = True              # whether the daemon tells errata, and so what the judge does
sys.path.insert(0, str(ORACLE))
import oracle                           # noqa: E402
from conf import Profile                # noqa: E402
import judge                            # noqa: E402
from facts import read_events           # noqa: E402
from history import History             # noqa: E402

profiles = {}


def profile_of(seed):
    """Each profile gets chunks, and within each chunk of its own a turn of the oracle."""
    return tuple(PROFILES)[(seed - 1) // CHUNK % len(PROFILES)]


def read_profile(name):
    if name not in profiles:
        profiles[name] = Profile(str(PROFILES[name]))
    return profiles[name]


def run(*command):
    """(whether it went well, output, what it complained of)"""
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    return done.returncode == 0, done.stdout, done.stderr.strip()[-600:] or "exit status %d" % done.returncode


def long(seed):
    """Some are so long that the ledger's image is written in parts and lags behind."""
    return seed % 200 == 1


def whole(seed):
    """Some are so short that each day and each sequence can be looked at."""
    return seed % WHOLE == WHOLE // 2


def write(path, events):
    path.write_text("".join(json.dumps(e, separators=(",", ":")) + "\n" for e in events))
    return len(events)


def make(seed, path):
    """A history whose people, organisations and completeness vary with its seed; returns its number of events."""
    people, size = (300, 3000) if long(seed) else (4, 30) if whole(seed) else (3 + seed % 17, 120 + seed * 7 % 65)
    history = History(seed, people, 1 if whole(seed) else 1 + seed % 3, datetime.date.fromisoformat(TODAY))
    return write(path, history.make(size, seed % 8 != 0, True))


def told_days(seed):
    """Over how many days it comes: over many, runs are told that begin and end, and then are two, or one, or none."""
    return 9 if seed // TOLD % 2 else 40


def make_told(seed, path):
    """A shorter one of late years, or of the days on which it comes, in which the sources mostly say early what is complete,
    so that rules are live."""
    first = datetime.date.fromisoformat(TODAY) - datetime.timedelta(days=told_days(seed) + 13 if told_days(seed) > 9 else 650)
    slow = told_days(seed) > 9
    people = 1 + seed % 4 if slow else 4 + seed % 5
    history = History(seed, people, 1 + seed % 2, datetime.date.fromisoformat(TODAY), first=first)
    if slow:
        for person in history.people:               # so that somebody is there to be away
            history.starter(history.orgs[0], person, first + datetime.timedelta(days=history.rng.randint(0, 20)), plain=True)
    events = history.make(40 + seed % 40, True, True, {"absence": 30, "episodes": 30, "link": 25, "leaver": 6, "career": 3} if slow else {})
    if slow:                                        # mostly said some days after it was so, and corrected later
        rng = random.Random(seed)
        late = {id(e): rng.randint(0, 25) if "corrects" in e or "voids" in e else rng.randint(-2, 10) for e in events}
        late.update((one, late[one] + days) for one, days in history.hints.items() if one in late)
        events.sort(key=lambda e: datetime.date.fromisoformat(e["effective"]).toordinal() + late[id(e)])
    if seed % 4 != 0:
        events.sort(key=lambda event: event["type"] != "complete")
    return write(path, events)


def fold(name, *rest):
    profile = read_profile(name)
    options = ["--supervision", profile.supervision_every, "--caseload", profile.caseload_days, "--roles", "".join(profile.roles),
               "--holidays", TOP / "profiles" / "bank-holidays-england"]
    options += ["--allocations"] * (profile.cases == "allocations") + ["--posts"] * (profile.vacancies == "posts")
    return run(BUILD / "property_fold", *options, *rest)


def engine(name, work, *rest):
    return run(BUILD / "property_engine", "--profile", PROFILES[name], "--today", TODAY, "--store", work / "store", *rest)


def laws(name, seed, paths, work):
    """The laws of some histories at once; what does not hold."""
    wrong = []
    for ok, _, err in (fold(name, "--permute", 3, "--seed", seed, *paths), engine(name, work, "--orders", 1, "--seed", seed, *paths)):
        if not ok:
            wrong.append(err)
    return wrong


def of_facts(lines):
    """A finding about an allocation is the case's for the one and its worker's for the other; the fold knows no trees."""
    parts = (line.split("|") for line in lines)
    return sorted((p[0], p[1], p[4], p[5]) for p in parts if p[0] != "unassigned")


def known_lines(path, places):
    """Places in a history, seeded by what it says, and so the same whenever it is looked at."""
    text = path.read_bytes()
    rng, lines = random.Random(text), text.count(b"\n")
    return ",".join(str(n) for n in sorted(rng.sample(range(1, lines + 1), min(places, lines))))


def judged(path, draw, work):
    """What the daemon tells of alerts beside what the judge does: (what differs, messages)."""
    ok, said, err = run(BUILD / "property_told", "--profile", ALERTS, "--today", TODAY, "--days", told_days(draw), "--seed", draw, "--store", work / "store", path)
    if not ok:
        return [err], 0
    if "alerts" not in profiles:
        profiles["alerts"] = Profile(str(ALERTS))
    trace = said.splitlines()
    told = [line[6:].split("|") for line in trace if line.startswith("alert ")]
    must = [message.text().split("|") for message in judge.replay(profiles["alerts"], path.read_text().splitlines(), trace)]
    for n in range(max(len(told), len(must))):
        a, b = (one[n] if n < len(one) else ["nothing more"] for one in (told, must))
        if a != b:
            return ["told:    %s\n  must be: %s" % ("|".join(a), "|".join(b))], len(must)
    return [], len(must)


def compare(name, path, work, spoil=False, places=3, days="some:40"):
    """What the oracle says beside what the daemon's own rooms say: (what differs, lines compared)."""
    options = oracle.arguments(["--profile", str(PROFILES[name]), "--events", str(path), "--today", TODAY, "--days", days,
                                "--known-days", "some:10", "--ledger", "--findings", "--figures", "--states"])
    with open(path, encoding="utf-8") as lines:
        facts, _ = read_events(lines)
    if KNOWN:
        options.known = known_lines(path, places)
    told = oracle.answers(options, read_profile(name), facts)
    wrong, files = [], []
    for what, lines in told.items():
        (work / what).write_text("".join(line + "\n" for line in lines))
        files += ["--" + what, work / what]
    ok, _, err = engine(name, work, *files, path)
    if not ok:
        wrong.append(err)
    ok, found, err = fold(name, "--findings", path)
    if not ok or of_facts(found.splitlines()) != of_facts(told["findings"]):
        wrong.append("fold has other findings than the oracle: " + err)
    for what, lines in told.items() if spoil else ():     # a comparison must be able to say no
        if lines:
            digit = max(i for i, c in enumerate(lines[0]) if c.isalnum())
            spoilt = lines[0][:digit] + ("1" if lines[0][digit] != "1" else "2") + lines[0][digit + 1:]
            (work / what).write_text("".join(line + "\n" for line in [spoilt] + lines[1:]))
            if engine(name, work, "--" + what, work / what, path)[0]:
                wrong.append("a changed line of the oracle's %s went unseen: %s" % (what, spoilt))
    return wrong, sum(map(len, told.values()))


@contextlib.contextmanager
def workplace():
    with tempfile.TemporaryDirectory(prefix="wf-laws-", dir=MEMORY) as folder:
        yield pathlib.Path(folder)


def again(seed):
    return ("seed %d: repeat with    tests/property/laws.py --seed %d --keep h.jsonl\n"
            "shorten with    tests/oracle/history.py --shrink 'tests/property/laws.py --check {} --profile %s' h.jsonl"
            % (seed, seed, profile_of(seed)))


def again_told(seed):
    return ("told %d: repeat with    tests/property/laws.py --told %d --keep h.jsonl\n"
            "shorten with    tests/oracle/history.py --shrink 'tests/property/laws.py --check-told {} --draw %d' h.jsonl" % (seed, seed, seed))


def one(seed, path, work):
    """Everything about one history."""
    wrong = laws(profile_of(seed), seed, [path], work)
    return wrong + compare(profile_of(seed), path, work, places=12)[0]


def chunk(seeds):
    """(events, lines of the oracle, messages of the judge, what is wrong) of neighbouring seeds."""
    with workplace() as work:
        paths = {seed: work / ("%d.jsonl" % seed) for seed in seeds}
        events = sum(make(seed, path) for seed, path in paths.items())
        lines, messages, wrong, name = 0, 0, [], profile_of(seeds[0])
        if laws(name, seeds[0], paths.values(), work):
            for seed, path in paths.items():
                wrong += [err + "\n" + again(seed) for err in laws(name, seed, [path], work)]
            wrong = wrong or ["seeds %d to %d fail together, not one by one" % (seeds[0], seeds[-1])]
        for seed in seeds:
            if whole(seed):
                more, n = compare(name, paths[seed], work, places=1000, days="last:800")
            elif seed % EACH == 0 and not long(seed):
                more, n = compare(name, paths[seed], work, spoil=seed % (10 * EACH) == 0)
            else:
                more, n = [], 0
            wrong += [err + "\n" + again(seed) for err in more]
            lines += n
            if ERRATA and seed % TOLD == 1:
                make_told(seed, paths[seed])
                more, n = judged(paths[seed], seed, work)
                wrong += [err + "\n" + again_told(seed) for err in more]
                messages += n
        return events, lines, messages, wrong


def many(first, histories):
    """Runs them on all processors; whether all is well."""
    seeds = range(first, first + histories)
    cut = [seeds[0]] + [s for s in seeds if (s - 1) % CHUNK == 0 and s > first] + [first + histories]
    parts = [range(a, b) for a, b in zip(cut, cut[1:])]
    events = lines = messages = 0
    wrong = []
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for e, n, m, w in pool.imap_unordered(chunk, parts):
            events, lines, messages = events + e, lines + n, messages + m
            wrong += w
    print("laws: %d histories, %d events, %d lines of the oracle compared, %d messages of the judge, %d wrong"
          % (histories, events, lines, messages, len(wrong)))
    for text in wrong[:10]:
        print("  " + text.replace("\n", "\n    "))
    return not wrong and events > 0 and (lines > 0 or histories < EACH) and (messages > 0 or not ERRATA or histories < 4 * TOLD)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--histories", type=int, default=2000)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--seed", type=int)
    p.add_argument("--keep", type=pathlib.Path)
    p.add_argument("--check", type=pathlib.Path)
    p.add_argument("--profile", choices=PROFILES)
    p.add_argument("--told", type=int)
    p.add_argument("--check-told", type=pathlib.Path)
    p.add_argument("--draw", type=int, default=1)
    options = p.parse_args()
    if all(one is None for one in (options.seed, options.check, options.told, options.check_told)):
        sys.exit(not many(options.first, options.histories))
    with workplace() as work:
        if options.check_told:
            wrong, _ = judged(options.check_told, options.draw, work)
        elif options.told is not None:
            path = options.keep or work / "history.jsonl"
            make_told(options.told, path)
            wrong, _ = judged(path, options.told, work)
        elif options.check:
            name = options.profile or "all"
            wrong = laws(name, 1, [options.check], work) + compare(name, options.check, work, places=12)[0]
        else:
            path = options.keep or work / "history.jsonl"
            make(options.seed, path)
            wrong = one(options.seed, path, work)
    for text in wrong:
        print(text)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
