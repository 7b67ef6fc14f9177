#!/usr/bin/python3
"""complete -- what sources have told in full, by kind of fact; how late they are; their missing numbers; who came and went.
Over a kill -9 it is all the same."""
import json

from client import Failed, Publisher, day, event
from house import House, complete, equal, leaver, starter

PROFILE = '''
source "hr"    { types = {"starter", "change", "leaver"} late_days = 14 }
source "cases" { types = {"caseload"} }
source "sick"  { types = {"absence"} }
tree "bexley" { unit "children" { } unit "asm1" { under = {"children"} } unit "asm2" { under = {"children"} } }
indicator "in_post" { title = "In post" numerator = "in_post.heads at end" unit = "count" }
indicator "caseload" { title = "Caseload" numerator = "cases.count at end" denominator = "case_holders.fte at end" unit = "ratio" }
indicator "days_lost" { title = "Days lost" numerator = "absence.days days over 1 month" unit = "days" }
rule "few" { indicator = "in_post" direction = "below" amber = "2" }
'''
FIGURE, ALERT, SOURCE, SPAN, GAP, MOVE = 1, 2, 8, 14, 15, 16


def rows(h, verb, kind, **arguments):
    return [row for k, row in h.ask(verb, **arguments) if k == kind]


def sources(h):
    return {r["source"]: r for r in rows(h, "status", SOURCE)}


def seen(h):
    """What must be the same after a restart."""
    kept = [{k: v for k, v in r.items() if k not in ("epoch", "durable", "duplicates")} for r in rows(h, "status", SOURCE)]
    return json.dumps([kept, rows(h, "complete", SPAN), rows(h, "complete", GAP), h.figure("bexley", "caseload")["sources"],
                       [a["figure"]["sources"] for a in rows(h, "alerts", ALERT)]], sort_keys=True)


def main():
    with House(profile=PROFILE, today="2024-03-01") as h:
        h.start()
        hr, cases = Publisher(h.intake, "hr"), Publisher(h.intake, "cases")
        hr.hello(), cases.hello()
        caseload = lambda n, d: event("cases", "bexley", "caseload", "k%d" % n, "p1", d, {"cases": 12}, sequence=n, time=day("2024-02-01") * 86400000)

        # First loads are not late; what comes afterwards is, by so many days.
        equal("refused", hr.publish([starter(n, effective="2020-01-06") for n in (1, 2)])[7], [])
        said = sources(h)["hr"]
        equal("before it said so", (said["complete"], said["complete_until"], said["late_worst"]), ("never said", None, 0))
        untold = {(r["type"], r["source"]) for r in rows(h, "complete", SPAN)}
        equal("nobody has told", untold, {(t, "hr") for t in ("starter", "change", "leaver")} | {("caseload", "cases"), ("absence", "sick")} |
              {("placement_started", ""), ("placement_ended", "")})
        equal("sources of a figure", h.figure("bexley", "in_post")["sources"], [["hr", None, None]])
        equal("refused", hr.publish([complete("2015-01-01")])[7], [])
        equal("refused", cases.publish([event("cases", "bexley", "complete", "c1", "cases", "2024-01-01", time=1577880000000,
                                              data={"types": ["caseload"], "until": day("2024-02-20")})])[7], [])
        told = sources(h)
        equal("open", (told["hr"]["complete"], told["hr"]["complete_until"]), ("open", None))
        equal("until", (told["cases"]["complete"], told["cases"]["complete_until"]), ("until", day("2024-02-20")))
        h.advance("2024-04-01")
        for n, d in ((11, "2024-03-31"), (12, "2024-03-30"), (13, "2024-03-29"), (14, "2024-03-01")):
            equal("refused", hr.publish([starter(n, effective=d, time=day(d) * 86400000)])[7], [])
        late = sources(h)["hr"]
        equal("late: promised, median, worst, beyond", [late["late_" + k] for k in ("promised", "median", "worst", "beyond")], [14, 2, 31, 1])

        # Figures and alerts name each source that they rest on.
        equal("sources of a figure", h.figure("bexley", "in_post")["sources"], [["hr", day("2015-01-01"), None]])
        equal("two", h.figure("bexley", "caseload")["sources"], [["cases", day("2024-01-01"), day("2024-02-20")], ["hr", day("2015-01-01"), None]])
        equal("one never spoke", h.figure("bexley", "days_lost")["sources"], [["hr", day("2015-01-01"), None], ["sick", None, None]])
        equal("refused", hr.publish([leaver(n, "2024-04-01") for n in (1, 2, 11, 12, 13)])[7], [])
        alerts = rows(h, "alerts", ALERT)
        assert "amber" in {a["state"] for a in alerts}, alerts
        equal("sources of alerts", [a["figure"]["sources"] for a in alerts], [[["hr", day("2015-01-01"), None]]] * len(alerts))

        # Its own numbers: in any order; a hole closes when its number comes, refused or not.
        for n in (5, 6, 9, 20, 8):
            equal("refused", cases.publish([caseload(n, "2024-02-0%d" % (n % 9 + 1))])[7], [])
        gaps = lambda: [(g["from"], g["until"], g["missing"]) for g in rows(h, "complete", GAP)]
        equal("holes", gaps(), [(7, 7, 1), (10, 19, 10)])
        equal("counted", sources(h)["cases"]["gaps"], 11)
        equal("number 3 is older than the first", cases.publish([caseload(3, "2024-02-11")])[7], [])
        assert cases.publish([event("cases", "bexley", "starter", "x", "p1", "2024-02-01", {"engagement": "e"}, sequence=7)])[7] != []
        equal("a refused event came too", gaps(), [(10, 19, 10)])

        # Who came and went: it adds up, and says where each is counted.
        moves = {r["what"]: (r["heads_in"], r["heads_out"]) for r in rows(h, "moves", MOVE, unit="bexley/children", **{"from": day("2024-03-01")})}
        equal("moves", moves, {"in post before": (2, 0), "starter": (4, 0), "leaver": (0, 5), "in post after": (1, 0)})
        try:
            h.ask("moves", unit="bexley", **{"from": day("2014-06-01")})
            raise AssertionError("moves of days that nobody has told")
        except Failed as e:
            assert "from 2015-01-01 on" in str(e), e

        before = seen(h)
        h.kill()
        h.start()
        equal("after kill -9", seen(h), before)
        equal("ended", h.end()[0], 0)


main()
