#!/usr/bin/python3
"""queries -- many questions at once, some never read: each gets its answer, and intake goes on meanwhile."""
import time

import msgpack
import zmq
from client import ANSWER, ASK, FAILED, Peer, Publisher
from house import House, complete, equal, starter


def main():
    with House() as h:
        h.start()
        p = Publisher(h.intake, "hr")
        p.hello()
        p.publish([complete("2015-01-01")])
        for i in range(10):
            p.publish([starter(n, team="asm%d" % (1 + n % 2)) for n in range(i * 1000, i * 1000 + 1000)])
        lines = len(h.ask("dump"))

        deaf = []
        for _ in range(8):                          # ask for much, and read nothing
            peer = Peer(h.query)
            peer.socket.setsockopt(zmq.RCVHWM, 1)
            for i in range(4):
                peer.socket.send(msgpack.packb([ASK, i, "history", {"indicator": "turnover_rate", "unit": "bexley", "from": 0, "until": 19700}]))
            deaf.append(peer)
        gone = Peer(h.query)
        gone.socket.send(msgpack.packb([ASK, 1, "dump", {}]))
        gone.close()

        peers = [Peer(h.query) for _ in range(20)]
        for i, peer in enumerate(peers):
            peer.socket.send(msgpack.packb([ASK, i, ("status", "figures", "dump", "topics")[i % 4], {}]))
        slowest = 0.0
        for i in range(40):
            began = time.monotonic()
            m = p.publish([starter(20000 + i)])
            slowest = max(slowest, time.monotonic() - began)
            equal("accepted meanwhile", (m[4], m[7]), (1, []))
        assert slowest < 1.0, "a reply took %.2f s" % slowest
        for i, peer in enumerate(peers):
            rows = 0
            while True:
                m = peer.receive(20)
                assert m is not None and m[:2] in ([ANSWER, i], [FAILED, i]), m and m[:2]
                equal("answered", m[0], ANSWER)
                rows += len(m[3])
                if not m[2]:
                    break
            if i % 4 == 2:
                assert rows >= lines, "%d lines of %d" % (rows, lines)
            else:
                assert rows > 0, "an empty answer"
            peer.close()
        for peer in deaf:
            peer.close()
        for junk in (b"", b"\xc1", msgpack.packb([ASK]), msgpack.packb([ASK, 5, "nonsense", {}]), msgpack.packb([ASK, 5, "advance", {"day": 1}]), b"x" * 20000):
            peer = Peer(h.query)
            peer.socket.send(junk)
            if junk:
                equal("FAILED for %r" % junk[:12], peer.receive()[0], FAILED)
            peer.close()
        req = Peer(h.query, kind=zmq.REQ)
        req.socket.send(msgpack.packb([ASK, 9, "status", {}]))
        equal("a REQ is answered", req.receive()[:2], [ANSWER, 9])
        req.close()
        equal("ready", h.status()["state"], "ready")
        p.close()
        equal("ended", h.end()[0], 0)


main()
