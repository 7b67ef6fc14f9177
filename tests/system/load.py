#!/usr/bin/python3
"""load -- 5,000 rows that are loaded send one summary, and rules go on from the true state; without --load they send many.

Also: frames of others meanwhile, a kill in the middle, a load that nobody ends, two organisations, the past, a profile that changes.
"""
import json
import subprocess

import client
from house import BUILD, PROFILE, ROOT, House, complete, equal, starter

TEAMS = 50
MANY = '''
measures { roles = {"1", "2", "3", "4", "5", "6"} bank_holidays = "%s" }
tree "bexley" {
    title = "London Borough of Bexley"
    unit "children" { title = "Children's Services" }
%s}
tree "slough" { title = "Slough" unit "one" { title = "One" } }
indicator "in_post" { title = "Social workers in post" numerator = "in_post.heads at end" unit = "count" }
rule "many" { indicator = "in_post" units = {"*/*", "*/*/*"} direction = "above" amber = "60" red = "110" }
''' % (ROOT / "profiles/bank-holidays-england", "".join('    unit "t%d" { title = "Team %d" under = {"children"} }\n' % (t, t) for t in range(TEAMS)))


def ctl(h, *command, status=0):
    p = subprocess.run([str(BUILD / "workforcectl"), *map(str, command), "--sockets", str(h.dir)], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=60, text=True)
    assert p.returncode == status, (command, p.returncode, p.stdout, p.stderr)
    return p.stdout


