#!/usr/bin/python3
"""stop -- SIGTERM under load, over tcp: within a second, exit 0, and what was acknowledged is there."""
import multiprocessing
import time

import kill
from client import DUPLICATE, Publisher
from house import House, equal, starter


def main():
    with House() as h:
        h.conf.write_text(h.conf.read_text().replace('intake = "ipc://%s"' % (h.dir / "intake"), 'intake = "tcp://127.0.0.1:17909"'))
        intake = "tcp://127.0.0.1:17909"
        events = [starter(i) for i in range(24000)]
        parts, counters = [events[:12000], events[12000:]], [multiprocessing.Value("q", 0) for _ in range(2)]
        at_once = multiprocessing.Value("d", 1)          # nobody is to be waited for
        workers = [multiprocessing.Process(target=kill.stream, args=(intake, "pub%d" % i, parts[i], counters[i], at_once,
                                                                     h.dir / ("list%d" % i)),
                                           daemon=True) for i in range(2)]
        h.start()
        for w in workers:
            w.start()
        for _ in range(4):
            time.sleep(0.15)
            equal("ended under load", h.end()[0], 0)
            h.start()
        for w in workers:
            w.join(20)
            equal("a publisher's end", w.exitcode, 0)
        equal("accepted", h.status()["accepted"], len(events))
        p, twice = Publisher(intake, "audit"), 0
        p.hello()
        for i in range(0, len(events), 1000):
            twice += sum(x[1] == DUPLICATE for x in p.publish(events[i:i + 1000])[7])
        equal("each is there", twice, len(events))
        p.close()

        # Whoever comes second finds the sockets in use, and leaves them alone.
        with House() as other:
            other.conf.write_text(other.conf.read_text().replace(str(other.dir / "query"), str(h.dir / "query")))
            status, said = other.run()
            equal("sockets of another (%s)" % said, status, 1)
            assert "another process listens" in said, said
        equal("the first answers", h.status()["state"], "ready")
        h.kill()
        assert (h.dir / "query").exists(), "no stale socket to find"
        h.start()
        equal("a stale socket is no hindrance", h.status()["state"], "ready")
        equal("ended", h.end()[0], 0)


main()
