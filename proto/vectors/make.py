#!/usr/bin/python3
"""Golden messages, written by another MessagePack implementation than the one they test.

    make.py           writes NAME.hex and NAME.json beside itself
    make.py --check   prints what differs from what lies there, exit status 1

event-*    NAME.hex is the canonical encoding of the CloudEvent in NAME.json, and the other way round
refused-*  NAME.json says with which reason NAME.hex is refused, and a CloudEvent that is refused for the same
frame-*    NAME.json is the message in NAME.hex, bin values as {"bin": "hex"}
"""
import datetime
import json
import os
import sys

import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))
DAYS = {"last", "since", "until", "qualified_on", "registered_from", "temporary_until", "notified_on"}
MILLIONTHS = {"fte", "hours", "full_time_hours", "agency_fte", "share", "first_share", "last_share"}
FIELDS = ("engagement placement absence training allocation worker post covers team unit role contract origin kind reason "
          "destination why cover_reason status course part holder work fte hours full_time_hours agency_fte share first_share "
          "last_share last since until qualified_on registered_from temporary_until notified_on cases types").split()
ENVELOPE = "id source type time subject org effective sequence corrects voids targetsource adjustment inferred data".split()


def day(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def millionths(text):
    whole, _, part = text.partition(".")
    return int(whole) * 10**6 + int((part + "000000")[:6])


def instant(text):
    t = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round((t - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(milliseconds=1))


def wire(event):
    """The MessagePack map of a CloudEvent, in canonical order."""
    out = {}
    for key in ENVELOPE:
        if key == "data":
            data = event["data"]
            out["data"] = {f: None if data[f] is None else day(data[f]) if f in DAYS else
                           millionths(data[f]) if f in MILLIONTHS else data[f] for f in FIELDS if f in data}
        elif key in event:
            v = event[key]
            out[key] = instant(v) if key == "time" else day(v) if key == "effective" else v
    return out


def event(type, effective, data, subject="p-17", time="2024-03-01T09:00:00Z", id=None, **more):
    data = {f: data[f] for f in sorted(data, key=FIELDS.index)}
    return {"specversion": "1.0", "id": id or "itrent-" + type, "source": "itrent", "type": type, "time": time,
            "subject": subject, "org": "bexley", "effective": effective, **more, "data": data}


TYPES = ("starter change leaver placement_started placement_ended training_due training_completed supervision_held "
         "case_allocated case_deallocated caseload absence vacancies_declared post_opened post_changed post_closed complete").split()

EVENTS = {
    "starter": event("starter", "2024-03-01", {
        "engagement": "e-1", "post": "post-9", "covers": "p-3", "team": "asm1", "role": "5", "contract": "permanent", "origin": "10",
        "cover_reason": "absence", "fte": "0.8", "qualified_on": "2019-06-30", "registered_from": "2019-07-01",
        "temporary_until": "2024-12-31"}, sequence=41),
    "starter-hours": event("starter", "2024-03-01", {"engagement": "e-2", "hours": "29.6", "full_time_hours": "37"}),
    "starter-adjustment": event("starter", "2024-03-01", {"engagement": "e-3", "fte": "1", "since": "1998-09-01"},
                                adjustment=True, inferred=True),
    "starter-first-day": event("starter", "1950-01-01", {"engagement": "!~", "fte": "0.000001"}, subject="!", id="~",
                               time="1950-01-01T00:00:00Z"),
    "change": event("change", "2024-02-29", {"engagement": "e-1", "team": "asm2", "fte": None, "why": "reorganisation"},
                    time="2024-02-29T23:59:59.999Z"),
    "leaver": event("leaver", "2024-03-31", {"engagement": "e-1", "kind": "secondment_out", "reason": "10", "destination": "9",
                                             "notified_on": "2024-01-31"}),
    "placement-started": event("placement_started", "2024-03-01", {
        "placement": "a-1", "covers": "post-9", "team": "asm1", "role": "5", "kind": "agency", "cover_reason": "vacancy", "fte": "1"}),
    "placement-ended": event("placement_ended", "2024-06-30", {"placement": "a-1"}),
    "training-due": event("training_due", "2024-09-01", {"training": "t-1", "course": "safeguarding-3"}),
    "training-completed": event("training_completed", "2024-08-20", {"training": "t-1", "course": "safeguarding-3"}),
    "supervision-held": event("supervision_held", "2024-03-05", {"kind": "personal"}),
    "case-allocated": event("case_allocated", "2024-03-05", {"allocation": "al-1", "worker": "p-17", "part": "allocated",
                                                             "holder": "worker", "work": "child_protection"}, subject="case-5"),
    "case-deallocated": event("case_deallocated", "2024-05-05", {"allocation": "al-1", "worker": "p-17"}, subject="case-5"),
    "caseload": event("caseload", "2024-03-31", {"cases": 17}, sequence=2**63 - 1),
    "caseload-zero": event("caseload", "2024-03-31", {"cases": 0}),
    "absence": event("absence", "2024-03-04", {"absence": "ab-1", "kind": "sickness", "share": "0.5", "first_share": "0.25",
                                               "last_share": "0", "last": "2024-03-08"}),
    "absence-open": event("absence", "2024-03-04", {"absence": "ab-2", "kind": "family"}),
    "vacancies-declared": event("vacancies_declared", "2024-09-30", {"fte": "10000", "agency_fte": "12.5"}, subject="children"),
    "post-opened": event("post_opened", "2024-03-01", {"unit": "asm1", "role": "5", "status": "funded", "fte": "2"}, subject="post-9"),
    "post-changed": event("post_changed", "2024-04-01", {"unit": None, "status": "frozen"}, subject="post-9"),
    "post-closed": event("post_closed", "2024-05-01", {}, subject="post-9"),
    "complete": event("complete", "2023-10-01", {"until": "2024-09-30", "types": TYPES}, subject="itrent"),
    "complete-open": event("complete", "1969-12-31", {"types": ["caseload"]}, subject="itrent"),
    "starter-corrects": event("starter", "2019-03-01", {"engagement": "e-2", "fte": "0.6"}, id="itrent-77", corrects="itrent-starter"),
    "leaver-voids": event("leaver", "2024-03-31", {}, id="oracle-3", voids="itrent-leaver", targetsource="itrent-old"),
    "caseload-voids": event("caseload", "2024-03-31", {"cases": 17}, id="itrent-78", voids="itrent-caseload"),
    "long": event("starter", "2134-04-11", {"engagement": "e" * 64, "team": "t" * 32, "fte": "0"}, subject="p" * 64, id="i" * 64),
}

GOOD = EVENTS["starter-hours"]


def with_(**changes):
    e = json.loads(json.dumps(GOOD))
    for key, v in changes.items():
        if key == "data":
            e["data"].update(v)
        else:
            e[key] = v
    return e


def without(key, e=GOOD):
    e = json.loads(json.dumps(e))
    e.pop(key, None)
    e["data"].pop(key, None)
    return e


def packed(e):
    return msgpack.packb(wire(e))


def raw(key, v, e=GOOD):
    """The good event with one wire value replaced by anything."""
    w = wire(e)
    (w if key in ENVELOPE else w["data"])[key] = v
    return msgpack.packb(w)


def raw_target(corrects, voids, source=None):
    more = {"corrects": corrects, "voids": voids, "targetsource": source}
    return packed(with_(**{k: v for k, v in more.items() if v is not None}))


def twice(key):
    w = wire(GOOD)
    body = b"".join(msgpack.packb(k) + msgpack.packb(v) for k, v in w.items())
    return bytes([0x80 | (len(w) + 1)]) + body + msgpack.packb(key) + msgpack.packb(w[key])


# name: (reason, bytes, CloudEvent refused for the same or None)
REFUSED = {
    "malformed-nothing": ("malformed", b"", ""),
    "malformed-trailing": ("malformed", packed(GOOD) + b"\xc0", None),
    "malformed-cut": ("malformed", packed(GOOD)[:-1], None),
    "malformed-announced": ("malformed", bytes.fromhex("df7fffffff"), None),
    "malformed-twice": ("malformed", twice("org"), json.dumps(GOOD)[:-1] + ', "org": "bexley"}'),
    "malformed-float": ("malformed", raw("hours", 29.6), with_(data={"hours": 29.6})),
    "malformed-ext": ("malformed", raw("hours", msgpack.ExtType(1, b"x")), None),
    "malformed-alphabet": ("malformed", raw("org", "Bexley"), with_(org="Bexley")),
    "malformed-space": ("malformed", raw("subject", "p 17"), with_(subject="p 17")),
    "malformed-utf8": ("malformed", raw("subject", "p\u00e917"), with_(subject="p\u00e917")),
    "malformed-nil": ("malformed", raw("team", None), with_(data={"team": None})),
    "malformed-nil-envelope": ("malformed", raw("org", None), with_(org=None)),
    "malformed-fte-and-hours": ("malformed", raw("fte", 800000), with_(data={"fte": "0.8"})),
    "malformed-bool": ("malformed", raw("adjustment", 1), with_(adjustment=1)),
    "malformed-types-twice": ("malformed", raw("types", ["caseload", "caseload"], EVENTS["complete-open"]), None),
    "range-fte": ("range", packed(event("starter", "2024-03-01", {"engagement": "e", "fte": "1.000001"})),
                  event("starter", "2024-03-01", {"engagement": "e", "fte": "1.000001"})),
    "range-cases": ("range", raw("cases", 10000, EVENTS["caseload"]), event("caseload", "2024-03-31", {"cases": 10000})),
    "range-effective": ("range", raw("effective", -7306), with_(effective="1949-12-31")),
    "range-hours": ("range", raw("hours", 37000001), with_(data={"hours": "37.000001"})),
    "range-code": ("range", raw("origin", "11"), with_(data={"origin": "11"})),
    "range-id": ("range", raw("id", "i" * 65), with_(id="i" * 65)),
    "range-empty": ("range", raw("org", ""), with_(org="")),
    "range-sequence": ("range", raw("sequence", 0), with_(sequence=0)),
    "range-no-types": ("range", raw("types", [], EVENTS["complete-open"]), event("complete", "2024-01-01", {"types": []})),
    "unknown-type": ("unknown-type", raw("type", "joiner"), with_(type="joiner")),
    "unknown-type-listed": ("unknown-type", raw("types", ["joiner"], EVENTS["complete-open"]),
                            event("complete", "2024-01-01", {"types": ["joiner"]})),
    "unknown-field": ("unknown-field", raw("cases", 3), with_(data={"cases": 3})),
    "unknown-envelope": ("unknown-field", msgpack.packb({**wire(GOOD), "colour": "red"}), with_(colour="red")),
    "unknown-since": ("unknown-field", raw("since", 0), with_(data={"since": "1970-01-01"})),
    "unknown-adjustment": ("unknown-field", raw("adjustment", True, EVENTS["caseload"]),
                           event("caseload", "2024-03-31", {"cases": 1}, adjustment=True)),
    "missing-org": ("missing-field", msgpack.packb({k: v for k, v in wire(GOOD).items() if k != "org"}), without("org")),
    "missing-engagement": ("missing-field", packed(without("engagement")), without("engagement")),
    "missing-full-time-hours": ("missing-field", packed(without("full_time_hours")), without("full_time_hours")),
    "oversized": ("oversized", raw("id", "i" * 4096), None),
    "end-before-start-absence": ("end-before-start", raw("last", day("2024-03-03"), EVENTS["absence"]),
                                 event("absence", "2024-03-04", {"absence": "a", "kind": "other", "last": "2024-03-03"})),
    "end-before-start-complete": ("end-before-start", raw("until", day("2023-09-30"), EVENTS["complete"]),
                                  event("complete", "2023-10-01", {"until": "2023-09-30", "types": ["caseload"]}, subject="itrent")),
    "malformed-corrects-and-voids": ("malformed", raw_target("itrent-1", "itrent-2"), with_(corrects="itrent-1", voids="itrent-2")),
    "malformed-voids": ("malformed", raw("voids", "itrent 1"), with_(voids="itrent 1")),
    "malformed-targetsource": ("malformed", raw_target("itrent-1", None, "iTrent"), with_(corrects="itrent-1", targetsource="iTrent")),
    "range-corrects": ("range", raw("corrects", "i" * 65), with_(corrects="i" * 65)),
    "range-voids-empty": ("range", raw("voids", ""), with_(voids="")),
    "unknown-targetsource": ("unknown-field", raw("targetsource", "itrent"), with_(targetsource="itrent")),
    "missing-of-correction": ("missing-field", packed(without("engagement", EVENTS["starter-corrects"])), without("engagement", EVENTS["starter-corrects"])),
}

FRAMES = {
    "hello": [1, "itrent", 1, 1, 0],
    "welcome": [2, 1, 512, 65536, 8388608, 4096, 262144, 2048, "6f1e", 1700000000000],
    "events": [3, "itrent", 1, 513, [packed(EVENTS["caseload"]), packed(EVENTS["post-closed"])]],
    "reply": [4, "itrent", 1, 1, 6, 2, 101, [[3, 1, 17], [4, 2, 102, "range", "cases 10000 is not 0 to 9999"]], 65536],
    "nack-gap": [5, 1, 513, 0, "events 513 to 1024 are missing"],
    "nack-busy": [5, 6, 0, 250, "the store is nearly full"],
    "ask-status": [6, 1, "status", {}],
    "ask-history": [6, 2, "history", {"unit": "bexley/children", "indicator": "turnover_rate", "from": 19000, "until": 19030}],
    "answer-line": [7, 3, False, [[13, {"text": "in_post|asm1|2024-03-01|800000"}]]],
    "answer-empty": [7, 4, True, []],
    "failed": [8, 2, "absent", "there is no unit bexley/adults"],
    "stream-beat": [9, 40, 0, 3, {"number": 40, "alert": 7, "sequence": 5120, "today": 19783, "time": 1709280000000, "instance": 3}],
}


def plain(v):
    if isinstance(v, bytes):
        return {"bin": v.hex()}
    return [plain(x) for x in v] if isinstance(v, list) else v


def frame_bytes(m):
    """Arrays of rows and of events have headers of fixed size where a writer fills them in last."""
    b = msgpack.packb(m)
    if m[0] == 7:
        head = msgpack.packb(m[:3])
        b = bytes([0x94]) + head[1:] + b"\xdc" + len(m[3]).to_bytes(2, "big") + msgpack.packb(m[3])[1:]
    return b


def files():
    out = {}
    for name, e in EVENTS.items():
        out["event-" + name] = (packed(e), json.dumps(e, separators=(",", ":")))
    for name, (reason, b, e) in REFUSED.items():
        text = e if isinstance(e, str) or e is None else json.dumps(e, separators=(",", ":"))
        out["refused-" + name] = (b, json.dumps({"refused": reason, "json": text}))
    for name, m in FRAMES.items():
        out["frame-" + name] = (frame_bytes(m), json.dumps(plain(m)))
    return out


def main():
    made = {}
    for name, (b, text) in files().items():
        made[name + ".hex"] = b.hex() + "\n"
        made[name + ".json"] = text + "\n"
    there = {f for f in os.listdir(HERE) if f.endswith((".hex", ".json"))}
    if "--check" in sys.argv:
        wrong = sorted(there ^ set(made)) + [f for f in made if f in there and open(os.path.join(HERE, f)).read() != made[f]]
        print("\n".join(wrong))
        return 1 if wrong else 0
    for name, text in made.items():
        with open(os.path.join(HERE, name), "w") as f:
            f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
