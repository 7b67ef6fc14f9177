#!/usr/bin/python3
"""kill -- four publishers never stop and two subscribers listen while the daemon is killed 100 times at random: every
acknowledged event is there, once, and so is every alert.

The store holds 200,000 events before the first kill. What is there is found out by publishing everything again under a
new epoch: each event must come back as a duplicate of one entry, of its own, and of the one that its reply named. The
ledger must equal that of a daemon that got the same events in another order, the figures those of the oracle. Each
eighth event of a publisher makes a rule of one team change its state: so many alerts are to be told, by turns. A subscriber takes
them from the stream and, when the line comes up again or a number is missing, asks for those above its last; both must hold what
the outbox holds, from 1 on without a hole.
"""
import argparse
import collections
import csv
import fractions
import itertools
import json
import math
import multiprocessing
import os
import pathlib
import pickle
import random
import subprocess
import sys
import time

import zmq

import client
from client import DUPLICATE, NACK, REFUSED, REPLY, WELCOME, Listener, Publisher, day, event, from_json
from house import ROOT, House, equal

ORACLE = ROOT / "tests/oracle"
PROFILE = ORACLE / "profiles/all.conf"
TODAY, FILLED_FROM = "2025-03-14", "2019-02-01"
STREAMED, PUBLISHERS, WATCHED, TOGGLE_EVERY = 36000, 4, 25, 8
SEED = int(os.environ.get("WF_SEED", random.SystemRandom().randrange(1 << 30)))
SAID = 1577880000000
TYPES = ["starter", "change", "leaver", "placement_started", "placement_ended", "case_allocated", "case_deallocated", "caseload", "absence"]

# The oracle's profile, and a rule that it need not know.
HELD = """
indicator "held" { title = "Children held" numerator = "cases.count at end" unit = "count" noun = "children" }
rule "held" { indicator = "held" units = {"gamma/*"} direction = "above" amber = "1000" }
"""


