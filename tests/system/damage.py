#!/usr/bin/python3
"""damage -- a store whose bytes are not what was written: refused with a reason, or of no effect; never a wrong answer.

300 single bits over the pages in use (WF_FLIPS, WF_SEED), then files that are cut off, of another kind, or put together of two.
"""
import os
import random
import shutil
import subprocess
import time

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
    return run("scrub", path)


def run(command, path):
    p = subprocess.run([str(BUILD / "workforced"), command, str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True)
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

        flips = subprocess.run([str(BUILD / "system_flips"), str(store), str(h.profile), FLIPS, SEED], timeout=3000)
        equal("flips", flips.returncode, 0)

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
        scrubbed(h, data)


def place_of(data, table):
    """Offset of a byte in a row's bytes of a leaf of this table: a value of the kind that only it holds."""
    p = subprocess.run([str(BUILD / "system_flips"), "--leaf", table, str(data.parent)], stdout=subprocess.PIPE, text=True, check=True)
    return int(p.stdout)


def flip(data, at):
    with open(data, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 16]))
        os.fsync(f.fileno())


def until(h, what, within=30):
    end = time.monotonic() + within
    while time.monotonic() < end:
        s = h.status()
        if what(s):
            return s
        time.sleep(0.2)
    raise AssertionError("not within %d s: %s" % (within, s))


def scrubbed(h, data):
    """What the daemon's own scrub finds while it runs, and what can be done about it."""
    with open(h.conf, "a") as f:
        f.write("scrub_minutes = 1\n")
    h.start()
    s = until(h, lambda s: s["scrubbed"] > 0)
    equal("faults", s["scrub_faults"], 0)
    want = h.ask("dump")
    middle = h.status()["sequence"] // 2
    known = [row for _, row in h.ask("figures", known=middle)]
    assert any(row["status"] == "ok" and row["numerator"] for row in known), "figures that say something were known then"
    assert known != [row for _, row in h.ask("figures")], "and others than now"
    h.end()
    whole = data.read_bytes()

    h.start()
    until(h, lambda s: s["scrubbed"] == 0)
    flip(data, place_of(data, "postings"))
    s = until(h, lambda s: s["trouble"] != "")
    assert "postings" in s["trouble"] and s["state"] == "ready" and s["scrub_faults"] > 0, s
    assert "derived anew" in h.log.read_text()
    h.end()
    status, said = run("derive", data.parent)
    assert status == 0 and "stands alone" in said, (status, said)
    equal("scrub of what was derived", scrub(data.parent)[0], 0)
    h.start()
    equal("dump", h.ask("dump"), want)
    equal("what was known then, its postings forgotten", [row for _, row in h.ask("figures", known=middle)], known)
    h.end()

    data.write_bytes(whole)
    h.start()
    flip(data, place_of(data, "journal"))
    equal("exit status", h.process.wait(timeout=30), 65)
    h.drain()
    assert any("journal" in m for m in h.notified), h.notified
    status, said = run("derive", data.parent)
    assert status == 1 and "damaged.mdb" in said, (status, said)        # what was kept before is not lost
    (data.parent / "damaged.mdb").unlink()
    status, said = run("derive", data.parent)
    assert status == 65 and "journal" in said, (status, said)


main()
