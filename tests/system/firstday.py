#!/usr/bin/python3
"""firstday -- on the day after installation turnover is no data until a date; nothing is green and nothing alerts."""
from client import Publisher, day
from house import House, complete, equal, starter

def main():
    with House(today="2024-03-01") as h:
        h.start()
        p = Publisher(h.intake, "hr")
        p.hello()
        # Today's staff, each with the true first day; nobody who left is known.
        staff = [starter(n, team="asm%d" % (1 + n % 2), effective="2024-03-01", adjustment=True) for n in range(60)]
        equal("taken", p.publish(staff)[7], [])
        for unit in ("bexley", "bexley/children", "bexley/children/asm1"):
            f = h.figure(unit, "turnover_rate")
            equal("before anybody said complete", (f["status"], f["no_data_until"], f["rating"]), ("x", None, "unknown"))
        equal("taken", p.publish([complete("2024-03-01")])[7], [])
        h.advance("2024-03-02")
        for unit in ("bexley", "bexley/children", "bexley/children/asm1"):
            f = h.figure(unit, "turnover_rate")
            equal("turnover of " + unit, (f["status"], f["value"], f["rating"]), ("x", None, "unknown"))
            equal("known from", f["no_data_until"], day("2025-03-01"))
        equal("in post is known", h.figure("bexley", "in_post")["numerator"], 60)
        ratings = {(r["unit"], r["indicator"]): r["rating"] for _, r in h.ask("figures")}
        green = [k for k, v in ratings.items() if v == "ok" and k[1] == "turnover_rate"]
        equal("green turnover", green, [])
        equal("alerts", h.ask("alerts"), [])
        # A year later the first full window is there.
        h.advance("2025-03-01")
        equal("the first full window", h.figure("bexley", "turnover_rate")["status"], "ok")
        equal("the day before it", h.figure("bexley", "turnover_rate", on=day("2025-02-28"))["status"], "x")
        equal("ended", h.end()[0], 0)


main()