def fill(i, people):
    """Event i of an organisation of so many people, with a count of cases of each, day after day."""
    n = i % people
    if i < people:
        return event("fill", "gamma", "starter", "gs%d" % n, "g%d" % n, "2019-01-07",
                     {"engagement": "g%d" % n, "team": "g%d" % (n % 40), "role": "5", "fte": 1000000}, time=SAID)
    return event("fill", "gamma", "caseload", "gc%d" % i, "g%d" % n, day(FILLED_FROM) + i // people, {"cases": i % 23}, time=SAID)


def watched():
    """Teams of one worker each, whose counts the rule reads."""
    yield event("fill", "gamma", "complete", "wc", "fill", "2010-01-01", {"types": TYPES}, time=SAID)
    for p in range(PUBLISHERS):
        for n in range(WATCHED):
            w = "w%d-%d" % (p, n)
            yield event("fill", "gamma", "starter", w, w, "2019-01-07", {"engagement": w, "team": w, "role": "5", "fte": 1000000}, time=SAID)
            yield event("fill", "gamma", "caseload", w + "-0", w, TODAY, {"cases": 1}, time=SAID)


def toggle(p, i):
    """Count i of publisher p: each says of its team the opposite of the one before."""
    w = "w%d-%d" % (p, i % WATCHED)
    return event("fill", "gamma", "caseload", "%s-t%d" % (w, i), w, TODAY, {"cases": 2000 - i // WATCHED % 2 * 1999}, time=SAID + 1000 + i)


def with_toggles(p, part):
    toggles = itertools.count()
    return [e for i, own in enumerate(part) for e in ([own, toggle(p, next(toggles))] if i % TOGGLE_EVERY == 0 else [own])]


def history(path, streamed):
    """Written to the file for the oracle; without what ends before it starts, which would be refused."""
    made = subprocess.run([str(ORACLE / "history.py"), "--seed", str(SEED), "--events", str(streamed), "--people", "2500", "--orgs", "1",
                           "--no-duplicates", "--profile", str(PROFILE), "--today", TODAY], stdout=subprocess.PIPE, check=True, text=True)
    lines = [line for line in made.stdout.splitlines() for e in [json.loads(line)] if (e.get("data", {}).get("since") or "") <= e["effective"]]
    path.write_text("\n".join(lines) + "\n")
    return [from_json(line) for line in lines]


class Stream:
    """One publisher: frames of 1 to 64 events, eight of them unanswered; after silence it asks what is durable and goes on."""

    def __init__(self, endpoint, name, events, sent, progress):
        self.endpoint, self.name, self.events, self.sent, self.progress = endpoint, name, events, sent, progress
        self.verdict = [None] * len(events)         # sequence of the entry, or "known"
        self.random = random.Random("%s %s" % (SEED, name))
        self.resumed, self.open = 0, collections.deque()

    def resume(self):
        while True:
            self.peer = Publisher(self.endpoint, self.name, timeout=0.1)
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
                frame = self.events[self.next:self.next + self.random.randint(1, 4 if self.ahead() else 64)]
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
            time.sleep(0 if self.progress.value >= 1 else 0.006 if self.ahead() else 0.004)
        self.peer.close()

    def ahead(self):
        """Of the kills: it goes on in small frames, so that something is left to say at the last one."""
        return self.progress.value < 1 and self.next / len(self.events) > 0.95 * self.progress.value + 0.01


def stream(endpoint, name, events, sent, progress, out):
    s = Stream(endpoint, name, events, sent, progress)
    s.run()
    pathlib.Path(out).write_bytes(pickle.dumps((s.verdict, s.resumed)))


class Reader:
    """One subscriber by P7.5, which keeps its last number and nothing else that the daemon says of itself."""

    def __init__(self, stream_, query):
        self.query, self.alerts, self.asked, self.heard, self.behind = query, [], 0, 0, True
        self.peer = Listener(stream_, "alert/", "beat")
        self.line = self.peer.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)

    def take(self, row):
        """True: it is new. One that comes again must be what it was."""
        number = row["number"]
        if number <= len(self.alerts):
            assert self.alerts[number - 1] == row, "alert %d was told twice, and differs" % number
            return False
        equal("the number after %d" % len(self.alerts), number, len(self.alerts) + 1)
        self.alerts.append(row)
        return True

    def ask(self, timeout=0.3):
        try:
            rows = client.ask(self.query, "alerts", timeout=timeout, since=len(self.alerts))
        except TimeoutError:
            return
        self.asked += sum(self.take(row) for _, row in rows)
        self.behind = False

    def run(self, ended):
        while not ended.value:
            if self.behind:
                self.ask()
            while self.line.poll(0):
                self.line.recv_multipart()
                self.behind = True
            m = self.peer.message(0.02)
            if m is None:
                continue
            row, number = m[-1], m[-1]["alert" if m[0] == "beat" else "number"]
            if number > len(self.alerts) + (m[0] != "beat"):
                self.behind = True
            elif m[0] != "beat":
                self.heard += self.take(row)
        self.behind = True
        while self.behind:
            self.ask(5)


def listen(stream_, query, ended, out):
    r = Reader(stream_, query)
    r.run(ended)
    pathlib.Path(out).write_bytes(pickle.dumps((r.alerts, r.heard, r.asked)))


def publish_all(h, source, epoch, events):
    """In large frames; the reply to each event: (kind, sequence), as it comes."""
    p, events, waiting, more = Publisher(h.intake, source, epoch, timeout=20), iter(events), 0, True
    p.hello()
    while more or waiting:
        frame = list(itertools.islice(events, 1500))
        more = bool(frame)
        if more:
            p.send(frame)
            waiting += 1
        if waiting > 5 or not more and waiting:
            m = p.receive()
            waiting -= 1
            assert m and m[0] == REPLY, m and m[:5]
            exceptions, sequence = {x[0]: x for x in m[7]}, m[6]
            for i in range(m[4]):
                x = exceptions.get(i)
                yield (x[1], x[2]) if x else (0, sequence)
                sequence += 0 if x and x[1] == DUPLICATE else 1
    p.close()


def kills(h, parts, chance, count):
    """The publishers' own lists; the subscribers'."""
    counters = [multiprocessing.Value("q", 0) for _ in parts]
    progress, ended = multiprocessing.Value("d", 0), multiprocessing.Value("b", 0)
    outs, heard = [h.dir / ("list%d" % i) for i in range(len(parts))], [h.dir / ("heard%d" % i) for i in range(2)]
    workers = [multiprocessing.Process(target=stream, args=(h.intake, "pub%d" % i, part, counters[i], progress, outs[i]), daemon=True)
               for i, part in enumerate(parts)]
    readers = [multiprocessing.Process(target=listen, args=(h.stream, h.query, ended, out), daemon=True) for out in heard]
    for w in workers + readers:
        w.start()
    streaming = 0
    for i in range(count):
        before = sum(c.value for c in counters)
        time.sleep(chance.uniform(0.02, 0.2))
        h.kill()
        streaming += sum(c.value for c in counters) > before
        h.start(wait=60)
        progress.value = min(0.99, (i + 1) / count)
        assert all(w.is_alive() for w in readers), "a subscriber has ended"
    assert streaming >= count / 2, "only %d of %d kills hit a stream" % (streaming, count)
    assert any(w.is_alive() for w in workers), "the streams ended before the last kill"
    progress.value = 1
    for w in workers:
        w.join(120)
        equal("a publisher's end", w.exitcode, 0)
    ended.value = 1
    for w in readers:
        w.join(30)
        equal("a subscriber's end", w.exitcode, 0)
    lists = [pickle.loads(o.read_bytes()) for o in outs]
    return [v for v, _ in lists], sum(r for _, r in lists), [pickle.loads(o.read_bytes()) for o in heard]


def there_once(h, streamed, filled, lists):
    """filled: as a way to say them again, they may be many."""
    status = h.status()
    told = itertools.chain(itertools.chain.from_iterable(lists), itertools.repeat("known"))
    seen, known, n = bytearray(status["sequence"] + 1), 0, 0
    for (kind, sequence), own in zip(publish_all(h, "audit", 1, itertools.chain(streamed, filled)), told):
        equal("event %d is there" % n, kind, DUPLICATE)
        equal("events of entry %d before this" % sequence, seen[sequence], 0)
        assert own is not None, "an event without a verdict"
        assert own == "known" or own == sequence, "acknowledged as %s, found as %s" % (own, sequence)
        seen[sequence] = 1
        n += 1
        known += own == "known" and n <= len(streamed)
    equal("entries in the store", (status["accepted"], status["refused"]), (n, 0))
    return known


def alerts_told_once(h, heard, toggles):
    outbox = [row for _, row in h.ask("alerts", timeout=60)]
    equal("numbers of the outbox", [r["number"] for r in outbox] == list(range(1, len(outbox) + 1)), True)
    for alerts, live, asked in heard:
        equal("a subscriber's alerts are the outbox", (len(alerts), alerts == outbox), (len(outbox), True))
        assert live > 0 and asked > 0, "%d alerts from the stream, %d asked for" % (live, asked)
    of_unit = collections.defaultdict(list)
    for r in outbox:
        if r["rule"] == "held":
            of_unit[r["unit"]].append(r["state"])
    for p in range(PUBLISHERS):
        for n in range(WATCHED):
            unit = "gamma/w%d-%d" % (p, n)
            want = ["amber", "ok"] * len(range(n, toggles[p], WATCHED))
            want = want[:len(range(n, toggles[p], WATCHED))]
            got = of_unit[unit][-len(want):]        # before them it was told that the rule knows
            equal("what was told of " + unit, got, want)
            assert len(of_unit[unit]) <= len(want) + 1, "%s: %d messages" % (unit, len(of_unit[unit]))
    return len(outbox)


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


def mixed(streamed, filled):
    """The one among the other, for all its length."""
    every = max(1, len(filled) // len(streamed))
    streamed = iter(streamed)
    for n, i in enumerate(filled):
        yield fill(i, filled.people)
        if n % every == 0:
            yield from itertools.islice(streamed, 1)
    yield from streamed


class Filled:
    """Numbers of the fillers, each once, far from their order."""

    def __init__(self, events):
        self.people = max(2000, events // 100)
        self.events = events

    def __len__(self):
        return self.events

    def __iter__(self):
        step = next(s for s in itertools.count(self.events * 5 // 8 | 1) if math.gcd(s, self.events) == 1)
        return (i * step % self.events for i in range(self.events))

    def in_order(self):
        return (fill(i, self.people) for i in range(self.events))


def profile():
    return PROFILE.read_text().replace("../../../profiles", str(ROOT / "profiles")) + HELD


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--events", type=int, default=200000, help="in the store before the first kill")
    parser.add_argument("--streamed", type=int, default=STREAMED, help="said while it is killed")
    return parser.parse_args()


class Roomy(House):
    """All timelines stay in memory: to say everything again goes through all subjects in turn, each time."""

    def command(self, *more):
        return super().command("--timeline-cache", "8192", *more)


def main():
    o, chance = arguments(), random.Random(SEED)
    print("seed %d" % SEED, flush=True)
    with Roomy(profile(), TODAY) as h:
        path, found = h.dir / "history.jsonl", h.dir / "oracle.csv"
        streamed = history(path, o.streamed)
        oracle = subprocess.Popen([str(ORACLE / "oracle.py"), "--profile", str(PROFILE), "--events", str(path), "--today", TODAY,
                                   "--days", "some:6"], stdout=open(found, "w"))
        try:
            chance.shuffle(streamed)
            size = (len(streamed) + PUBLISHERS - 1) // PUBLISHERS
            parts = [with_toggles(p, streamed[p * size:(p + 1) * size]) for p in range(PUBLISHERS)]
            toggles = [len(part) - len(streamed[p * size:(p + 1) * size]) for p, part in enumerate(parts)]
            filled = Filled(o.events)
            h.start()
            assert all(v[0] == 0 for v in publish_all(h, "fill", 1, itertools.chain(watched(), filled.in_order()))), "a filler was not accepted"
            lists, resumed, heard = kills(h, parts, chance, o.kills)
            all_streamed = [e for part in parts for e in part]
            known = there_once(h, all_streamed, itertools.chain(watched(), filled.in_order()), lists)
            told = alerts_told_once(h, heard, toggles)
            dump = [row["text"] for _, row in h.ask("dump", timeout=60)]
            print("%d kills, %d resumptions, %d events settled by a resumption, %d lines of ledger" % (o.kills, resumed, known, len(dump)))
            print("%d alerts, heard live and asked for: %s" % (told, ", ".join("%d and %d" % (live, asked) for _, live, asked in heard)))
            with Roomy(profile(), TODAY) as other:
                other.start()
                chance.shuffle(all_streamed)
                assert not [v for v in publish_all(other, "mix", 1, mixed(list(watched()) + all_streamed, filled)) if v[0] in (DUPLICATE, REFUSED)]
                equal("the ledger in another order", [row["text"] for _, row in other.ask("dump", timeout=60)] == dump, True)
                equal("ended", other.end(within=5)[0], 0)
            equal("the oracle", oracle.wait(timeout=600), 0)
            print("%d figures equal the oracle's" % figures_of_oracle(found, h))
            equal("ended", h.end(within=5)[0], 0)
        finally:
            oracle.kill()
            oracle.wait()


if __name__ == "__main__":
    sys.exit(main())
