#!/usr/bin/python3
"""feed -- events from a PUB are taken without reply, holes in the source's numbering are counted; the stream is numbered."""
import time

import zmq
from client import Listener, day, event
from house import House, complete, equal


def starter(n, sequence):
    return event("legacy", "bexley", "starter", "s%d" % n, "p%d" % n, "2020-01-06", {"engagement": "e%d" % n, "team": "asm1"}, sequence=sequence)


def wait_for(what, condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def main():
    with House() as h:
        h.start()
        listener = Listener(h.stream, "")
        assert listener.message(), "no beat"
        pub = zmq.Context.instance().socket(zmq.PUB)
        pub.setsockopt(zmq.LINGER, 0)
        pub.connect(h.feed)
        time.sleep(0.3)
        accepted = lambda: h.status()["accepted"]
        pub.send(complete("2015-01-01", source="legacy"))
        for n, sequence in ((1, 1), (2, 2), (3, 6), (4, 7)):
            pub.send_multipart([b"some topic", starter(n, sequence)])
        pub.send(b"\xc1rubbish")
        pub.send(starter(1, 1))
        wait_for("five events", lambda: accepted() == 5)
        wait_for("a refusal", lambda: h.status()["refused"] == 1)
        wait_for("a duplicate", lambda: h.status()["duplicates"] == 1)
        source = {row["source"]: row for kind, row in h.ask("status") if kind == 8}["legacy"]
        equal("missing numbers", source["gaps"], 3)
        equal("in post", h.figure("bexley/children/asm1", "in_post")["numerator"], 4)
        pub.close()

        # Numbers have no holes, each message names the one before on its topic, a topic comes at most once a second.
        last, on_topic, times, beats = None, {}, {}, 0
        end = time.monotonic() + 3.2
        n = 100
        pub = zmq.Context.instance().socket(zmq.PUB)
        pub.connect(h.feed)
        while time.monotonic() < end:
            m = listener.message(0.05)
            pub.send(starter(n, n))
            n += 1
            if m is None:
                continue
            topic, number, previous, kind, row = m
            if topic == "beat":
                beats += 1
                assert last is None or number == last, "beat %d after message %s" % (number, last)
                equal("the open day", row["today"], day("2024-03-01"))
                continue
            assert last is None or number == last + 1, "%d after %d" % (number, last)
            if topic in on_topic:
                equal("the message before on " + topic, previous, on_topic[topic])
            last, on_topic[topic], times[topic] = number, number, times.get(topic, 0) + 1
        assert beats >= 2, "%d beats in three seconds" % beats
        assert on_topic, "no message"
        assert max(times.values()) <= 5, "a figure came %d times in three seconds" % max(times.values())
        wait_for("figures follow an idle stream", lambda: listener.message(0.1) is None)
        pub.close()
        listener.close()
        equal("ended", h.end()[0], 0)


main()
