#!/usr/bin/python3
"""laws -- random histories, and what must hold of each.

    any order, doubled:      the same ledger, kept step by step and derived anew          (property_fold, every history)
    any order and grouping:  the same ledger, figures and states; so do restarts          (property_engine, each tenth)
    the oracle:              the same ledger, findings, figures and states                (each fiftieth, three profiles)

    laws.py [--histories 2000] [--first 1]       a failure names its seed; the same seed makes the same history
"""
import argparse
import datetime
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WF_BUILD", TOP / "build"))
ORACLE = TOP / "tests" / "oracle"
TODAY = "2025-03-14"
PROFILES = ("all", "posts", "training")
sys.path.insert(0, str(ORACLE))
from conf import Profile                # noqa: E402
from history import History             # noqa: E402


def run(*command):
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def make(seed, path):
    """A history whose size, people and organisations vary with its seed; returns its number of events."""
    history = History(seed, 3 + seed % 17, 1 + seed % 3, datetime.date.fromisoformat(TODAY), None)
    events = history.make(20 + seed * 7 % 110, seed % 4 != 0, True)
    path.write_text("".join(json.dumps(e, separators=(",", ":")) + "\n" for e in events))
    return len(events)


def fold_options(profile):
    options = ["--supervision", profile.supervision_every, "--caseload", profile.caseload_days, "--roles", "".join(profile.roles),
               "--holidays", TOP / "profiles" / "bank-holidays-england"]
    return options + ["--allocations"] * (profile.cases == "allocations") + ["--posts"] * (profile.vacancies == "posts")


def oracle(profile, path, *what):
    code, out, err = run("/usr/bin/python3", ORACLE / "oracle.py", "--profile", profile, "--events", path, "--today", TODAY, *what)
    return (None, err) if code else (out, "")


def facts(findings):
    """kind, org, source and id of each. Whose timeline it was found in is left out: an allocation lies in its case's and its
    worker's. Units that no link names are the engine's to find, not the fold's."""
    rows = [line.split("|") for line in findings.splitlines()]
    return sorted((r[0], r[1], r[4], r[5]) for r in rows if r[0] != "unassigned")


def compare(seed, path, work):
    """What the oracle says of one history beside what the daemon's own rooms say."""
    name = PROFILES[seed // 50 % len(PROFILES)]
    profile, wrong, lines = ORACLE / "profiles" / (name + ".conf"), [], 0
    told = {}
    for what, options in (("ledger", ["--ledger"]), ("figures", ["--days", "some:12"]), ("states", ["--states"]), ("findings", ["--findings"])):
        told[what], err = oracle(profile, path, *options)
        if told[what] is None:
            return ["seed %d, %s: the oracle: %s" % (seed, name, err.strip()[-300:])], 0
        lines += told[what].count("\n")
        (work / what).write_text(told[what])
    engine = [BUILD / "property_engine", "--profile", profile, "--today", TODAY, "--store", work / "store"]
    ledger = ["--ledger", work / "ledger"] if told["ledger"] else []
    code, _, err = run(*engine, *ledger, "--figures", work / "figures", "--states", work / "states", path)
    if code:
        wrong.append("seed %d, %s: %s" % (seed, name, err.strip()[-400:]))
    code, found, err = run(BUILD / "property_fold", *fold_options(Profile(str(profile))), "--findings", path)
    if code or facts(found) != facts(told["findings"]):
        wrong.append("seed %d, %s: findings differ: %s" % (seed, name, err.strip()[-200:]))
    # The comparison itself must be able to say no.
    spoilt = told["ledger"].splitlines(True)
    if spoilt:
        (work / "spoilt").write_text("".join(spoilt[:-1]))
        if run(*engine, "--ledger", work / "spoilt", path)[0] != 1:
            wrong.append("seed %d, %s: a ledger that lacks a line was taken for the same" % (seed, name))
    return wrong, lines


def one(seed):
    with tempfile.TemporaryDirectory(prefix="wf-laws-") as folder:
        work = pathlib.Path(folder)
        path, wrong, lines = work / "history.jsonl", [], 0
        events = make(seed, path)
        code, _, err = run(BUILD / "property_fold", "--permute", 3, "--seed", seed, "--supervision", 42, path)
        if code:
            wrong.append("seed %d: %s" % (seed, err.strip()[-400:]))
        if seed % 10 == 0:
            profile = ORACLE / "profiles" / (PROFILES[seed // 10 % len(PROFILES)] + ".conf")
            code, _, err = run(BUILD / "property_engine", "--profile", profile, "--today", TODAY, "--orders", 2, "--seed", seed,
                               "--store", work / "store", path)
            if code:
                wrong.append("seed %d, %s: %s" % (seed, profile.stem, err.strip()[-400:]))
        if seed % 50 == 0:
            more, lines = compare(seed, path, work)
            wrong += more
        return events, lines, wrong


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--histories", type=int, default=2000)
    options.add_argument("--first", type=int, default=1)
    options = options.parse_args()
    seeds = range(options.first, options.first + options.histories)
    events = lines = 0
    wrong = []
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for e, n, w in pool.imap_unordered(one, seeds, chunksize=10):
            events, lines = events + e, lines + n
            wrong += w
    print("laws: %d histories, %d events, %d lines of the oracle compared, %d wrong" % (len(seeds), events, lines, len(wrong)))
    for line in wrong[:10]:
        print("  " + line.replace("\n", "\n    "))
    sys.exit(bool(wrong) or events == 0 or (lines == 0 and options.histories >= 50))


if __name__ == "__main__":
    main()
