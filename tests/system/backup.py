#!/usr/bin/python3
"""backup -- a live store copied, the copy restored elsewhere: the same answers, another epoch, and sources that know more.

Also: while publishers go on, a client that goes away, a target that is there already, a backup that is not whole.
"""
import os
import pathlib
import shutil
import subprocess
import threading
import time

import client
from house import BUILD, House, complete, equal, leaver, starter


def run(*command, env=None):
    p = subprocess.run([str(x) for x in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True,
                       env={**os.environ, **(env or {})})
    return p.returncode, p.stdout


def backup(h, to, *more):
    return run(BUILD / "workforcectl", "backup", to, "--sockets", h.dir, *more)


def restore(file, to):
    return run(BUILD / "workforced", "restore", file, "--store", to)


def answers(h):
    """All that it says, but for what is its own."""
    rows = h.ask("dump") + h.ask("figures") + h.ask("alerts") + h.ask("findings") + h.ask("refused")
    rows += h.ask("history", indicator="in_post", unit="bexley", **{"from": client.day("2024-01-01"), "until": client.day("2024-03-09")})
    return [(k, {x: y for x, y in r.items()}) for k, r in rows]


def fill(h):
    p = client.Publisher(h.intake, "hr")
    p.hello()
    p.publish([complete("2015-01-01")])
    for first in range(0, 3000, 500):
        p.publish([starter(i, team="asm%d" % (1 + i % 2), effective="2023-%02d-11" % (1 + i % 12)) for i in range(first, first + 500)])
    p.publish([leaver(i, "2024-02-%02d" % (1 + i % 28)) for i in range(400)] + [leaver(99999, "2024-02-02")])
    p.close()
    h.advance("2024-03-10")


class Going(threading.Thread):
    """Publishes without end; says which frames were acknowledged."""

    def __init__(self, h):
        super().__init__(daemon=True)
        self.p, self.frames, self.on, self.slowest = client.Publisher(h.intake, "more"), 0, True, 0.0
        self.p.hello()
        self.start()

    def run(self):
        while self.on:
            began = time.monotonic()
            m = self.p.publish([starter(100000 + i, source="more") for i in range(50 * self.frames, 50 * self.frames + 50)])
            equal("REPLY", m[0], client.REPLY)
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.frames += 1

    def end(self):
        self.on = False
        self.join()
        self.p.close()


def main():
    with House() as h, House() as other:
        h.start()
        fill(h)
        file = h.dir / "one.backup"
        status, said = backup(h, file)
        assert status == 0 and "nothing wrong" in said, (status, said)
        equal("mode", file.stat().st_mode & 0o777, 0o600)
        want, sequence = answers(h), h.status()["sequence"]

        # While publishers go on: whole, and of one commit; what came in meanwhile is not lost for it.
        going = Going(h)
        for i in range(4):
            status, said = backup(h, h.dir / ("live%d" % i))
            assert status == 0 and "nothing wrong" in said, (status, said)
        going.end()
        assert going.frames > 0
        print("while %d frames went in, the slowest reply took %.0f ms" % (going.frames, 1000 * going.slowest))

        # Who takes a snapshot and goes away keeps nobody else from one for long.
        first = client.ask(h.admin, "backup")[0][1]
        status, said = backup(h, h.dir / "second")
        equal("another backup", (status != 0, "another backup" in said), (True, True))
        time.sleep(5.2)
        equal("after a while", backup(h, h.dir / "second")[0], 0)
        try:
            client.ask(h.admin, "backup", snapshot=first["snapshot"], since=0)
            raise AssertionError("an old snapshot was given")
        except client.Failed as e:
            assert "not held any more" in str(e), e
        assert not list(h.dir.glob("*.part")), list(h.dir.glob("*.part"))

        # A folder, and how many stay in it.
        folder = h.dir / "backups"
        folder.mkdir()
        for _ in range(3):
            equal("into a folder", backup(h, folder, "--keep", "2")[0], 0)
            time.sleep(1.1)
        equal("kept", len(list(folder.iterdir())), 2)

        # Elsewhere.
        store = other.dir / "store"
        status, said = restore(file, store)
        assert status == 0 and "restored" in said, (status, said)
        status, said = restore(file, store)
        assert status == 1 and "not empty" in said, (status, said)
        cut = h.dir / "cut"
        cut.write_bytes(file.read_bytes()[:-8192])
        status, said = restore(cut, other.dir / "fresh")
        assert status == 65 and not (other.dir / "fresh").exists(), (status, said)
        other.start()
        equal("answers", answers(other), want)
        mine, theirs = h.status(), other.status()
        equal("sequence", theirs["sequence"], sequence)
        equal("store", theirs["store"], mine["store"])
        assert theirs["instance"] > mine["instance"] and theirs["restored"] > 0 and mine["restored"] == 0, (mine, theirs)

        # A source that was acknowledged beyond the backup says so, is listed, and sends again what it has.
        p = client.Publisher(other.intake, "more")
        p.socket.send(client.msgpack.packb([client.HELLO, "more", 1, 1, 50 * going.frames + 1]))
        equal("durable", p.receive()[2], 0)
        equal("REPLY", p.publish([starter(100000 + i, source="more") for i in range(50)])[0], client.REPLY)
        rows = {r["source"]: r for k, r in other.ask("status")[1:]}
        equal("beyond", (rows["more"]["beyond"], rows["hr"]["beyond"]), (50 * going.frames, 0))
        assert "beyond what this store holds" in other.log.read_text()
        p.close()
        equal("ended", other.end()[0], 0)
        equal("ended", h.end()[0], 0)
        again = pathlib.Path(str(store) + "2")
        equal("restored again", restore(file, again)[0], 0)
        shutil.rmtree(again)


main()
