#!/usr/bin/python3
"""notify -- READY, STATUS, RELOADING, WATCHDOG and STOPPING reach the service manager; silence without one."""
import os
import signal
import subprocess
import time
from house import House, equal


def main():
    with House() as h:
        h.start(WATCHDOG_USEC="400000")
        assert h.until("STATUS="), "no status"
        for _ in range(3):
            h.until("WATCHDOG=1", 2)
        h.process.send_signal(signal.SIGHUP)
        reloading = h.until("RELOADING=1")
        assert "MONOTONIC_USEC=" in reloading, reloading
        h.until("READY=1")
        h.process.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        h.drain()
        h.notified.clear()
        time.sleep(0.6)
        h.drain()
        equal("a daemon that stands still gives no sign of life", h.notified, [])
        h.process.send_signal(signal.SIGCONT)
        h.until("WATCHDOG=1", 2)
        equal("ended", h.end(signal.SIGINT)[0], 0)
        h.drain()
        assert any("STOPPING=1" in m for m in h.notified), h.notified

        # A manager that does not read: its queue of messages fills up, and nothing waits for it.
        h.start(WATCHDOG_USEC="2000")
        time.sleep(0.5)
        equal("ready", h.status()["state"], "ready")
        equal("ended beside a manager that does not read", h.end()[0], 0)
        h.drain()

        env = {k: v for k, v in os.environ.items() if k != "NOTIFY_SOCKET"}
        p = subprocess.Popen(h.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        time.sleep(0.5)
        p.terminate()
        out, said = p.communicate(timeout=5)
        equal("without a service manager", (p.returncode, out), (0, b""))
        assert said.startswith(b"workforced: "), said
        h.drain()


main()
