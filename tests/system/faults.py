#!/usr/bin/python3
"""faults -- no room, no disk, no memory: nothing is acknowledged that is not on disk, and the daemon says so and goes on.

full store, full disk (a small loop file system where mounts are allowed), ENOSPC and EIO by failing calls, allocations that
fail at the n-th (WF_ALLOCATIONS of them). After each, every acknowledged event is there, once, and the store scrubs clean.
"""
import os
import random
import struct
import subprocess
import time

import client
from house import BUILD, House, equal, starter

WRITE, FLUSH, ALLOCATE = 1, 2, 4
ENOSPC, EIO, ENOMEM, EDQUOT = 28, 5, 12, 122
SEED = int(os.environ.get("WF_SEED", random.SystemRandom().randrange(1 << 30)))
ALLOCATIONS = int(os.environ.get("WF_ALLOCATIONS", "12"))


class Faults:
    """The control file that the shim maps."""

    def __init__(self, h):
        self.path = h.dir / "fault"
        self.path.write_bytes(bytes(32))
        self.env = {"LD_PRELOAD": str(BUILD / "fault.so"), "WF_FAULT": str(self.path)}

    def set(self, calls, errno=0, after=0, most=0):
        with open(self.path, "r+b") as f:
            f.write(struct.pack("<8i", calls, errno, after, 0, most, 0, 0, 0))

    def failed(self):
        return struct.unpack("<8i", self.path.read_bytes())[5]


class Source:
    """Publishes frames of 100 until told otherwise; knows what was acknowledged."""

    def __init__(self, h, name="hr"):
        self.h, self.p, self.acked, self.busy = h, client.Publisher(h.intake, name, timeout=1.5), 0, None

    def frame(self, i):
        return [starter(k, source=self.p.source) for k in range(i * 100, i * 100 + 100)]

    def send(self):
        """One frame; True: acknowledged."""
        m = self.p.publish(self.frame(self.acked))
        while m is not None and m[0] == client.REPLY and m[2:4] != [1, self.p.next - 100]:
            m = self.p.receive()                        # of a frame that was given up
        if m is not None and m[0] == client.REPLY:
            self.acked += 1
            return True
        self.p.next -= 100
        if m is not None:
            equal("NACK", m[:2], [client.NACK, 6])
            assert m[3] >= 100, m
            self.busy = m[4]
        return False

    def until_refused(self, most=3000):
        for _ in range(most):
            if not self.send():
                return
        raise AssertionError("it never filled up")

    def until_taken(self, within=8.0):
        end = time.monotonic() + within
        while not self.send():
            assert time.monotonic() < end, "it did not go on: %s" % self.busy
            time.sleep(0.1)

    def check(self):
        """Each acknowledged event is there, once: as a duplicate of an entry of its own."""
        p = client.Publisher(self.h.intake, self.p.source, epoch=2, timeout=20)
        p.hello()
        seen = set()
        for i in range(self.acked):
            m = p.publish(self.frame(i))
            equal("REPLY", (m[0], len(m[7])), (client.REPLY, 100))
            assert all(x[1] == client.DUPLICATE for x in m[7]), m[7][:2]
            seen.update(x[2] for x in m[7])
        equal("entries", len(seen), 100 * self.acked)
        p.close()
        self.p.close()


