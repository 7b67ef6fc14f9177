#!/usr/bin/python3
"""damage -- a store whose bytes are not what was written: refused with a reason, or of no effect; never a wrong answer.

300 single bits over the pages in use (WF_FLIPS, WF_SEED), then files that are cut off, of another kind, or put together of two.
"""
import os
import random
import shutil
import subprocess

import client
from house import BUILD, House, complete, equal, leaver, starter

SEED = os.environ.get("WF_SEED", str(random.SystemRandom().randrange(1 << 30)))
FLIPS = os.environ.get("WF_FLIPS", "300")


def fill(h):
    """Some thousand events in commits large and small, with alerts, findings, refusals; the day moves on."""
    p = client.Publisher(h.intake, "hr")
    p.hello()
    p.publish([complete("2015-01-01")])
    for first in range(0, 2400, 400):
        p.publish([starter(i, team="asm%d" % (1 + i % 2), effective="20%02d-0%d-11" % (15 + i % 8, 1 + i % 9)) for i in range(first, first + 400)])
    for i in range(0, 600, 20):
        p.publish([leaver(k, "2023-%02d-15" % (1 + k % 12)) for k in range(i, i + 20)])
        p.publish([leaver(90000 + i, "2023-05-05")])                  # of nobody: a finding
        p.publish([client.event("hr", "bexley", "starter", "bad%d" % i, "p1", "2023-05-05", {"team": "asm1"})])
    for day in range(2, 40):
        h.advance("2024-03-%02d" % day if day < 32 else "2024-04-%02d" % (day - 31))
        p.publish([leaver(600 + day, "2024-02-%02d" % (1 + day % 28))])
    p.close()


def scrub(path):
    p = subprocess.run([str(BUILD / "workforced"), "scrub", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True)
    return p.returncode, p.stdout


def refused(h, why):
    """Neither the scrub nor a start takes it; each says why."""
    status, said = scrub(h.dir / "store")
    equal("scrub of " + why, (status, bool(said.strip())), (65, True))
    status, said = h.run()
    assert status in (1, 65) and "cannot start" in said, (why, status, said)
    return said


def main():
    with House() as h:
        h.start()
        fill(h)
        status, said = scrub(h.dir / "store")
        assert status == 1 and "has this store open" in said, (status, said)
        equal("ended", h.end()[0], 0)
        store, data = h.dir / "store", h.dir / "store/data.mdb"
        status, said = scrub(store)
        assert status == 0 and "nothing wrong" in said, (status, said)

        run = subprocess.run([str(BUILD / "system_flips"), str(store), str(h.profile), FLIPS, SEED], timeout=3000)
        equal("flips", run.returncode, 0)

        whole = data.read_bytes()
        for n in (4096, 8192, len(whole) // 2, len(whole) - 4096):
            data.write_bytes(whole[:n])
            said = refused(h, "a file cut off at %d of %d" % (n, len(whole)))
            assert "data.mdb" in said, said
        data.write_bytes(b"")
        assert "there was a store" in h.run()[1]
        for kind in (bytes(65536), b"SQLite format 3\0" + bytes(20000), random.Random(SEED).randbytes(300000)):
            data.write_bytes(kind)
            refused(h, "a file of another kind")
        page = 4096 * (len(whole) // 8192)
        data.write_bytes(whole[:page] + bytes(4096) + whole[page + 4096:])
        zeroed = scrub(store)[0]
        data.write_bytes(whole[:8192] + whole[12288:16384] + whole[8192:12288] + whole[16384:])
        refused(h, "two pages in each other's place")
        assert zeroed in (0, 65)
        with House() as other:                      # another store's file beside this one's lock
            other.start()
            other.end()
            shutil.copy(other.dir / "store/data.mdb", data)
        status, said = h.run()
        assert status == 65 and "another store" in said, (status, said)
        data.write_bytes(whole)
        h.start()
        equal("ended", h.end()[0], 0)


main()
