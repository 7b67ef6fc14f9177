#!/usr/bin/python3
"""crash -- 500 images of what a power cut could leave of a store, each still that store; and none of it without flushes.

A daemon under load notes what it writes and flushes (preload/writes.c); it is killed once and ended once meanwhile. The client
notes how long those notes were whenever it has heard of something. system_crash makes the images and judges them.
"""
import os
import random
import shutil
import subprocess
import sys

import zmq

import client
import kill
from client import REPLY, Listener, Publisher, day
from house import BUILD, House, equal

SEED = kill.SEED
IMAGES = int(os.environ.get("WF_IMAGES", 500))
EVENTS, DAYS = 2400, 24


class Witness:
    """What has been heard of, and how long the notes were by then."""

    def __init__(self, h, log, path):
        self.h, self.log, self.lines = h, log, open(path, "w")
        self.sequence, self.alerts, self.today = 0, 0, day(kill.TODAY)

    def note(self):
        self.lines.write("%d %d %d %d\n" % (os.stat(self.log).st_size, self.sequence, self.alerts, self.today))
        self.lines.flush()

    def reply(self, m):
        assert m and m[0] == REPLY and not m[7], m
        if m[6]:
            self.sequence = max(self.sequence, m[6] + m[3 + 1] - m[5] - 1)
        self.note()

    def listen(self, listener):
        while (m := listener.message(0)) is not None:
            self.alerts = max(self.alerts, m[-1]["alert" if m[0] == "beat" else "number"])
            if m[0] == "beat":
                self.sequence = max(self.sequence, m[-1]["sequence"])
            self.note()


def load(h, witness, events, chance):
    """Two publishers, frames of many sizes, some unanswered; days end in between. Ends when it has said a part of it."""
    peers = [Publisher(h.intake, name, timeout=10) for name in ("one", "two")]
    listener = Listener(h.stream, "alert/", "beat")
    for p in peers:
        p.hello()
    waiting = 0
    while events or waiting:
        while events and waiting < 4:
            n = chance.choice((1, 1, 2, 5, 20, 60))
            chance.choice(peers).send([events.pop() for _ in range(min(n, len(events)))])
            waiting += 1
        for p in peers:
            while waiting and (m := p.receive(0.01)) is not None:
                witness.reply(m)
                waiting -= 1
        witness.listen(listener)
        if chance.random() < DAYS / 200:
            witness.today = h.ask("advance", day=witness.today + chance.randint(1, 3), timeout=30)[-1][1]["today"]
            witness.note()
    for p in peers + [listener]:
        p.close()


def record(h, log, acks, chance):
    env = {"LD_PRELOAD": str(BUILD / "preload_writes.so"), "WF_WRITES": str(log)}
    streamed = kill.history(h.dir / "history.jsonl", EVENTS)
    events = kill.with_toggles(0, streamed)[::-1] + list(kill.watched())[::-1]
    witness, third = Witness(h, log, acks), len(events) // 3
    for part in (events[2 * third:], events[third:2 * third], events[:third]):
        h.start(**env)
        load(h, witness, part, chance)
        if part is not events[:third] and h.status()["instance"] == 1:
            h.kill()
        else:
            equal("ended", h.end()[0], 0)
    assert witness.sequence > EVENTS and witness.alerts > 100, (witness.sequence, witness.alerts)


def images(h, log, acks, n, *lose):
    p = subprocess.run([str(BUILD / "system_crash"), str(log), str(acks), str(h.profile), str(h.dir / "reference"), str(n), str(SEED), *lose],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=170)
    return p.returncode, p.stdout.splitlines()


def main():
    chance = random.Random(SEED)
    print("seed %d" % SEED, flush=True)
    with House(profile=kill.profile(), today=kill.TODAY) as h:
        log, acks = h.dir / "writes", h.dir / "acks"
        record(h, log, acks, chance)
        shutil.copytree(h.dir / "store", h.dir / "reference")
        status, said = images(h, log, acks, IMAGES)
        print("\n".join(said[-20:]), flush=True)
        equal("exit status", status, 0)
        for lost in ("flushes", "metas", "all"):
            status, said = images(h, log, acks, 40, lost)
            print("without %s: %s" % (lost, said[-1]))
            print("    for one, %s" % said[0])
            equal("exit status without " + lost, status, 1)
            assert len(said) > 3, "hardly anything was seen"


if __name__ == "__main__":
    sys.exit(main())
