#!/usr/bin/python3
"""clock -- time itself, with the host's clock in the test's hand: days end at midnight in London without traffic, on the two
odd days too and in any time zone of the host; put back it takes nothing back; far ahead it stops the calendar, not the
intake, until it is accepted, over a restart too; what was missed is ended day by day."""
import datetime
import multiprocessing
import os
import sys
import time

from client import Failed, Publisher, day
from house import BUILD, House, complete, equal, leaver, starter

UTC = datetime.timezone.utc


def instant(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class Clock:
    """What the daemon's host shows."""
    def __init__(self, h):
        self.h, self.file = h, h.dir / "clock"

    def set(self, text, before=0.0):
        self.offset = instant(text) - before - time.time()
        fresh = self.h.dir / "clock.new"
        fresh.write_text("%d" % round(self.offset * 1000))
        os.replace(fresh, self.file)

    def now(self):
        return time.time() + self.offset


def start(h, clock, zone):
    h.start(LD_PRELOAD=str(BUILD / "preload_clock.so"), WF_CLOCK=str(clock.file), TZ=zone)


def today(h):
    return h.status()["today"]


def wait_for(what, condition, within=10.0):
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def midnight(h, clock, text, ends):
    """The day `ends` ends at `text`, in UTC, without anybody doing anything."""
    clock.set(text, before=2.0)
    wait_for("the clock is seen", lambda: today(h) == day(ends), 1.9)
    while today(h) == day(ends):
        assert clock.now() < instant(text) + 2.0, "%s has not ended" % ends
        time.sleep(0.01)
    assert clock.now() >= instant(text) - 0.01, "%s ended %.3f s too early" % (ends, instant(text) - clock.now())
    equal("the day after " + ends, today(h), day(ends) + 1)


def calendar(zone):
    with House(manual=False) as h:
        clock = Clock(h)
        clock.set("2026-03-28T12:00:00")
        start(h, clock, zone)
        equal("first day", today(h), day("2026-03-28"))
        midnight(h, clock, "2026-03-29T00:00:00", "2026-03-28")
        midnight(h, clock, "2026-03-29T23:00:00", "2026-03-29")         # 23 hours
        midnight(h, clock, "2026-04-21T23:00:00", "2026-04-21")
        # A host that was off or asleep: each missed day is ended, one entry of the journal each.
        for month in range(5, 11):
            before, sequence = today(h), h.status()["sequence"]
            clock.set("2026-%02d-20T12:00:00" % month)
            wait_for("the missed days", lambda: today(h) == day("2026-%02d-20" % month))
            equal("ticks", h.status()["sequence"] - sequence, today(h) - before)
        midnight(h, clock, "2026-10-24T23:00:00", "2026-10-24")
        clock.set("2026-10-25T23:30:00")
        time.sleep(1.2)
        equal("in the last of 25 hours", today(h), day("2026-10-25"))
        midnight(h, clock, "2026-10-26T00:00:00", "2026-10-25")
        equal("trouble", h.status()["trouble"], "")
        equal("ended", h.end()[0], 0)


def jumps(zone):
    ms = lambda text: round(instant(text) * 1000)
    with House(manual=False) as h:
        clock = Clock(h)
        clock.set("2026-06-10T12:00:00")
        start(h, clock, zone)
        p = Publisher(h.intake, "hr")
        p.hello()
        equal("refused", p.publish([starter(1), complete("2015-01-01")])[7], [])

        # Back by three days: nothing is taken back, and what sources say of today is not of the future.
        clock.set("2026-06-07T12:00:00")
        wait_for("trouble is told", lambda: "before today" in h.status()["trouble"])
        equal("today", today(h), day("2026-06-10"))
        equal("refused", p.publish([starter(2, effective="2026-06-10", time=ms("2026-06-10T12:00:00"))])[7], [])
        equal("in post", h.figure("bexley", "in_post")["numerator"], 2)
        clock.set("2026-06-10T18:00:00")
        wait_for("no trouble", lambda: h.status()["trouble"] == "")
        midnight(h, clock, "2026-06-10T23:00:00", "2026-06-10")

        # Ten years ahead: the calendar waits, the intake does not, over a kill -9 too.
        clock.set("2036-06-11T12:00:00")
        wait_for("trouble is told", lambda: "2036-06-11" in h.status()["trouble"])
        equal("today", today(h), day("2026-06-11"))
        equal("refused", p.publish([starter(3, effective="2026-06-11", time=ms("2026-06-11T09:00:00"))])[7], [])
        h.kill()
        start(h, clock, zone)
        p.close()
        p = Publisher(h.intake, "hr")
        p.hello()
        equal("today after a restart", today(h), day("2026-06-11"))
        equal("refused", p.publish([leaver(1, "2026-06-11")])[7], [])
        equal("in post", h.figure("bexley", "in_post")["numerator"], 2)
        equal("waits for", h.ask("clock")[0][1]["jump"], day("2036-06-11"))
        # Set right: it goes on by itself.
        clock.set("2026-06-12T12:00:00")
        wait_for("the right day", lambda: today(h) == day("2026-06-12"))
        equal("trouble", h.status()["trouble"], "")
        try:
            h.ask("accept")
            raise AssertionError("nothing waits to be accepted")
        except Failed:
            pass
        # And if it is true: all days until then, in order.
        sequence = h.status()["sequence"]
        clock.set("2026-07-14T12:00:00")
        wait_for("32 days are too many", lambda: "2026-07-14" in h.status()["trouble"])
        ended = h.ask("accept")[-1][1]
        equal("accepted", (ended["today"], ended["ticks"]), (day("2026-07-14"), 32))
        equal("ticks", h.status()["sequence"] - sequence, 32)
        midnight(h, clock, "2026-07-14T23:00:00", "2026-07-14")
        equal("ended", h.end()[0], 0)


if __name__ == "__main__":
    runs = [multiprocessing.Process(target=what, args=(zone,))
            for what, zone in ((calendar, "Pacific/Kiritimati"), (calendar, "America/Los_Angeles"), (jumps, "Asia/Kathmandu"))]
    for r in runs:
        r.start()
    for r in runs:
        r.join()
    sys.exit(any(r.exitcode != 0 for r in runs))
