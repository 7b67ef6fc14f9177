"""house -- a daemon of its own for a test: temporary store and ipc sockets, started, watched and ended by its pid."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import client

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WF_BUILD", ROOT / "build"))
if not BUILD.is_absolute():
    BUILD = ROOT / BUILD

PROFILE = '''
measures { roles = {"1", "2", "3", "4", "5", "6"} bank_holidays = "%s" }
tree "bexley" {
    title = "London Borough of Bexley"
    unit "children" { title = "Children's Services" }
    unit "asm1" { title = "Assessment 1" under = {"children"} }
    unit "asm2" { title = "Assessment 2" under = {"children"} }
}
indicator "in_post" { title = "Social workers in post" numerator = "in_post.heads at end" unit = "count" }
indicator "turnover_rate" {
    title = "Turnover rate" numerator = "census_leavers.fte over 12 months" denominator = "in_post.fte at end" unit = "percent"
}
rule "small" { indicator = "in_post" units = {"bexley/children/*"} direction = "below" amber = "4" red = "2" }
rule "turnover" { indicator = "turnover_rate" direction = "above" amber = "15" red = "20" }
''' % (ROOT / "profiles/bank-holidays-england")

ENDPOINTS = ("intake", "feed", "stream", "query", "admin")


class House:
    def __init__(self, profile=PROFILE, today="2024-03-01", manual=True, profile_file="test.profile"):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="wf-"))
        self.today, self.manual, self.process = today, manual, None
        self.profile, self.conf, self.log = self.dir / "test.profile", self.dir / "test.conf", self.dir / "log"
        self.profile.write_text(profile)
        lines = ['store = "%s"' % (self.dir / "store"), 'profiles = {"%s"}' % profile_file]
        lines += ['%s = "ipc://%s"' % (n, self.dir / n) for n in ENDPOINTS]
        lines += ['group_%s = ""' % g for g in ("ops", "publish", "read")]
        self.conf.write_text("\n".join(lines) + "\n")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.dir / "notify"))
        self.notified = []

    def __getattr__(self, name):
        if name in ENDPOINTS:
            return "ipc://%s" % (self.dir / name)
        raise AttributeError(name)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if kind and self.log.exists():
            sys.stderr.write(self.log.read_text()[-4000:])
        self.notify.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def command(self, *more):
        clock = ["--clock", "manual", "--today", self.today] if self.manual else []
        return [str(BUILD / "workforced"), "--config", str(self.conf), *clock, *more]

    def run(self, *more):
        """To its end: (status, what it said)."""
        p = subprocess.run(self.command(*more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, text=True)
        return p.returncode, p.stdout

    def start(self, wait=20.0, **env):
        self.drain()                                # what an earlier one said
        self.notified = []
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log,
                                            env={**os.environ, "NOTIFY_SOCKET": str(self.dir / "notify"), **env})
        self.until("READY=1", wait)
        return self

    def until(self, line, wait=10.0):
        """Waits for a line to the service manager; returns the message it came in."""
        end = time.monotonic() + wait
        while True:
            for m in self.notified:
                if any(l.startswith(line) for l in m.split("\n")):
                    self.notified.remove(m)
                    return m
            self.notify.settimeout(max(0.01, min(0.2, end - time.monotonic())))
            try:
                self.notified.append(self.notify.recv(4096).decode())
            except TimeoutError:
                if self.process.poll() is not None:
                    raise AssertionError("the daemon ended with %d: %s" % (self.process.returncode, self.log.read_text()[-2000:]))
                if time.monotonic() > end:
                    raise AssertionError("no %s within %s s: %s" % (line, wait, self.notified))

    def drain(self):
        self.notify.settimeout(0.0)
        while True:
            try:
                self.notified.append(self.notify.recv(4096).decode())
            except (BlockingIOError, TimeoutError):
                return

    def end(self, sig=signal.SIGTERM, within=1.0):
        """Ends by signal; (status, seconds)."""
        began = time.monotonic()
        self.process.send_signal(sig)
        status = self.process.wait(timeout=20)
        took = time.monotonic() - began
        assert sig == signal.SIGKILL or took < within, "took %.2f s to end" % took
        return status, took

    def kill(self):
        return self.end(signal.SIGKILL)

    def ask(self, verb, **arguments):
        return client.ask(self.admin if verb in ("advance", "clock", "reload", "accept", "load", "loaded") else self.query, verb, **arguments)

    def status(self):
        return self.ask("status")[0][1]

    def figure(self, unit, indicator, **arguments):
        rows = self.ask("figures", units=[unit], indicators=[indicator], **arguments)
        assert len(rows) == 1, rows
        return rows[0][1]

    def advance(self, to):
        return self.ask("advance", day=client.day(to), timeout=30)[-1][1]


def starter(n, team="asm1", effective="2020-01-06", source="hr", org="bexley", fte=1000000, **more):
    """Worker n begins."""
    return client.event(source, org, "starter", "s%d" % n, "p%d" % n, effective,
                        {"engagement": "e%d" % n, "team": team, "role": "5", "fte": fte}, **more)


def leaver(n, effective, source="hr", org="bexley"):
    return client.event(source, org, "leaver", "l%d" % n, "p%d" % n, effective, {"engagement": "e%d" % n}, time=1577880000000)


def complete(from_, source="hr", org="bexley", types=("starter", "change", "leaver"), id_="c1"):
    return client.event(source, org, "complete", id_, source, from_, {"types": list(types)}, time=1577880000000)


def equal(what, got, want):
    assert got == want, "%s: %r, not %r" % (what, got, want)