def leave(h):
    equal("ended", h.end()[0], 0)
    p = subprocess.run([str(BUILD / "workforced"), "scrub", str(h.dir / "store")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert p.returncode == 0, p.stdout


def settings(h, **more):
    kept = [x for x in h.conf.read_text().split("\n") if x and x.split(" ")[0] not in more]
    h.conf.write_text("\n".join(kept + ["%s = %s" % x for x in more.items()]) + "\n")


def wait_state(h, state, within=5.0):
    end = time.monotonic() + within
    while True:
        try:
            s = h.status()
            if s["state"] == state:
                return s
        except TimeoutError:
            s = None
        assert time.monotonic() < end, "not %s but %s" % (state, s)
        time.sleep(0.05)


def paused(h, word):
    s = wait_state(h, "paused")
    assert word in s["trouble"], s["trouble"]
    end = time.monotonic() + 5
    while not any("STATUS=" in m and word in m for m in h.notified):
        h.drain()
        assert time.monotonic() < end, h.notified
        time.sleep(0.1)


def full_store():
    with House() as h:
        settings(h, store_mib=8)
        h.start()
        s = Source(h)
        s.until_refused()
        assert "the store is full" in s.busy, s.busy
        paused(h, "the store is full")
        used = h.status()
        assert used["store_bytes"] < 8 << 20 and used["store_limit"] == 8 << 20, used
        h.advance("2024-03-20")                         # days go on in the reserve, and questions are answered
        equal("today", h.status()["today"], client.day("2024-03-20"))
        equal("still refused", s.send(), False)
        leave(h)
        settings(h, store_mib=64)
        h.start()
        s.until_taken()
        s.check()
        leave(h)


def failing_writes(errno):
    """Writes find no room: the process starts over, waits, and goes on when there is some."""
    with House() as h:
        f = Faults(h)
        h.start(**f.env)
        s = Source(h)
        for _ in range(30):
            assert s.send()
        f.set(WRITE, errno, after=random.Random(SEED).randrange(6))
        s.until_refused()
        pid = h.process.pid
        h.until("STATUS=waiting", 5)
        assert h.process.poll() is None and h.process.pid == pid
        f.set(0)
        h.until("READY=1", 5)
        s.until_taken()
        s.check()
        leave(h)


def failing_flush(calls):
    """EIO: the process ends and says why; the next one has all that was acknowledged."""
    with House() as h:
        f = Faults(h)
        h.start(**f.env)
        s = Source(h)
        for _ in range(10):
            assert s.send()
        f.set(calls, EIO, after=random.Random(SEED).randrange(3), most=1)
        s.until_refused()
        equal("exit status", h.process.wait(timeout=5), 1)
        h.drain()
        assert any("Input/output error" in m for m in h.notified), h.notified
        assert "Input/output error" in h.log.read_text()
        f.set(0)
        h.start(**f.env)
        s.until_taken()
        s.check()
        leave(h)


def mounted(h):
    """A small file system of its own for the store; False where that is not allowed."""
    image, at = h.dir / "disk", h.dir / "store"
    at.mkdir()
    image.write_bytes(bytes(40 << 20))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", str(image)], **quiet).returncode == 0 and \
        subprocess.run(["mount", "-o", "loop", str(image), str(at)], **quiet).returncode == 0


def full_disk(reserve):
    with House() as h:
        try:
            if not mounted(h):
                print("no mounts here: a full disk was tried by failing calls alone")
                return
        except FileNotFoundError:
            print("no mkfs or mount here: a full disk was tried by failing calls alone")
            return
        try:
            (h.dir / "store/lost+found").rmdir()
            settings(h, disk_reserve_mib=reserve)
            ballast = h.dir / "store/ballast"
            h.start()
            s = Source(h)
            for _ in range(5):
                assert s.send()
            ballast.write_bytes(bytes(24 << 20))
            s.until_refused()
            if reserve:
                paused(h, "the disk is full")
            else:
                h.until("STATUS=waiting", 5)
            ballast.unlink()
            s.until_taken()
            s.check()
            leave(h)
        finally:
            if h.process.poll() is None:
                h.kill()
            subprocess.run(["umount", str(h.dir / "store")], check=True)


def failing_allocations():
    """The n-th allocation fails, at the start or later: it ends with a reason or goes on, and loses nothing."""
    rnd = random.Random(SEED)
    with House() as h:
        f = Faults(h)
        h.start()
        s = Source(h)
        for _ in range(3):
            assert s.send()
        s.p.timeout = 0.5
        h.end()
        ended = 0
        for n in range(ALLOCATIONS):
            early = n % 2 == 0
            if early:
                f.set(ALLOCATE, ENOMEM, after=rnd.randrange(700), most=1)
            try:
                h.start(**f.env)
                if not early:
                    f.set(ALLOCATE, ENOMEM, after=rnd.randrange(30), most=1)
                for _ in range(3):
                    if not s.send():
                        break
                if h.process.poll() is None:
                    client.ask(h.admin, "advance", timeout=3, day=client.day("2024-03-02") + n)
            except (AssertionError, TimeoutError):
                assert h.process.poll() is not None, "it neither answers nor ends"
            f.set(0)
            if h.process.poll() is None:
                equal("ended", h.end()[0], 0)
            else:
                ended += 1
                equal("allocation %d: exit status" % n, h.process.returncode, 1)
                said = h.log.read_text()
                assert "memory" in said.strip().split("\n")[-1] or "memory" in said[-3000:], said[-1000:]
        assert ended > 0, "no allocation failed"
        h.start()
        s.check()
        leave(h)
        print("allocations: %d of %d ended the process, with a reason" % (ended, ALLOCATIONS))


# A disk that is full to its last byte is told by commits alone: slower to see, so for `make soak`.
LONG = [(full_disk, 0), (failing_writes, EDQUOT)] if os.environ.get("WF_LONG") else []
print("faults: seed %d" % SEED, flush=True)
for test, *with_ in ((full_store,), (failing_writes, ENOSPC), (failing_flush, FLUSH), (failing_flush, WRITE), (full_disk, 8),
                     *LONG, (failing_allocations,)):
    began = time.monotonic()
    test(*with_)
    print("%s %s: %.1f s" % (test.__name__, with_ or "", time.monotonic() - began), flush=True)
