#!/usr/bin/python3
"""config -- a wrong configuration stops the start with file, line and reason, status 78; at a reload the old one stays."""
import signal
import time
import client
from house import PROFILE, House, equal


def refused(h, name, conf=None, profile=None, more=(), says=()):
    """Starts with something wrong in it."""
    good = h.conf.read_text(), h.profile.read_text()
    if conf is not None:
        h.conf.write_text(conf)
    if profile is not None:
        h.profile.write_text(profile)
    status, said = h.run(*more)
    h.conf.write_text(good[0])
    h.profile.write_text(good[1])
    equal("%s: status (%s)" % (name, said.strip()), status, 78)
    for words in says:
        assert words in said, "%s: no %r in %r" % (name, words, said)
    assert not (h.dir / "store").exists(), "%s: a store was made" % name


def wait_for(what, condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def wrong_starts(h):
    conf = h.conf.read_text()
    lines = conf.count("\n")
    refused(h, "an unknown key", conf + 'colour = "red"\n', says=["test.conf:%d:" % (lines + 1), "colour"])
    refused(h, "a number out of bounds", conf + "map_gib = 0\n", says=["test.conf:%d:" % (lines + 1), "map_gib"])
    refused(h, "another host", conf.replace('"ipc://%s"' % (h.dir / "query"), '"tcp://192.0.2.1:7103"'), says=["test.conf:6:", "loopback"])
    refused(h, "all interfaces", conf.replace('"ipc://%s"' % (h.dir / "intake"), '"tcp://*:7101"'), says=["test.conf:3:"])
    refused(h, "admin on tcp", more=["--endpoint", "admin=tcp://127.0.0.1:7199"], says=["admin", "ipc"])
    refused(h, "a profile that is not there", conf.replace("test.profile", "absent.profile"), says=["absent.profile"])
    refused(h, "an unknown measure", profile=PROFILE.replace("in_post.heads", "in_past.heads"), says=["test.profile:", "in_past"])
    refused(h, "an edge on the wrong side", profile=PROFILE.replace('amber = "15" red = "20"', 'amber = "25" red = "20"'), says=["test.profile:"])
    refused(h, "no end", profile=PROFILE + 'indicator "x" {\n', says=["test.profile:"])
    refused(h, "check finds it too", conf + 'colour = "red"\n', more=["--check"], says=["colour"])
    for options in (["--clock", "sundial"], ["--today", "yesterday"], ["--what"], ["rubbish"]):
        equal(" ".join(options), h.run(*options)[0], 2)
    status, said = h.run("check")
    equal("check", status, 0)
    assert "turnover_rate" in said and "nothing wrong" in said, said
    equal("--print-config", h.run("--print-config")[0], 0)
    equal("--version", h.run("--version")[0], 0)
    equal("--help", h.run("--help")[0], 0)


def reloads(h):
    h.start()
    names = lambda: [row["indicator"] for kind, row in h.ask("indicators") if kind == 10]
    version = h.status()["profile_version"]
    h.profile.write_text(PROFILE + "nonsense {\n")
    h.process.send_signal(signal.SIGHUP)
    wait_for("the trouble is in status", lambda: h.status()["trouble"])
    assert "test.profile" in h.status()["trouble"], h.status()["trouble"]
    h.until("RELOADING=1")
    h.until("READY=1")
    equal("the old one stays", (names(), h.status()["profile_version"]), (["in_post", "turnover_rate"], version))
    more = PROFILE + 'indicator "more" { title = "More" numerator = "in_post.fte at end" unit = "fte" }\n'
    h.profile.write_text(more)
    h.process.send_signal(signal.SIGHUP)
    wait_for("the new one is in force", lambda: "more" in names())
    wait_for("no trouble", lambda: not h.status()["trouble"])
    assert h.status()["profile_version"] != version
    equal("its figures", h.figure("bexley", "more")["indicator"], "more")
    h.profile.write_text(PROFILE)
    equal("over admin", h.ask("reload")[0][0], 13)
    equal("as before", (names(), h.status()["profile_version"]), (["in_post", "turnover_rate"], version))
    equal("ended", h.end()[0], 0)


def main():
    with House() as h:
        wrong_starts(h)
        reloads(h)
        # The store remembers its kind of clock.
        h.manual = False
        equal("another kind of clock", h.run()[0], 78)
        h.manual = True
        # It remembers its day too, also when none has ended yet: --today is for a new store alone.
        h.today = "2020-01-01"
        h.start()
        equal("today", h.status()["today"], client.day("2024-03-01"))
        status, said = h.run()
        equal("a second daemon on the store (%s)" % said, status, 1)
        equal("the first goes on", h.status()["state"], "ready")
        equal("ended", h.end()[0], 0)


main()
