#!/usr/bin/python3
"""smoke -- the daemon starts, takes events, tells figures and alerts, ends within a second, and goes on where it was."""
from client import DUPLICATE, NACK, REPLY, WELCOME, Failed, Listener, Publisher
from house import House, complete, equal, leaver, starter


def first_life(h):
    listener = Listener(h.stream, "figure/bexley/children/", "alert/", "beat")
    assert listener.message(), "neither a figure nor a beat"
    p = Publisher(h.intake, "hr")
    welcome = p.hello()
    equal("HELLO", (welcome[0], welcome[2]), (WELCOME, 0))

    reply = p.publish([complete("2015-01-01")] + [starter(n) for n in range(1, 6)])
    equal("REPLY", (reply[0], reply[3], reply[4], reply[5], reply[7]), (REPLY, 1, 6, 0, []))
    first = reply[6]
    equal("in post", h.figure("bexley/children/asm1", "in_post")["numerator"], 5)
    equal("in post above", h.figure("bexley", "in_post")["numerator"], 5)
    equal("all figures", len(h.ask("figures")), 8)

    reply = p.publish([starter(1)])
    equal("a duplicate names the first", reply[7], [[0, DUPLICATE, first + 1]])
    p.send([starter(99)], first=3)
    equal("known numbers are known", p.receive()[5], 1)
    p.send([starter(99)], first=20)
    gap = p.receive()
    equal("a gap", (gap[0], gap[1], gap[2]), (NACK, 1, 8))
    p.socket.send(b"\xc1 not of the protocol")
    equal("a bad frame", p.receive()[1], 2)

    reply = p.publish([leaver(n, "2024-02-29") for n in range(1, 3)])
    equal("leavers", (reply[0], reply[7]), (REPLY, []))
    topics, alerts = set(), []
    while not alerts or "figure/bexley/children/asm1/=in_post" not in topics:
        m = listener.message()
        assert m, "no alert, or no figure: %s" % topics
        topics.add(m[0])
        if m[0] == "alert/bexley/children/asm1/=small":
            alerts.append(m[4])
    equal("amber", (alerts[0]["state"], alerts[0]["before"]), ("amber", "ok"))
    assert all(len(line) <= 160 for line in alerts[0]["text"].split("\n")), alerts[0]["text"]
    for stale in (2, 1):
        q = Publisher(h.intake, "hr", epoch=stale)
        equal("epoch %d" % stale, q.hello()[:2], [WELCOME, 1] if stale == 2 else [NACK, 5])
        q.close()
    listener.close()
    p.close()


def questions(h):
    equal("topics", len(h.ask("topics", prefixes=["figure/bexley/children/asm1/"])), 2)
    equal("definitions", [row.get("indicator") for kind, row in h.ask("indicators") if kind == 10], ["in_post", "turnover_rate"])
    equal("the last value of each topic", len(h.ask("last", prefixes=["figure/"])), 8)
    alerts = [row for kind, row in h.ask("alerts")]
    equal("alerts are numbered without holes", [a["number"] for a in alerts], list(range(1, len(alerts) + 1)))
    last = [row for kind, row in h.ask("last", prefixes=["alert/bexley/children/asm1/=small"])]
    equal("the last alert", last[0]["state"], "amber")
    rows = h.ask("history", indicator="in_post", unit="bexley/children/asm1", **{"from": 19750, "until": 19783})
    equal("a figure a day", sum(kind == 1 for kind, _ in rows), 34)
    runs = [row["state"] for kind, row in rows if kind == 4]
    assert runs and runs[-1] == "amber", runs
    assert any("in_post" in row["text"] for kind, row in h.ask("dump")), "no in_post in the dump"
    for verb, arguments in (("history", {"indicator": "in_post", "unit": "bexley/nowhere"}), ("figures", {"nonsense": 1})):
        try:
            h.ask(verb, **arguments)
            raise AssertionError("%s %s was answered" % (verb, arguments))
        except Failed:
            pass


def main():
    with House() as h:
        h.start()
        first_life(h)
        questions(h)
        before, dump = h.status(), h.ask("dump")
        equal("ended", h.end()[0], 0)
        assert not (h.dir / "intake").exists(), "the socket's file is still there"

        h.start()
        equal("the same ledger", h.ask("dump"), dump)
        after = h.status()
        equal("the same journal", (after["sequence"], after["store"]), (before["sequence"], before["store"]))
        p = Publisher(h.intake, "hr")
        q = Publisher(h.intake, "hr", epoch=1)
        equal("an epoch that ended stays ended", q.hello()[:3], [NACK, 5, 2])
        q.close()
        p.epoch = 2
        equal("durable in the new epoch", p.hello()[2], 0)
        row = h.advance("2024-03-11")
        equal("ten days", (row["ticks"], row["today"]), (10, 19793))
        try:
            h.advance("2024-03-10")
            raise AssertionError("a day was taken back")
        except Failed:
            pass
        p.close()
        equal("ended again", h.end()[0], 0)


main()