def rows(n):
    """Rows as an importer writes them: teams of 50 to 150, since days apart."""
    for i in range(n):
        team = i % TEAMS if i % 3 else i % (TEAMS // 2)
        yield json.dumps({"specversion": "1.0", "id": "r%d" % i, "source": "hr", "type": "starter", "subject": "w%d" % i, "org": "bexley",
                          "time": "2024-02-01T09:00:00Z", "effective": "2023-%02d-%02d" % (1 + i % 12, 1 + i % 28),
                          "data": {"engagement": "r%d" % i, "team": "t%d" % team, "role": "5", "fte": "1"}})


def alerts(h, since=0):
    return [row for _, row in h.ask("alerts", since=since)]


def say(publisher, events):
    reply = publisher.publish(events)
    assert reply[0] == client.REPLY and not [x for x in reply[7] if x[1] == 2], reply


def live(h, *sources):
    """Publishers whose organisation is watched from today on."""
    said = []
    for source, org in sources:
        p = client.Publisher(h.intake, source)
        p.hello()
        say(p, [complete("2015-01-01", source=source, org=org, id_="c" + org)])
        said.append(p)
    return said


def verified(h):
    h.end()
    p = subprocess.run([str(BUILD / "workforced"), "verify", str(h.dir / "store")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True)
    assert p.returncode == 0 and "all the same" in p.stdout, p.stdout
    h.start()


def rows_send_one_summary():
    file = "rows.jsonl"
    with House(profile=MANY) as h:
        (h.dir / file).write_text("\n".join(rows(5000)) + "\n")
        h.start()
        live(h, ("base", "bexley"))
        ctl(h, "publish", "--quiet", h.dir / file)
        many = len(alerts(h))
        assert many > 40, many
    with House(profile=MANY) as h:
        (h.dir / file).write_text("\n".join(rows(5000)) + "\n")
        h.start()
        live(h, ("base", "bexley"))
        said = ctl(h, "publish", "--load", h.dir / file)
        told = alerts(h)
        equal("5,000 rows loaded send one summary", len(told), 1)
        a = told[0]
        equal("it is the organisation's", (a["kind"], a["unit"], a["rule"], a["alert"], a["part"]), ("load", "bexley", "", 1, 0))
        figures = {r["unit"]: r["numerator"] for _, r in h.ask("figures", indicators=["in_post"], units=["bexley/"])}
        red = {u for u, n in figures.items() if n >= 110}
        stand = {u for u, n in figures.items() if n >= 60}
        equal("what stands is listed or counted", (len(a["entries"]), a["entries_more"]), (32, len(stand) - 32))
        for e in a["entries"]:
            assert e[0] == "stands" and e[11] == "many" and e[12] in stand and e[7] == ("red" if e[12] in red else "amber"), e
        equal("parts", [e[2] for e in a["entries"]], [0] + list(range(2, 33)))
        assert "LOADED London Borough of Bexley: of %d rules in its units %d red, %d amber, %d ok, 0 unknown.\n" % (
            len(figures), len(red), len(stand) - len(red), len(figures) - len(stand)) in said, said
        assert said == a["text"] + "\n", (said, a["text"])
        assert '"kind":"load"' in ctl(h, "tail", "--alerts", "--since", 0, "--count", 1, "--json")
        h.advance("2024-03-03")
        equal("the past says nothing more", len(alerts(h)), 1)
        entry = next(e for e in a["entries"] if e[12] not in red)
        team = entry[12].rsplit("/", 1)[1]
        leaving = [json.loads(x)["subject"][1:] for x in rows(5000) if '"%s"' % team in x][:figures[entry[12]] - 59]
        p = client.Publisher(h.intake, "hr", epoch=1 << 50)
        p.hello()
        say(p, [client.event("hr", "bexley", "leaver", "l" + w, "w" + w, "2024-03-02", {"engagement": "r" + w}, time=1577880000000) for w in leaving])
        last = alerts(h, since=1)
        equal("the alert goes on under its part", [(x["kind"], x["alert"], x["part"], x["before"], x["state"]) for x in last],
              [("state", 1, entry[2], "amber", "ok")])
        assert ctl(h, "explain", "--check").startswith("2 alert messages derived again, 0 not equal"), "explained"
        assert ctl(h, "explain", 1).endswith("Equal to what was told.\n"), "the summary"
        verified(h)


def load(h, source, verb="load"):
    return h.ask(verb, source=source)[0][1]["text"]


def held_until_it_ends():
    profile = PROFILE.replace('below" amber = "4" red = "2"', 'above" amber = "4" red = "9"')
    with House(profile=profile) as h:
        h.start()
        hr, more = live(h, ("hr", "bexley"), ("more", "slough"))
        assert load(h, "hr").startswith("the load begins"), "begins"
        say(hr, [starter(n, team="asm1", effective="2023-01-09") for n in range(6)])
        equal("nothing yet", alerts(h), [])
        assert "a load is open" in h.status()["trouble"], h.status()
        other = client.Publisher(h.intake, "other")
        other.hello()
        say(other, [starter(n, team="asm1", source="other", effective="2023-02-09") for n in range(50, 55)])
        equal("nor by others where the load has been", alerts(h), [])
        say(other, [starter(n, team="asm2", source="other", effective="2023-02-09") for n in range(60, 65)])
        equal("elsewhere others are judged", [a["unit"] for a in alerts(h)], ["bexley/children/asm2"])
        h.kill()
        h.start()
        for p in (hr, other):
            p.close()
        hr, other = client.Publisher(h.intake, "hr"), client.Publisher(h.intake, "other")
        hr.hello(), other.hello()
        say(other, [starter(55, team="asm1", source="other", effective="2023-02-09")])
        equal("nor after a kill", len(alerts(h)), 1)
        h.profile.write_text(profile.replace('red = "9"', 'red = "11"'))
        h.ask("reload")
        equal("nor by a change of profile, where the load has been", [a["unit"] for a in alerts(h, since=1)], [])
        assert "2 to 2" in load(h, "hr", "loaded"), "the end names its messages"
        a = alerts(h, since=1)[0]
        equal("the load is over", h.status()["trouble"], "")
        equal("one summary", (a["kind"], a["state"], [(e[12], e[7]) for e in a["entries"]]), ("load", "red", [("bexley/children/asm1", "red")]))
        equal("again there is nothing to say", load(h, "hr", "loaded"), "the load is over, and nothing is to be said of it")
        load(h, "hr")
        say(hr, [client.event("hr", "bexley", "starter", "v%d" % n, "p%d" % n, "2023-01-09", time=1577880000001, voids="s%d" % n) for n in range(6)])
        h.advance("2024-03-02")
        a = alerts(h, since=2)
        equal("the day ends what nobody ended", [(x["kind"], x["state"], [(e[1], e[12], e[7]) for e in x["entries"]]) for x in a],
              [("load", "amber", [(2, "bexley/children/asm1", "amber")])])
        load(h, "hr")
        say(hr, [starter(n, team="asm2", effective="2023-05-09") for n in range(80, 90)])
        load(h, "more")
        say(more_again(h), [starter(n, team="one", source="more", org="slough", effective="2023-05-09") for n in range(90, 95)])
        equal("one of two loads is over", load(h, "hr", "loaded"), "the load is over, and nothing is to be said of it")
        assert "messages 4 to 5" in load(h, "more", "loaded"), "the other"
        equal("one summary an organisation", [(a["unit"], a["kind"], a["state"]) for a in alerts(h, since=3)],
              [("bexley", "load", "red"), ("slough", "load", "unknown")])
        ctl(h, "explain", "--check")
        verified(h)


def more_again(h):
    p = client.Publisher(h.intake, "more")
    p.hello()
    return p


def main():
    rows_send_one_summary()
    held_until_it_ends()
    print("load: 5,000 rows send one summary")


if __name__ == "__main__":
    main()
