#!/usr/bin/python3
"""refused -- each bad event gets its documented reason and is listed; nothing else in its batch suffers."""
import re
import msgpack
from client import NACK, REFUSED, REPLY, Publisher, event
from house import PROFILE, ROOT, House, complete, equal, starter

SOURCES = '''
source "hr" { orgs = {"bexley"} types = {"starter", "change", "leaver", "absence", "caseload", "complete", "supervision_held"} }
'''


def reasons():
    """The wire codes of all REFUSE rows: what P5.8 lists."""
    text = (ROOT / "include/workforce/types.h").read_text()
    return set(re.findall(r'X\(WF_\w+,\s*WF_REFUSE,\s*"([a-z-]+)"', text))


def bad_events():
    def make(type_, n, effective="2024-02-01", data=None, **more):
        return event("hr", "bexley", type_, "b%s" % n, "q%s" % n, effective, data, **more)

    yield "malformed", b"\x81\xa2id"
    yield "malformed", msgpack.packb([1, 2, 3])
    yield "malformed", make("caseload", 1, data={"cases": 1.5})
    yield "malformed", make("caseload", "with space", data={"cases": 1})
    yield "malformed", b"\xdd\xff\xff\xff\xff"
    yield "range", make("caseload", 2, data={"cases": 10000})
    yield "range", make("caseload", 3, effective="1949-12-31", data={"cases": 1})
    yield "range", make("caseload", 4, effective="2030-01-01", data={"cases": 1})
    yield "range", make("caseload", 5, data={"cases": 1}, time=1735689600000)
    yield "range", make("starter", 6, data={"engagement": "e", "fte": 1000001})
    yield "range", make("vacancies_declared", "u" * 40, data={"fte": 1000000})     # a unit's id is a code
    yield "range", make("complete", 18, data={"types": ["starter"]})                # a source speaks for itself
    yield "unknown-type", make("promoted", 7)
    yield "unknown-field", make("caseload", 8, data={"cases": 1, "mood": "good"})
    yield "unknown-field", make("caseload", 9, data={"cases": 1}, colour="red")
    yield "missing-field", make("caseload", 10)
    yield "missing-field", make("starter", 11, data={"fte": 1000000})
    yield "oversized", make("caseload", 12, data={"cases": 1, "x": "y" * 5000})
    yield "end-before-start", make("absence", 13, data={"absence": "a", "kind": "sickness", "last": 10})
    yield "not-entitled", make("post_opened", 14, data={"fte": 1000000})
    yield "not-entitled", event("hr", "slough", "starter", "b15", "q15", "2024-02-01", {"engagement": "e15"})
    yield "id-reused", event("hr", "bexley", "starter", "s1", "p1", "2020-01-07", {"engagement": "e1", "team": "asm2"})
    yield "malformed", make("caseload", 16, data={"cases": 1}, corrects="s1", voids="s2")
    yield "missing-field", make("caseload", 17, corrects="s1")
    yield "unknown-field", make("caseload", 19, data={"cases": 1}, targetsource="hr")


def main():
    with House(profile=PROFILE + SOURCES) as h:
        h.start()
        p = Publisher(h.intake, "hr")
        p.hello()
        equal("before", p.publish([complete("2015-01-01"), starter(1)])[0], REPLY)

        bad, frame, want = list(bad_events()), [], {}
        for i, (reason, bytes_) in enumerate(bad):
            frame.append(starter(100 + i))
            want[len(frame)] = reason
            frame.append(bytes_)
        frame.append(starter(200))
        reply = p.publish(frame)
        equal("REPLY", (reply[0], reply[4], reply[5]), (REPLY, len(frame), 0))
        got = {x[0]: x for x in reply[7]}
        equal("who is refused", sorted(got), sorted(want))
        for index, reason in want.items():
            equal("kind and reason of %d (%s)" % (index, got[index]), (got[index][1], got[index][3]), (REFUSED, reason))
            equal("its sequence", got[index][2], reply[6] + index)
            assert got[index][4], "no sentence for %s" % reason
        equal("nothing else suffers", h.figure("bexley", "in_post")["numerator"], 2 + len(bad))

        rows = [row for kind, row in h.ask("refused")]
        equal("all are listed", [(r["sequence"], r["reason"]) for r in rows], [(reply[6] + i, want[i]) for i in sorted(want)])
        for row, (reason, bytes_) in zip(rows, bad):
            equal("its first bytes", row["head"], bytes_[:256])
            assert row["arrived"] and row["text"], row
        equal("since", len(h.ask("refused", since=rows[9]["sequence"])), len(rows) - 10)
        equal("limit", len(h.ask("refused", limit=3)), 3)
        status = h.status()
        equal("counted", (status["refused"], status["accepted"]), (len(bad), len(bad) + 3))
        sources = {row["source"]: row for kind, row in h.ask("status") if kind == 8}
        assert sources["hr"]["refused"] >= len(bad) - 5, sources

        # A refused event that comes again is refused again; the session goes on.
        equal("again", p.publish([bad[5][1]])[7][0][3], "range")
        # What is no frame at all is answered, and hurts nobody.
        for junk in (b"", b"\xc0", msgpack.packb([3, "hr", 1]), msgpack.packb([3, "no source", 1, 1, [b""]]),
                     msgpack.packb([77]), msgpack.packb([3, "hr", 1, p.next, [starter(300)] * 3000])):
            p.socket.send(junk)
            equal("NACK for %r" % junk[:20], p.receive()[0], NACK)
        p.socket.send_multipart([b"one", b"two", b"three"])
        equal("NACK for three frames", p.receive()[0], NACK)
        equal("the next frame", p.publish([starter(301)])[7], [])
        missing = reasons() - set(want.values())
        # No field that is documented in this release is personal, so nothing is refused as not-kept.
        equal("documented reasons without a case here", missing, {"not-kept"})
        equal("ended", h.end()[0], 0)


main()
