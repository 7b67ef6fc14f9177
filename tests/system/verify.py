#!/usr/bin/python3
"""verify -- a store that has lived comes to the same when its journal is told again; one derived value that was altered,
checksum and all, is found and named.

The life: three publishers that take turns, corrections, voids, doubles, refusals, two profiles, kills, a month of days.
"""
import hashlib
import os
import random
import shutil
import subprocess

import client
from house import BUILD, PROFILE, House, complete, equal, leaver, starter

SAID = 1577880000000


def run(*command):
    p = subprocess.run([str(x) for x in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True)
    return p.returncode, p.stdout


def verify(path, *more):
    return run(BUILD / "workforced", "verify", path, *more)


def link(n, what, of, effective, data=None, type_="starter", subject=None, source="hr"):
    """An event that corrects or voids another."""
    return client.event(source, "bexley", type_, "x%d" % n, subject, effective, data or {}, time=SAID + 1000 * n, **{what: of})


def frames(rng):
    """What three publishers send, in frames, each with its source."""
    yield "hr", [complete("2015-01-01")]
    for first in range(1000, 1800, 400):        # so many that the ledger has pages
        yield "more", [starter(n, team="asm9", source="more", effective="2021-%02d-17" % (1 + n % 12)) for n in range(first, first + 400)]
    for first in range(0, 60, 6):
        yield "hr", [starter(n, team="asm%d" % (1 + n % 2), effective="2023-%02d-03" % (1 + n % 12)) for n in range(first, first + 6)]
        yield "more", [starter(n, team="asm%d" % (1 + n % 2), source="more", effective="2022-11-%02d" % (1 + n % 28))
                       for n in range(100 + first, 103 + first)]
        yield "hr", [starter(first, effective="2023-01-03"), starter(first + 1, team="asm2", effective="2023-%02d-03" % (1 + (first + 1) % 12))]
        yield "other", [client.event("other", "bexley", "starter", "bad", "p1", "2023-01-01", {"fte": 2000000}),
                        leaver(rng.randrange(60), "2024-02-%02d" % rng.randint(1, 28), source="other")]
    for n in range(40):
        person = rng.randrange(60)
        yield "hr", [leaver(person, "2024-0%d-%02d" % (rng.randint(1, 2), rng.randint(1, 28))) if n % 3 else
                     link(n, "voids", "s%d" % person, "2023-%02d-03" % (1 + person % 12), subject="p%d" % person)]
        yield "more", [link(n + 500, "corrects", "s%d" % (100 + n), "2023-02-01", subject="p%d" % (100 + n), source="more",
                            data={"engagement": "e%d" % (100 + n), "team": "asm1", "role": "5", "fte": 500000})]


def live(h):
    rng, day = random.Random(7), client.day("2024-03-01")
    publishers = {s: client.Publisher(h.intake, s) for s in ("hr", "more", "other")}
    for n, (source, events) in enumerate(frames(rng)):
        reply = publishers[source].publish(events)
        assert reply and reply[0] == client.REPLY, reply
        if n % 7 == 6:
            day += 1 + n % 2
            h.ask("advance", day=day, timeout=30)
        if n % 25 == 24:
            if n // 25 % 2:
                h.kill()
            else:
                h.end()
            if n == 49:
                h.profile.write_text(PROFILE.replace('amber = "4" red = "2"', 'amber = "14" red = "9"'))
            h.start()
            for s in publishers:
                publishers[s].close()
                publishers[s] = client.Publisher(h.intake, s)
                publishers[s].hello()
        if n == 60:
            h.profile.write_text(PROFILE.replace('amber = "4" red = "2"', 'amber = "12" red = "8"'))
            h.ask("reload")
    h.ask("advance", day=day + 3, timeout=30)
    for p in publishers.values():
        p.close()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def altered(h, what, says):
    """A copy of the store with one value of a kind altered."""
    copy = h.dir / what
    shutil.copytree(h.dir / "store", copy)
    equal("altering " + what, run(BUILD / "system_alter", copy, what)[0], 0)
    equal("a scrub sees nothing of it", run(BUILD / "workforced", "scrub", copy)[0], 0)
    status, said = verify(copy)
    assert status == 1 and says in said and " different\n" in said, (what, status, said)
    shutil.rmtree(copy)


def main():
    with House() as h:
        h.start()
        live(h)
        alerts, told = h.status()["alerts"], h.status()["sequence"]
        assert alerts > 10, alerts
        status, said = verify(h.dir / "store")
        assert status == 1 and "workforcectl backup" in said, (status, said)
        equal("a backup", run(BUILD / "workforcectl", "backup", h.dir / "copy", "--sockets", h.dir)[0], 0)
        h.end()
        before, there = digest(h.dir / "store/data.mdb"), sorted(os.listdir(h.dir))
        for path in (h.dir / "store", h.dir / "copy"):
            status, said = verify(path)
            assert status == 0 and "%d journal entries" % told in said and "%d alert messages" % alerts in said, (status, said)
            assert said.endswith("all the same\n"), said
        equal("nothing is left behind", sorted(os.listdir(h.dir)), there)
        equal("nothing is changed", digest(h.dir / "store/data.mdb"), before)
        (h.dir / "room").mkdir()
        equal("elsewhere", verify("--store", h.dir / "store", "--work", h.dir / "room")[0], 0)
        equal("no room", verify(h.dir / "store", "--work", h.dir / "nowhere")[0], 1)
        equal("no store", verify(h.dir / "room")[0], 1)
        altered(h, "outbox", "alert message ")
        altered(h, "ledger", "ledger: only here: ")
        altered(h, "postings", "postings of journal entry ")
        altered(h, "told", "what is kept of what was told")
    print("verify: a life of %d entries and %d alert messages told again, four alterations found" % (told, alerts))


if __name__ == "__main__":
    main()
