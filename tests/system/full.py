#!/usr/bin/python3
"""full -- a store that cannot grow: nothing is acknowledged that is not on disk, the daemon says so and exits 1."""
import resource
import subprocess

import client
from house import House, equal, starter


def main():
    with House() as h:
        command, popen = h.command, subprocess.Popen
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6 << 20, 6 << 20))
        subprocess.Popen = lambda *a, **k: popen(*a, **k, preexec_fn=limit)
        h.start()
        subprocess.Popen = popen
        p = client.Publisher(h.intake, "hr", timeout=1.0)
        p.hello()
        told, n = [], 0
        while h.process.poll() is None and n < 400:
            frame = [starter(i) for i in range(n * 500, n * 500 + 500)]
            m = p.publish(frame)
            if m is None:
                break
            equal("REPLY", (m[0], m[7]), (client.REPLY, []))
            told += range(m[6], m[6] + 500)
            n += 1
        assert n > 1, "nothing was taken at all"
        equal("exit status", h.process.wait(timeout=5), 1)
        said = h.log.read_text()
        assert "nothing of this group was acknowledged" in said, said[-1000:]
        h.drain()
        assert any("STATUS=" in m and "READY" not in m for m in h.notified), h.notified
        p.close()

        h.start()
        equal("journal", h.status()["accepted"], len(told))
        p = client.Publisher(h.intake, "hr")
        equal("durable", p.hello()[2], len(told))
        again = [x[2] for i in range(n) for x in p_send(h, i)]
        equal("each acknowledged event, once", again, told)
        equal("ended", h.end()[0], 0)
        p.close()


def p_send(h, i):
    """The frame once more, by another publisher: the exceptions, all duplicates."""
    p = client.Publisher(h.intake, "audit", epoch=i + 1)
    p.hello()
    m = p.publish([starter(k) for k in range(i * 500, i * 500 + 500)])
    p.close()
    return m[7]


main()
