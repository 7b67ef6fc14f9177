#!/usr/bin/python3
"""kill -- four publishers stream while the daemon is killed 20 times at random: every acknowledged event is there, once.

The store holds 200,000 events before the first kill. What is there is found out by publishing everything again under a
new epoch: each event must come back as a duplicate of one entry, of its own, and of the one that its reply named. The
ledger must equal that of a daemon that got the same events in another order, the figures those of the oracle.
"""
import collections
import csv
import fractions
import multiprocessing
import os
import pathlib
import pickle
import random
import subprocess
import sys
import time

from client import DUPLICATE, NACK, REFUSED, REPLY, WELCOME, Publisher, day, event, from_json
from house import ROOT, House, equal

ORACLE = ROOT / "tests/oracle"
PROFILE = ORACLE / "profiles/all.conf"
TODAY = "2025-03-14"
KILLS, FILLERS, STREAMED, PUBLISHERS = 20, 200000, 40000, 4
SEED = int(os.environ.get("WF_SEED", random.SystemRandom().randrange(1 << 30)))


def filler():
    """An organisation of 2,000 people with a count of cases each working day."""
    def say(n, type_, id_, d, data):
        return event("fill", "gamma", type_, id_, "g%d" % n, d, data, time=1577880000000)

    for n in range(2000):
        yield say(n, "starter", "gs%d" % n, "2019-01-07", {"engagement": "g%d" % n, "team": "g%d" % (n % 40), "role": "5", "fte": 1000000})
    days = ["2019-%02d-%02d" % (m, d) for m in range(2, 7) for d in range(1, 21)]
    for i in range(FILLERS - 2000):
        n, d = i % 2000, days[i // 2000]
        yield say(n, "caseload", "gc%d" % i, d, {"cases": i % 23})


def history(path):
    with open(path, "w") as out:
        subprocess.run([str(ORACLE / "history.py"), "--seed", str(SEED), "--events", str(STREAMED), "--people", "2500", "--orgs", "1",
                        "--no-duplicates", "--profile", str(PROFILE), "--today", TODAY], stdout=out, check=True)
    return [from_json(line) for line in open(path)]


class Stream:
    """One publisher: frames of 1 to 64 events, eight of them unanswered; after silence it asks what is durable and goes on."""

    def __init__(self, endpoint, name, events, sent):
        self.endpoint, self.name, self.events, self.sent = endpoint, name, events, sent
        self.verdict = [None] * len(events)         # sequence of the entry, or "known"
        self.random = random.Random("%s %s" % (SEED, name))
        self.resumed, self.open = 0, collections.deque()

    def resume(self):
        while True:
            self.peer = Publisher(self.endpoint, self.name, timeout=0.15)
            answer = self.peer.hello()
            if answer and answer[0] == WELCOME:
                break
            self.peer.close()
        self.resumed += 1
        self.open.clear()
        for i in range(answer[2]):
            self.verdict[i] = self.verdict[i] or "known"
        self.next = answer[2]

    def settle(self, m):
        assert m[0] == REPLY, m
        first, count, known, sequence = m[3] - 1, m[4], m[5], m[6]
        exceptions = {x[0]: x for x in m[7]}
        for i in range(count):
            if i < known:
                self.verdict[first + i] = self.verdict[first + i] or "known"
            elif i in exceptions:
                raise AssertionError("%s: event %d: %s" % (self.name, first + i, exceptions[i]))
            else:
                assert self.verdict[first + i] is None, "event %d was acknowledged twice" % (first + i)
                self.verdict[first + i] = sequence
                sequence += 1

    def run(self):
        self.resume()
        while self.open or self.next < len(self.events):
            while len(self.open) < 8 and self.next < len(self.events):
                frame = self.events[self.next:self.next + self.random.randint(1, 64)]
                self.peer.send(frame, first=self.next + 1)
                self.open.append(len(frame))
                self.next += len(frame)
            m = self.peer.receive()
            if m is None or m[0] == NACK:
                self.peer.close()
                self.resume()
                continue
            self.open.popleft()
            self.settle(m)
            self.sent.value += m[4]
            time.sleep(0.004)
        self.peer.close()


def stream(endpoint, name, events, sent, out):
    s = Stream(endpoint, name, events, sent)
    s.run()
    pathlib.Path(out).write_bytes(pickle.dumps((s.verdict, s.resumed)))


def publish_all(h, source, epoch, events):
    """In large frames; the reply to each event: (kind, sequence)."""
    p, verdicts = Publisher(h.intake, source, epoch, timeout=20), []
    p.hello()
    frames = [events[i:i + 1500] for i in range(0, len(events), 1500)]
    waiting = 0
    for f in frames + [None] * 6:
        if f is not None:
            p.send(f)
            waiting += 1
        if waiting > 5 or (f is None and waiting):
            m = p.receive()
            waiting -= 1
            assert m and m[0] == REPLY, m and m[:5]
            exceptions, sequence = {x[0]: x for x in m[7]}, m[6]
            for i in range(m[4]):
                x = exceptions.get(i)
                verdicts.append((x[1], x[2]) if x else (0, sequence))
                sequence += 0 if x and x[1] == DUPLICATE else 1
    p.close()
    return verdicts


def kills(h, parts, chance):
    """The publishers' own lists."""
    counters = [multiprocessing.Value("q", 0) for _ in parts]
    outs = [h.dir / ("list%d" % i) for i in range(len(parts))]
    workers = [multiprocessing.Process(target=stream, args=(h.intake, "pub%d" % i, part, counters[i], outs[i]), daemon=True)
               for i, part in enumerate(parts)]
    for w in workers:
        w.start()
    streaming = 0
    for _ in range(KILLS):
        before = sum(c.value for c in counters)
        time.sleep(chance.uniform(0.02, 0.2))
        h.kill()
        streaming += sum(c.value for c in counters) > before
        h.start()
    assert streaming >= KILLS / 2, "only %d of %d kills hit a stream" % (streaming, KILLS)
    assert any(w.is_alive() for w in workers), "the streams ended before the last kill"
    for w in workers:
        w.join(60)
        assert w.exitcode == 0, "a publisher ended with %s" % w.exitcode
    lists = [pickle.loads(o.read_bytes()) for o in outs]
    return [v for v, _ in lists], sum(r for _, r in lists)


def there_once(h, events, lists):
    status = h.status()
    equal("entries in the store", (status["accepted"], status["refused"]), (len(events), 0))
    again = publish_all(h, "audit", 1, events)
    wrong = [(i, v) for i, v in enumerate(again) if v[0] != DUPLICATE]
    equal("events that are not there", wrong[:5], [])
    equal("entries, each of one event", len({v[1] for v in again}), len(events))
    told = [v for part in lists for v in part]
    for own, found in zip(told, again):
        assert own is not None, "an event without a verdict"
        assert own == "known" or own == found[1], "acknowledged as %s, found as %s" % (own, found[1])
    return sum(v == "known" for v in told)


def same(row, numbers):
    """Exactly; a mean over days may be printed as a fraction by the one and as sum and days by the other."""
    n, d = fractions.Fraction(numbers[0]), fractions.Fraction(numbers[1]) if numbers[1] else None
    if (row["numerator"], row["denominator"]) == (n, d):
        return True
    if not row["denominator"]:
        return False
    value = fractions.Fraction(row["numerator"], row["denominator"])
    return value == (n / d if d else n / 1000000)


def figures_of_oracle(out, h):
    rows = 0
    by_day = collections.defaultdict(dict)
    for org, unit, indicator, on, status, *numbers in csv.reader(open(out)):
        if org == "alpha" and on != "day":
            by_day[on][unit.rsplit("/")[-1], indicator] = (status, numbers)         # its path is that of another day
    for on, want in by_day.items():
        got = {(r["unit"].rsplit("/")[-1], r["indicator"]): r for _, r in h.ask("figures", org="alpha", on=day(on))}
        for key, (status, numbers) in want.items():
            r, name = got.get(key), "%s of %s on %s" % (key[1], key[0], on)
            assert r is not None, "%s is not there" % name
            equal(name, r["status"], status)
            assert status in "xzc" or same(r, numbers), "%s: %s/%s, not %s" % (name, r["numerator"], r["denominator"], numbers)
            rows += 1
    assert rows > 100, "only %d figures were compared" % rows
    return rows


def main():
    chance = random.Random(SEED)
    print("seed %d" % SEED, flush=True)
    with House(profile_file=PROFILE, today=TODAY) as h:
        path, found = h.dir / "history.jsonl", h.dir / "oracle.csv"
        streamed = history(path)
        oracle = subprocess.Popen([str(ORACLE / "oracle.py"), "--profile", str(PROFILE), "--events", str(path), "--today", TODAY,
                                   "--days", "some:6"], stdout=open(found, "w"))
        try:
            chance.shuffle(streamed)
            size = (len(streamed) + PUBLISHERS - 1) // PUBLISHERS
            parts = [streamed[i:i + size] for i in range(0, len(streamed), size)]
            filled = list(filler())
            h.start()
            assert all(v[0] == 0 for v in publish_all(h, "fill", 1, filled)), "a filler was not accepted"
            lists, resumed = kills(h, parts, chance)
            known = there_once(h, [e for part in parts for e in part] + filled, lists)
            dump = [row["text"] for _, row in h.ask("dump", timeout=30)]
            print("%d kills, %d resumptions, %d events settled by a resumption, %d lines of ledger" % (KILLS, resumed, known, len(dump)))
            with House(profile_file=PROFILE, today=TODAY) as other:
                other.start()
                shuffled = streamed + filled
                chance.shuffle(shuffled)
                assert not [v for v in publish_all(other, "mix", 1, shuffled) if v[0] in (DUPLICATE, REFUSED)]
                equal("the ledger in another order", [row["text"] for _, row in other.ask("dump", timeout=30)] == dump, True)
                equal("ended", other.end()[0], 0)
            equal("the oracle", oracle.wait(timeout=60), 0)
            print("%d figures equal the oracle's" % figures_of_oracle(found, h))
            equal("ended", h.end()[0], 0)
        finally:
            oracle.kill()
            oracle.wait()


if __name__ == "__main__":
    sys.exit(main())
