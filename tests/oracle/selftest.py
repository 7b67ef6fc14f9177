#!/usr/bin/python3
"""Examples worked by hand from the rules, against the oracle; and the oracle against itself looking at every day."""
import datetime
import json
import os
import sys
import tempfile
import unittest
from fractions import Fraction

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import days                                         # noqa: E402
import history                                      # noqa: E402
import published                                    # noqa: E402
import states                                       # noqa: E402
from conf import Profile, matches, parse_expression  # noqa: E402
from facts import read_events                       # noqa: E402
from figures import Figures, printed                # noqa: E402
from judgetest import Cases                         # noqa: E402,F401  (the judge's own examples)
from ledger import Ledger                           # noqa: E402

ALL = os.path.join(HERE, "profiles", "all.conf")


def profile(text):
    with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
        file.write(text)
    try:
        return Profile(file.name)
    finally:
        os.unlink(file.name)


class Story:
    """Events in the order written; each is said a second after the one before unless it says otherwise."""

    def __init__(self, settings=""):
        self.profile, self.lines = profile(settings), []

    def say(self, type_, subject, effective, time=None, id=None, source="s1", org="o", adjustment=False, inferred=False,
            corrects=None, voids=None, targetsource=None, **data):
        n = len(self.lines) + 1
        time = time or (datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=n)).isoformat() + "Z"
        event = {"specversion": "1.0", "id": id or "e%d" % n, "source": source, "type": type_, "time": time, "subject": subject,
                 "org": org, "effective": effective, "data": data}
        links = (("corrects", corrects), ("voids", voids), ("targetsource", targetsource))
        event.update((name, value) for name, value in links if value)
        if adjustment:
            event["adjustment"] = True
        if inferred:
            event["inferred"] = True
        self.lines.append(json.dumps(event))
        return self

    def ledger(self):
        return Ledger(self.profile, read_events(self.lines)[0])

    def of(self, measure):
        """Lines 'cell day count amount' of one measure."""
        return sorted(" ".join(line.split("|")[1:]) for line in self.ledger().lines() if line.startswith(measure + "|"))

    def moves(self):
        return [(entry.cause, days.text(entry.day), entry.heads, entry.fte) for _, entry in self.ledger().moves]

    def causes(self, person, day):
        from ledger import Person
        facts = [fact for fact in read_events(self.lines)[0] if fact.subject == person]
        made = Person(self.profile, "o", facts, [], False)
        return [(entry.cause, entry.source and entry.source[0], entry.target and entry.target[0], entry.heads, entry.fte)
                for entry in made.in_post_entries(days.day(day))]

    def findings(self):
        return sorted((kind, subject, id_) for kind, _, _, subject, _, id_ in self.ledger().findings)

    def figures(self, today="2030-01-01", complete=True):
        return Figures(self.ledger(), days.day(today), complete_all=complete)

    def figure(self, name, day, unit="", complete=True):
        figure = self.figures(complete=complete).figure("o", unit, self.profile.indicators[name], days.day(day))
        return figure.status, figure.numerator, figure.denominator, figure.people

    def value(self, name, day, unit=""):
        indicator = self.profile.indicators[name]
        return printed(self.figures().figure("o", unit, indicator, days.day(day)).value, indicator.decimals)


def bank_holidays(year):
    """Worked out from the rules of 1971 and the proclamations since 2015."""
    date = datetime.date
    found = {history.easter(year) - datetime.timedelta(days=2), history.easter(year) + datetime.timedelta(days=1)}

    def monday(month, last):
        monthly = [date(year, month, d) for d in range(1, 32) if d <= 31 and not (month in (4, 6) and d == 31)]
        mondays = [d for d in monthly if d.weekday() == 0]
        return mondays[-1] if last else mondays[0]

    found |= {monday(5, False), monday(5, True), monday(8, True)}
    for month, mday in ((1, 1), (12, 25), (12, 26)):
        d = date(year, month, mday)
        while d.weekday() >= 5 or d in found:
            d += datetime.timedelta(days=1)
        found.add(d)
    # Where Christmas Day is a Saturday or Sunday its substitute comes after Boxing Day's own: the days are the same.
    if year == 2020:
        found = found - {date(2020, 5, 4)} | {date(2020, 5, 8)}
    if year == 2022:
        found = found - {date(2022, 5, 30)} | {date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19)}
    if year == 2023:
        found.add(date(2023, 5, 8))
    return {d.toordinal() for d in found}


class Days(unittest.TestCase):
    def test_months_back_end_on_the_month_s_last(self):
        for d, n, want in (("2024-09-30", 12, "2023-09-30"), ("2024-02-29", 12, "2023-02-28"), ("2025-02-28", 12, "2024-02-28"),
                           ("2024-03-31", 1, "2024-02-29"), ("2024-01-15", 3, "2023-10-15"), ("2024-12-31", 24, "2022-12-31")):
            self.assertEqual(days.text(days.months_back(days.day(d), n)), want)

    def test_twelve_months_to_30_september_begin_on_1_october(self):
        self.assertEqual(days.text(days.window_start(days.day("2024-09-30"), ("months", 12))), "2023-10-01")

    def test_windows_to_date(self):
        for d, window, want in (("2024-05-20", "month to date", "2024-05-01"), ("2024-05-20", "quarter to date", "2024-04-01"),
                                ("2024-03-31", "financial year to date", "2023-04-01"), ("2024-04-01", "financial year to date", "2024-04-01"),
                                ("2024-09-30", "census year to date", "2023-10-01"), ("2024-10-01", "census year to date", "2024-10-01")):
            self.assertEqual(days.text(days.window_start(days.day(d), (window, 0))), want)

    def test_29_february(self):
        self.assertTrue(days.holds_29_february(days.day("2023-10-01"), days.day("2024-09-30")))
        self.assertFalse(days.holds_29_february(days.day("2024-03-01"), days.day("2025-02-28")))
        self.assertFalse(days.holds_29_february(days.day("1900-01-01"), days.day("1900-12-31")))

    def test_working_days_are_counted_as_they_are_named(self):
        calendar = days.Calendar(bank_holidays(2022) | {days.day("2022-12-25")})
        for d in range(days.day("2022-01-01"), days.day("2023-01-01")):
            self.assertEqual(calendar.working_days_to(d) - calendar.working_days_to(d - 1), int(calendar.works(d)))
        # 260 weekdays of 2022 less ten holidays on weekdays
        self.assertEqual(calendar.working_days_to(days.day("2022-12-31")) - calendar.working_days_to(days.day("2021-12-31")), 250)

    def test_the_project_s_bank_holidays_follow_the_rules(self):
        path = os.path.join(HERE, "..", "..", "profiles", "bank-holidays-england")
        read = days.read_bank_holidays(path)
        for year in range(2015, 2032):
            found = {days.text(d) for d in read if days.civil(d)[0] == year}
            self.assertEqual(found, {days.text(d) for d in bank_holidays(year)}, year)


class Engagements(unittest.TestCase):
    def test_at_the_close_of_the_leaving_date_it_is_over(self):
        story = Story().say("starter", "p", "2023-01-02", engagement="a", team="t1", role="5", fte="0.8").say(
            "leaver", "p", "2023-03-31", engagement="a", reason="1")
        self.assertEqual(story.of("in_post"), ["unit=o/t1,role=5 2023-01-02 1 800000", "unit=o/t1,role=5 2023-03-31 -1 -800000"])
        self.assertEqual(story.of("leavers"), ["unit=o/t1,role=5,reason=1 2023-03-31 1 800000"])

    def christmas(self, start, **more):
        # 24 December 2024 is a Tuesday; the first working day after it is Friday the 27th
        return Story().say("starter", "p", "2020-01-06", engagement="a", team="t1", role="5", fte="1").say(
            "leaver", "p", "2024-12-24", engagement="a", **more).say("starter", "p", start, engagement="b", team="t2", role="4", fte="0.6")

    def test_over_christmas_an_end_and_a_start_are_one_move(self):
        story = self.christmas("2024-12-27")
        self.assertEqual(story.of("leavers"), [])
        self.assertEqual(story.causes("p", "2024-12-24"), [])
        self.assertEqual(story.causes("p", "2024-12-27"), [("move", "t1", "t2", 0, 1000000), ("hours", "t2", None, 0, 400000),
                                                           ("move", "t1", "t2", 1, 0)])

    def test_a_day_later_they_are_a_leaver_and_a_starter(self):
        story = self.christmas("2024-12-28")
        self.assertEqual(story.of("leavers"), ["unit=o/t1,role=5 2024-12-24 1 1000000"])
        self.assertEqual(story.of("starters")[1], "unit=o/t2,role=4 2024-12-28 1 600000")

    def test_what_is_never_joined(self):
        for more in ({"kind": "career_break"}, {"reason": "7"}, {"adjustment": True}):
            self.assertNotEqual(self.christmas("2024-12-27", **more).of("in_post"), self.christmas("2024-12-27").of("in_post"))
        self.assertEqual(len(self.christmas("2024-12-27", kind="leaver", reason="1").of("leavers")), 0)

    def test_starting_on_the_leaving_date_is_hours_and_a_main_that_changes(self):
        story = self.christmas("2024-12-24")
        self.assertEqual(story.causes("p", "2024-12-24"), [("hours", None, "t2", 0, 600000), ("hours", "t1", None, 0, 1000000),
                                                           ("main", "t1", "t2", 1, 0)])

    def test_two_ends_and_one_start_pair_the_more_senior(self):
        story = Story()
        for key, role, fte in (("a", "5", "1"), ("b", "4", "0.5")):
            story.say("starter", "p", "2020-01-06", engagement=key, team=key, role=role, fte=fte)
            story.say("leaver", "p", "2024-06-06", engagement=key)
        story.say("starter", "p", "2024-06-07", engagement="c", team="c", role="5", fte="1")
        self.assertEqual(story.causes("p", "2024-06-06"), [("hours", "a", None, 0, 1000000)])
        self.assertEqual(story.causes("p", "2024-06-07"), [("move", "b", "c", 0, 500000), ("hours", None, "c", 0, 500000), ("move", "b", "c", 1, 0)])

    def test_heads_stand_with_the_main_engagement(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", team="t1", role="5", fte="0.5").say(
            "starter", "p", "2023-02-01", engagement="b", team="t2", role="4", fte="0.2").say("leaver", "p", "2023-03-01", engagement="b")
        self.assertEqual(story.of("in_post"), ["unit=o/t1,role=5 2023-01-01 1 500000", "unit=o/t1,role=5 2023-02-01 -1 0",
                                               "unit=o/t1,role=5 2023-03-01 1 0", "unit=o/t2,role=4 2023-02-01 1 200000",
                                               "unit=o/t2,role=4 2023-03-01 -1 -200000"])
        self.assertEqual(story.of("leavers"), [])

    def test_on_one_day_the_later_said_wins_field_by_field(self):
        story = Story().say("change", "p", "2023-01-01", engagement="a", team="t9", contract="fixed").say(
            "starter", "p", "2023-01-01", engagement="a", team="t1", role="5", fte="1").say(
            "change", "p", "2023-01-01", engagement="a", hours="18.5", full_time_hours="37").say(
            "change", "p", "2023-01-02", engagement="a", fte=None)
        self.assertEqual(story.of("in_post"), ["unit=o/t1,role=5,contract=fixed 2023-01-01 1 500000",
                                               "unit=o/t1,role=5,contract=fixed 2023-01-02 0 -500000"])

    def test_hours_are_rounded_half_up_to_millionths(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", hours="10", full_time_hours="36")
        self.assertEqual(story.of("in_post"), ["unit=o 2023-01-01 1 277778"])

    def test_equal_times_are_told_apart_by_source_and_id(self):
        at = "2023-01-01T00:00:00Z"
        story = Story().say("starter", "p", "2023-01-01", engagement="a", team="t1")
        story.say("change", "p", "2023-02-01", time=at, id="y", source="s2", engagement="a", team="t2")
        story.say("change", "p", "2023-02-01", time="2023-01-01T01:00:00+01:00", id="z", source="s1", engagement="a", team="t3")
        self.assertEqual(story.of("in_post")[1:], ["unit=o/t1 2023-02-01 -1 0", "unit=o/t2 2023-02-01 1 0"])

    def test_a_role_outside_the_list_is_outside_the_workforce(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", role="support", fte="1", origin="1").say(
            "change", "p", "2023-05-01", engagement="a", role="6").say("change", "p", "2023-09-01", engagement="a", role="support")
        self.assertEqual(story.of("starters"), ["unit=o,role=6,origin=1 2023-05-01 1 1000000"])
        self.assertEqual(story.of("leavers"), ["unit=o,role=6 2023-09-01 1 1000000"])

    def test_reclassified_by_an_adjustment_is_no_starter(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", role="support", fte="1").say(
            "change", "p", "2023-05-01", engagement="a", role="6", adjustment=True)
        self.assertEqual((len(story.of("in_post")), story.of("starters")), (1, []))

    def test_registration_makes_the_starter(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", role="5", fte="1", registered_from="2023-02-10")
        self.assertEqual(story.of("starters"), ["unit=o,role=5 2023-02-10 1 1000000"])

    def test_transfer_of_employer_is_in_no_flow(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", role="5", fte="1", origin="transfer").say(
            "leaver", "p", "2023-06-01", engagement="a", kind="transfer")
        self.assertEqual((len(story.of("in_post")), story.of("starters"), story.of("leavers"), story.of("census_leavers"), story.moves()),
                         (2, [], [], [], []))

    def test_causes_of_a_change(self):
        for data, adjustment, cause in (({"team": "t2"}, False, "move"), ({"role": "4"}, False, "move"), ({"contract": "x"}, False, "band"),
                                        ({"team": "t2", "why": "temporary"}, False, "temporary"), ({"team": "t2", "why": "hours"}, False, "move"),
                                        ({"team": "t2"}, True, "adjustment")):
            story = Story().say("starter", "p", "2023-01-01", engagement="a", team="t1", role="5", fte="1")
            story.say("change", "p", "2023-02-01", adjustment=adjustment, engagement="a", **data)
            self.assertEqual([cause] * 2, [entry[0] for entry in story.causes("p", "2023-02-01")])

    def test_an_engagement_of_no_day_yields_nothing(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", fte="1").say("leaver", "p", "2023-01-01", engagement="a")
        self.assertEqual(story.ledger().lines(), [])


class Corrections(unittest.TestCase):
    """A starter `a` of 1 February 2023; what is said of it ends on the day it then has, or nowhere."""

    def story(self, *links, settings="", first="s1"):
        """links: (id, verb, target, day) and what else is given."""
        story = Story(settings).say("starter", "p", "2023-02-01", id="a", engagement="a", source=first)
        for link in links:
            (name, verb, target, day), more = link[:4], link[4] if len(link) > 4 else {}
            data = {} if verb == "voids" else {"engagement": "a"}
            story.say(more.pop("type", "starter"), more.pop("subject", "p"), "2023-02-%02d" % day, id=name, **{verb: target}, **data, **more)
        return story

    def stands(self, *links, **more):
        found = self.story(*links, **more).of("in_post")
        return [int(line.split()[1][-2:]) for line in found]

    def test_a_correction_stands_in_the_original_s_place(self):
        self.assertEqual(self.stands(("b", "corrects", "a", 2)), [2])
        self.assertEqual(self.story(("b", "corrects", "a", 2)).findings(), [])

    def test_the_last_said_holds_whatever_the_order(self):
        self.assertEqual(self.stands(("b", "corrects", "a", 2), ("c", "corrects", "a", 3)), [3])
        self.assertEqual(self.stands(("b", "corrects", "a", 2, {"time": "2021-01-01T00:00:00Z"}), ("c", "corrects", "a", 3)), [2])

    def test_a_void_ends_it_and_a_void_of_the_void_brings_it_back(self):
        self.assertEqual(self.stands(("b", "voids", "a", 1)), [])
        self.assertEqual(self.stands(("b", "voids", "a", 1), ("c", "voids", "b", 1)), [1])
        self.assertEqual(self.stands(("b", "voids", "a", 1), ("c", "voids", "b", 1), ("d", "voids", "c", 1)), [])

    def test_voiding_a_correction_brings_back_what_was_before(self):
        self.assertEqual(self.stands(("b", "corrects", "a", 2), ("c", "corrects", "a", 3), ("d", "voids", "c", 1)), [2])
        self.assertEqual(self.stands(("b", "corrects", "a", 2), ("d", "voids", "b", 1)), [1])

    def test_voiding_the_original_takes_its_earlier_corrections_with_it(self):
        self.assertEqual(self.stands(("b", "corrects", "a", 2), ("c", "voids", "a", 1)), [])

    def test_a_later_correction_brings_it_back(self):
        self.assertEqual(self.stands(("b", "voids", "a", 1), ("c", "corrects", "a", 3)), [3])

    def test_a_correction_of_a_correction_goes_with_it(self):
        self.assertEqual(self.stands(("b", "corrects", "a", 2), ("c", "corrects", "b", 3)), [3])
        self.assertEqual(self.stands(("b", "corrects", "a", 2), ("c", "corrects", "b", 3), ("d", "corrects", "a", 4)), [4])
        self.assertEqual(self.stands(("b", "corrects", "a", 2), ("c", "corrects", "b", 3), ("d", "voids", "c", 1)), [2])

    def test_a_correction_whose_own_walk_ends_with_nothing_is_not_live(self):
        self.assertEqual(self.stands(("b", "corrects", "a", 2), ("c", "corrects", "a", 3), ("d", "corrects", "c", 4), ("e", "voids", "c", 1)), [2])

    def test_a_correction_of_a_void_says_it_again(self):
        self.assertEqual(self.stands(("b", "voids", "a", 1), ("c", "voids", "b", 1), ("d", "corrects", "b", 1)), [])
        self.assertEqual(self.stands(("b", "voids", "a", 1), ("d", "corrects", "b", 1), ("c", "voids", "b", 1)), [1])

    def test_a_withdrawn_leaver_reinstates(self):
        story = self.story().say("leaver", "p", "2023-06-01", id="l", engagement="a").say("leaver", "p", "2023-06-01", voids="l")
        self.assertEqual((story.of("leavers"), len(story.of("in_post"))), ([], 1))

    def test_it_may_name_another_key(self):
        story = self.story().say("starter", "p", "2023-03-01", corrects="a", engagement="b").say("leaver", "p", "2023-06-01", id="l", engagement="a")
        self.assertEqual(story.findings(), [("waiting", "p", "l")])

    def found(self, *links, **more):
        return [kind[0] + id_ for kind, _, id_ in self.story(*links, **more).findings()]

    def test_what_has_no_effect(self):
        self.assertEqual(self.found(("b", "voids", "x", 1)), ["wb"])
        self.assertEqual(self.found(("b", "voids", "a", 1, {"subject": "q"})), ["wb"])
        self.assertEqual(self.found(("b", "voids", "a", 1, {"org": "o2"})), ["wb"])
        self.assertEqual(self.found(("b", "voids", "a", 1, {"type": "leaver"})), ["cb"])
        self.assertEqual(self.found(("b", "voids", "a", 1, {"time": "2019-12-31T00:00:00Z"})), ["cb"])
        self.assertEqual(self.found(("b", "voids", "a", 1, {"time": "2020-01-01T00:00:01Z"})), [])
        self.assertEqual(self.found(("b", "voids", "b", 1)), ["cb"])
        self.assertEqual(self.found(("b", "voids", "a", 1, {"source": "s2"})), ["wb"])
        self.assertEqual(self.found(("b", "voids", "a", 1, {"source": "s2", "targetsource": "s1"})), ["cb"])

    def test_a_ring_and_what_hangs_on_it(self):
        at = {"time": "2021-01-01T00:00:00Z"}
        ring = (("b", "corrects", "c", 2, dict(at)), ("c", "voids", "b", 3, dict(at)), ("d", "corrects", "b", 4))
        self.assertEqual(self.found(*ring[:2]), ["cb", "cc"])
        self.assertEqual(self.stands(*ring), [1])
        self.assertEqual(self.found(("d", "corrects", "b", 4, {"time": "2022-01-01T00:00:00Z"}), *ring[:2]), ["cb", "cc", "wd"])

    def test_what_hangs_on_a_link_without_effect_waits(self):
        self.assertEqual(self.found(("b", "voids", "x", 1), ("c", "voids", "b", 1), ("d", "corrects", "c", 1)), ["wb", "wc", "wd"])

    def test_a_successor_may(self):
        settings = 'source "s1" {} source "s2" { succeeds = "s1" } source "s3" { succeeds = "s2" } source "s4" {}'
        for source, found in (("s2", []), ("s3", []), ("s4", ["cb"])):
            self.assertEqual(self.found(("b", "voids", "a", 1, {"source": source, "targetsource": "s1"}), settings=settings), found)
        self.assertEqual(self.found(("b", "voids", "a", 1, {"source": "s1", "targetsource": "s2"}), settings=settings, first="s2"), ["cb"])

    def test_a_team_that_only_a_fact_that_fell_names_is_still_a_unit(self):
        story = Story().say("starter", "p", "2023-02-01", id="a", engagement="a", team="t1").say("starter", "p", "2023-02-01", voids="a", team="t2")
        self.assertEqual(story.ledger().teams, {"o": {"t1"}})


class Findings(unittest.TestCase):
    def test_left_before_start_and_second_starter(self):
        story = Story().say("starter", "p", "2023-02-01", id="one", engagement="a").say("starter", "p", "2023-03-01", id="two", engagement="a")
        story.say("leaver", "p", "2023-01-01", id="left", engagement="a").say("change", "p", "2023-02-01", id="early", engagement="a", team="t")
        self.assertEqual(story.findings(), [("contradiction", "p", "left"), ("contradiction", "p", "one"), ("waiting", "p", "early")])
        self.assertEqual(story.of("in_post"), ["unit=o 2023-03-01 1 0"])

    def test_inferred_holds_only_alone(self):
        story = Story().say("starter", "p", "2023-02-01", id="one", engagement="a").say(
            "starter", "p", "2023-03-01", id="two", engagement="a", inferred=True)
        self.assertEqual(story.of("in_post"), ["unit=o 2023-02-01 1 0"])
        self.assertEqual(story.findings(), [("contradiction", "p", "two")])

    def test_leaver_and_change_wait_for_their_starter(self):
        story = Story().say("leaver", "p", "2023-02-01", id="l", engagement="a").say("change", "p", "2023-01-01", id="c", engagement="a")
        self.assertEqual(story.findings(), [("waiting", "p", "c"), ("waiting", "p", "l")])
        story.say("starter", "p", "2022-01-01", engagement="a")
        self.assertEqual(story.findings(), [])

    def test_a_duplicate_is_nothing_and_other_content_is_refused(self):
        story = Story().say("starter", "p", "2023-01-01", id="x", engagement="a", time="2023-01-01T00:00:00Z")
        story.say("starter", "p", "2023-01-01", id="x", engagement="a", time="2023-01-01T00:00:00Z")
        self.assertEqual((story.findings(), read_events(story.lines)[1]), ([], []))
        story.say("starter", "p", "2023-01-02", id="x", engagement="a")
        self.assertEqual(read_events(story.lines)[1], ["x"])

    def test_a_team_that_no_link_names_is_unassigned(self):
        story = Story('tree "o" { unit "t1" { } }').say("starter", "p", "2023-01-01", engagement="a", team="t2", fte="1")
        self.assertEqual(story.findings(), [("unassigned", "t2", "")])


class CensusLeavers(unittest.TestCase):
    def one(self, start, end, change=None, **starter):
        story = Story().say("starter", "p", start, engagement="a", role="5", fte="0.6", **starter)
        if change:
            story.say("change", "p", change, engagement="a", fte="1")
        return story.say("leaver", "p", end, engagement="a")

    def test_the_fte_is_that_of_the_last_30_september(self):
        self.assertEqual(self.one("2020-01-01", "2024-06-01", "2023-10-01").of("census_leavers"), ["unit=o,role=5 2024-06-01 1 600000"])
        self.assertEqual(self.one("2020-01-01", "2024-06-01", "2023-09-30").of("census_leavers"), ["unit=o,role=5 2024-06-01 1 1000000"])

    def test_30_september_itself_does_not_count(self):
        self.assertEqual(self.one("2023-10-01", "2024-09-30").of("census_leavers"), [])
        self.assertEqual(self.one("2023-10-01", "2024-10-01").of("census_leavers"), ["unit=o,role=5 2024-10-01 1 600000"])
        self.assertEqual(self.one("2023-09-30", "2024-09-30").of("census_leavers"), ["unit=o,role=5 2024-09-30 1 600000"])

    def test_who_starts_and_leaves_in_one_census_year_is_neither(self):
        story = self.one("2023-11-01", "2024-05-01", origin="1")
        self.assertEqual(story.of("census_starters"), ["unit=o,role=5,origin=1 2023-11-01 1 600000", "unit=o,role=5,origin=1 2024-05-01 -1 -600000"])
        self.assertEqual(self.one("2023-11-01", "2024-10-01").of("census_starters"), ["unit=o,role=5 2023-11-01 1 600000"])

    def test_an_adjustment_counts_unless_its_true_start_is_later(self):
        leaver = ["unit=o,role=5 2024-05-01 1 600000"]
        for since, want in ((None, leaver), ("2023-09-30", leaver), ("2019-01-01", leaver), ("2023-10-01", [])):
            more = {"since": since} if since else {}
            self.assertEqual(self.one("2023-11-01", "2024-05-01", "2024-01-01", adjustment=True, **more).of("census_leavers"), want)

    def test_it_is_spread_over_the_cells_left_from(self):
        story = Story()
        for key, was, then in (("a", "0.5", "0.4"), ("b", "0.3", "0.2")):
            story.say("starter", "p", "2020-01-01", engagement=key, team=key, role="5", fte=was)
            story.say("change", "p", "2024-01-01", engagement=key, fte=then)
            story.say("leaver", "p", "2024-05-01", engagement=key)
        # 0.8 in all: b gets floor(0.8 x 0.2 / 0.6), a the rest
        self.assertEqual(story.of("census_leavers"), ["unit=o/a,role=5 2024-05-01 1 533334", "unit=o/b,role=5 2024-05-01 0 266666"])

    def test_a_spell_goes_on_over_a_joined_pair(self):
        story = Story().say("starter", "p", "2020-01-01", engagement="a", role="5", fte="0.6").say(
            "leaver", "p", "2023-12-22", engagement="a").say("starter", "p", "2023-12-27", engagement="b", role="5", fte="1").say(
            "leaver", "p", "2024-02-01", engagement="b")
        self.assertEqual(story.of("census_leavers"), ["unit=o,role=5 2024-02-01 1 600000"])

    def test_unknown_fte_is_a_head(self):
        story = Story().say("starter", "p", "2020-01-01", engagement="a").say("leaver", "p", "2024-02-01", engagement="a")
        self.assertEqual(story.of("census_leavers"), ["unit=o 2024-02-01 1 0"])


class PlacesAndWork(unittest.TestCase):
    def test_agency_is_never_de_duplicated(self):
        story = Story()
        for key in "ab":
            story.say("placement_started", "p", "2023-01-01", placement=key, kind="agency", team="t1", role="5", fte="0.5")
        self.assertEqual(story.of("agency"), ["unit=o/t1,role=5 2023-01-01 2 1000000"])

    def test_a_count_expires_after_35_days(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", team="t1", role="5", fte="0.8").say("caseload", "p", "2023-01-10", cases=12)
        self.assertEqual(story.of("cases"), ["unit=o/t1,role=5,worker=employee 2023-01-10 12 0", "unit=o/t1,role=5,worker=employee 2023-02-15 -12 0"])
        self.assertEqual(story.of("case_holders"), ["unit=o/t1,role=5,worker=employee 2023-01-10 1 800000",
                                                    "unit=o/t1,role=5,worker=employee 2023-02-15 -1 -800000"])
        self.assertEqual(story.of("cases_unknown"), ["unit=o/t1,role=5,worker=employee 2023-02-15 1 0"])
        story.say("caseload", "p", "2023-03-01", cases=0)
        self.assertEqual(story.of("cases_unknown"), ["unit=o/t1,role=5,worker=employee 2023-02-15 1 0", "unit=o/t1,role=5,worker=employee 2023-03-01 -1 0",
                                                     "unit=o/t1,role=5,worker=employee 2023-04-06 1 0"])

    def test_cases_stay_where_their_worker_left(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", team="t1", role="5", fte="1").say("caseload", "p", "2023-01-10", cases=7).say(
            "leaver", "p", "2023-01-20", engagement="a")
        self.assertEqual(story.of("cases_worker_left"), ["unit=o/t1,role=5,worker=employee 2023-01-20 7 0", "unit=o/t1,role=5,worker=employee 2023-02-15 -7 0"])
        self.assertEqual(story.of("cases_unknown"), [])

    def test_cases_of_nobody_are_unlinked_until_they_come(self):
        story = Story().say("caseload", "p", "2023-01-10", id="c", cases=7).say("starter", "p", "2023-01-11", engagement="a", fte="1")
        self.assertEqual((story.findings(), story.of("cases"), story.of("cases_unknown")), ([("unlinked", "p", "c")], [], []))
        story.say("placement_started", "p", "2022-01-01", placement="s", kind="student").say("placement_ended", "p", "2022-01-02", placement="s")
        self.assertEqual((story.findings(), len(story.of("cases_worker_left")), len(story.of("cases"))), ([], 2, 2))

    def test_allocations_count_while_they_stand(self):
        story = Story('measures { cases = "allocations" }').say("starter", "p", "2023-01-01", engagement="a", fte="1")
        for case, more in (("c1", {}), ("c2", {"part": "co-worker"}), ("c3", {"holder": "duty"}), ("c4", {"work": "cp", "part": "allocated"})):
            story.say("case_allocated", case, "2023-02-01", allocation="x", worker="p", **more)
        story.say("case_deallocated", "c1", "2023-03-01", allocation="x", worker="p").say("caseload", "p", "2023-02-05", cases=30)
        self.assertEqual(story.of("cases"), ["unit=o,worker=employee 2023-02-01 1 0", "unit=o,worker=employee 2023-03-01 -1 0",
                                             "unit=o,worker=employee,work=cp 2023-02-01 1 0"])
        self.assertEqual(story.of("case_holders"), ["unit=o,worker=employee 2023-02-01 1 1000000"])

    def test_absence_counts_shares_of_working_days(self):
        story = Story('indicator "lost" { numerator = "absence.days days over 28 days" unit = "days" }').say(
            "starter", "p", "2023-01-01", engagement="a", fte="0.5").say(
            "absence", "p", "2023-04-05", absence="x", kind="sickness", last="2023-04-12", first_share="0.5")
        # Wednesday the 5th half, Thursday; Good Friday, Saturday, Sunday and Easter Monday not; Tuesday, Wednesday the 12th
        self.assertEqual(story.figure("lost", "2023-04-30"), ("ok", 3500000, None, 0))
        self.assertEqual(story.figure("lost", "2023-04-11"), ("ok", 2500000, None, 1))
        self.assertEqual(story.of("long_term_absence"), [])

    def test_long_term_from_the_28th_day(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", fte="1").say("absence", "p", "2023-05-01", absence="x", kind="sickness")
        self.assertEqual(story.of("long_term_absence"), ["unit=o,worker=employee,kind=sickness 2023-05-28 1 1000000"])

    def test_of_one_absence_the_last_said_holds(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", fte="1").say("absence", "p", "2023-05-01", absence="x", kind="other").say(
            "absence", "p", "2023-06-01", absence="x", kind="sickness", last="2023-06-01", share="0.2", last_share="0.4")
        self.assertEqual(story.of("absence"), ["unit=o,worker=employee,kind=sickness 2023-06-01 1 400000", "unit=o,worker=employee,kind=sickness 2023-06-02 -1 -400000"])
        self.assertEqual(story.findings(), [])

    def training(self, *completed):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", fte="1").say("training_due", "p", "2023-06-30", training="x", course="c")
        for day in completed:
            story.say("training_completed", "p", day, training="x")
        ledger = story.ledger().lines()
        return [line.replace("|unit=o,worker=employee,course=c", "") for line in ledger if line.startswith("training")]

    def test_training_in_time_late_and_overdue(self):
        self.assertEqual(self.training("2023-06-30"), ["training_completed|2023-06-30|1|0", "training_due|2023-06-30|1|0", "training_in_time|2023-06-30|1|0"])
        self.assertEqual(self.training("2023-07-10"), ["training_completed|2023-07-10|1|0", "training_due|2023-06-30|1|0", "training_late|2023-07-10|1|0",
                                                       "training_overdue|2023-07-01|1|0", "training_overdue|2023-07-10|-1|0"])
        self.assertEqual(self.training(), ["training_due|2023-06-30|1|0", "training_overdue|2023-07-01|1|0"])

    def test_who_left_is_not_overdue(self):
        story = Story().say("starter", "p", "2023-01-01", engagement="a", fte="1").say("training_due", "p", "2023-06-30", training="x")
        story.say("leaver", "p", "2023-07-05", engagement="a").say("starter", "p", "2023-08-01", engagement="b", fte="1")
        story.say("training_completed", "p", "2023-08-10", training="x")
        self.assertEqual(story.of("training_overdue"), ["unit=o,worker=employee 2023-07-01 1 0", "unit=o,worker=employee 2023-07-05 -1 0"])
        self.assertEqual((story.of("training_late"), len(story.of("training_completed"))), ([], 1))

    def test_supervision_runs(self):
        story = Story("measures { supervision_every = 28 }").say("starter", "p", "2023-01-01", engagement="a", fte="1")
        for day in ("2023-01-01", "2023-01-20", "2023-03-01", "2023-03-01"):
            story.say("supervision_held", "p", day)
        story.say("leaver", "p", "2023-04-10", engagement="a")
        # bases 1 Jan (the session on it meets nothing), 20 Jan, 1 Mar; due 29 Jan, 17 Feb, 29 Mar; met 20 Jan, 1 Mar, never
        cell = "unit=o,worker=employee "
        self.assertEqual(story.of("supervision_due"), [cell + d + " 1 0" for d in ("2023-01-29", "2023-02-17", "2023-03-29")])
        self.assertEqual(story.of("supervision_in_time"), [cell + "2023-01-29 1 0"])
        self.assertEqual(story.of("supervision_late"), [cell + "2023-03-01 1 0"])
        self.assertEqual(story.of("supervision_overdue"), [cell + d for d in ("2023-02-18 1 0", "2023-03-01 -1 0", "2023-03-30 1 0", "2023-04-10 -1 0")])
        self.assertEqual(story.of("supervision_held"), [cell + d for d in ("2023-01-01 1 0", "2023-01-20 1 0", "2023-03-01 2 0")])

    def test_declared_vacancies_hold_until_the_next(self):
        story = Story().say("vacancies_declared", "o", "2023-01-01", fte="2.5", agency_fte="1").say("vacancies_declared", "t1", "2023-02-01", fte="1")
        story.say("vacancies_declared", "o", "2023-03-01", fte="2")
        self.assertEqual(story.of("vacancies"), ["unit=o 2023-01-01 0 2500000", "unit=o 2023-03-01 0 -500000", "unit=o/t1 2023-02-01 0 1000000"])
        self.assertEqual(story.of("agency_cover"), ["unit=o 2023-01-01 0 1000000", "unit=o 2023-03-01 0 -1000000"])

    def test_posts_less_who_holds_them(self):
        story = Story('measures { vacancies = "posts" }').say("post_opened", "q", "2023-01-01", unit="t1", role="5", fte="1")
        story.say("post_changed", "q", "2023-03-01", status="frozen", fte="0.8")
        story.say("starter", "p", "2023-02-01", engagement="a", team="t1", role="5", fte="0.6", post="q")
        story.say("starter", "r", "2023-02-01", engagement="b", team="t1", role="5", fte="0.6", post="q", covers="p")
        story.say("placement_started", "s", "2023-02-01", placement="c", kind="agency", team="t1", role="5", fte="0.4", covers="q", cover_reason="vacancy")
        self.assertEqual(story.of("vacancies"), ["unit=o/t1,role=5 2023-01-01 0 1000000", "unit=o/t1,role=5 2023-02-01 0 -600000",
                                                 "unit=o/t1,role=5 2023-03-01 0 -200000"])
        self.assertEqual(story.of("agency_cover"), ["unit=o/t1,role=5 2023-02-01 0 400000"])
        self.assertEqual(story.of("posts"), ["unit=o/t1,role=5,status=frozen 2023-03-01 1 800000", "unit=o/t1,role=5,status=funded 2023-01-01 1 1000000",
                                             "unit=o/t1,role=5,status=funded 2023-03-01 -1 -1000000"])


class FiguresOf(unittest.TestCase):
    def test_half_up_is_away_from_zero(self):
        # Isle of Wight 2021: 9/80; Portsmouth 2021: 9/144
        for value, want in ((Fraction(900, 80), "11.3"), (Fraction(900, 144), "6.3"), (Fraction(-900, 144), "-6.3"), (Fraction(1, 20), "0.1"),
                            (Fraction(49, 1000), "0.0"), (Fraction(-49, 1000), "0.0"), (Fraction(14), "14.0")):
            self.assertEqual(printed(value, 1), want)
        self.assertEqual((printed(Fraction(1, 2), 0), printed(Fraction(5, 1000), 2)), ("1", "0.01"))

    def rates(self):
        story = Story('''indicator "agency" { numerator = "agency.fte at end"  denominator = "agency.fte at end + in_post.fte at end"  unit = "percent" }
            indicator "cover" { numerator = "agency_cover.fte at end"  denominator = "agency.fte at end"  unit = "percent"  unreliable_above = "100" }
            indicator "turnover" { numerator = "census_leavers.fte over 12 months"  denominator = "in_post.fte at end"  unit = "percent" }''')
        for n in range(80):
            story.say("starter", "p%d" % n, "2020-01-01", engagement="a", role="5", fte="1", adjustment=True)
        for n in range(9):
            story.say("starter", "q%d" % n, "2020-01-01", engagement="a", role="5", fte="1", adjustment=True)
            story.say("leaver", "q%d" % n, "2021-09-30", engagement="a")
        return story

    def test_an_exact_tie_goes_up(self):
        self.assertEqual(self.rates().value("turnover", "2021-09-30"), "11.3")
        self.assertEqual(self.rates().figure("turnover", "2021-09-29"), ("ok", 0, 89000000, 89))
        self.assertEqual(self.rates().figure("turnover", "2022-09-29"), ("ok", 9000000, 80000000, 80))
        self.assertEqual(self.rates().figure("turnover", "2022-09-30"), ("ok", 0, 80000000, 80))

    def test_z_low_and_u(self):
        story = self.rates()
        self.assertEqual(story.figure("agency", "2019-12-31"), ("z", 0, 0, 0))
        self.assertEqual(story.figure("agency", "2020-01-01")[0], "ok")
        story.say("placement_started", "x", "2021-10-01", placement="a", kind="agency", fte="0.02")
        self.assertEqual(story.figure("agency", "2021-10-01"), ("low", 20000, 80020000, 1))
        story.say("vacancies_declared", "o", "2021-10-01", fte="1", agency_fte="0.02")
        self.assertEqual(story.figure("cover", "2021-10-01")[0], "ok")          # 100 % is not above 100 %
        story.say("vacancies_declared", "o", "2021-10-02", fte="1", agency_fte="0.020001")
        self.assertEqual(story.figure("cover", "2021-10-02")[0], "u")

    def test_no_data_until_every_day_read_is_inside(self):
        story = self.rates()
        types = ["starter", "change", "leaver"]
        self.assertEqual(story.figure("turnover", "2021-09-30", complete=False)[0], "x")
        story.say("complete", "s1", "2020-10-02", types=types, until="2021-01-01")
        story.say("complete", "s1", "2021-01-02", types=types[:2]).say("complete", "s2", "2020-12-01", types=["leaver"])
        self.assertEqual(story.figure("turnover", "2021-09-30", complete=False)[0], "x")
        self.assertEqual(story.figure("turnover", "2021-10-01", complete=False)[0], "ok")

    def test_dfe_days(self):
        story = Story('''indicator "absence" { numerator = "absence.days days over 12 months" denominator = "dfe_days * in_post.fte at end" unit = "percent" }''')
        story.say("starter", "p", "2020-01-01", engagement="a", fte="1").say("absence", "p", "2023-10-02", absence="x", kind="sickness")
        self.assertEqual(story.figure("absence", "2023-10-06"), ("ok", 5000000, 253000000, 1))
        self.assertEqual(story.figure("absence", "2024-02-29")[2], 254000000)

    def test_mean_and_comparison(self):
        story = Story('''indicator "mean" { numerator = "in_post.fte mean over 10 days" unit = "fte" }
            indicator "more" { numerator = "in_post.heads at end - in_post.heads at end 12 months before" unit = "count" }''')
        story.say("starter", "p", "2023-01-08", engagement="a", fte="0.7")
        self.assertEqual(story.figure("mean", "2023-01-10"), ("ok", Fraction(210000), None, 1))
        self.assertEqual([story.figure("more", d)[1] for d in ("2023-01-08", "2024-01-07", "2024-01-08")], [1, 1, 0])

    def test_a_move_inside_a_service_is_none_at_service_level(self):
        story = Story('''tree "o" { unit "s" { } unit "t1" { under = {"s"} } unit "t2" { under = {"s"} } unit "t3" { } }
            indicator "out" { numerator = "outflow.heads over 12 months" } indicator "in" { numerator = "inflow.fte over 12 months" unit = "fte" }''')
        story.say("starter", "p", "2023-01-01", engagement="a", team="t1", fte="1").say("change", "p", "2024-02-01", engagement="a", team="t2")
        story.say("change", "p", "2024-03-01", engagement="a", team="t3")
        self.assertEqual([story.figure("out", "2024-06-01", unit)[1] for unit in ("", "s", "t1", "t2", "t3")], [0, 1, 1, 1, 0])
        self.assertEqual([story.figure("in", "2024-06-01", unit)[1] for unit in ("", "s", "t2", "t3")], [0, 0, 1000000, 1000000])

    def test_a_team_that_moves_takes_its_window_along(self):
        tree = '''tree "o" { %s unit "s1" { } unit "s2" { } unit "t" { under = {"s1 from 2020-01-01", "s2 from 2024-01-01"} } }
            indicator "left" { numerator = "leavers.heads over 12 months" }'''
        for reading, then in (("", [1, 0]), ('reading = "today"', [0, 1])):
            story = Story(tree % reading).say("starter", "p", "2022-01-01", engagement="a", team="t", fte="1").say("leaver", "p", "2023-06-01", engagement="a")
            self.assertEqual([story.figure("left", "2023-12-31", unit)[1] for unit in ("s1", "s2")], then)
            self.assertEqual([story.figure("left", "2024-01-01", unit)[1] for unit in ("s1", "s2")], [0, 1])
        # before its first link it counts under the earliest later one
        story = Story(tree % "").say("starter", "p", "2018-01-01", engagement="a", team="t", fte="1").say("leaver", "p", "2019-06-01", engagement="a")
        self.assertEqual([story.figure("left", "2019-12-31", unit)[1] for unit in ("s1", "s2")], [1, 0])

    def test_expressions(self):
        a, b = parse_expression("- 2 * cases.count where work = cp|none, role=5 at end + in_post.fte mean over census year to date 12 months before")
        self.assertEqual((a.sign, a.factor, a.measure, a.field, a.reading, a.before), (-1, 2, "cases", "count", "at", 0))
        self.assertEqual(dict(a.where), {"work": {"cp", ""}, "role": {"5"}})
        self.assertEqual((b.sign, b.reading, b.window, b.before), (1, "mean", ("census year to date", 0), 12))


class States(unittest.TestCase):
    RULE = '''indicator "heads" { numerator = "in_post.heads at end" }
        rule "r" { indicator = "heads"  amber = "3" amber_clear = "2"  red = "5"  red_clear = "4"  for = %d  least_people = %d }'''

    def line(self, heads, for_days=0, least=0):
        """The states of days whose headcounts are given; clear means below it."""
        story, first = Story(self.RULE % (for_days, least)), datetime.date(2023, 1, 1)
        story.say("complete", "s1", first.isoformat(), types=["starter", "change", "leaver"])      # a line begins where data do
        for n in range(max(heads)):
            since = None
            for step, now in enumerate(heads + [0]):
                day = (first + datetime.timedelta(days=step)).isoformat()
                if now > n and since is None:
                    since = "%d-%d" % (n, step)
                    story.say("starter", "p%d" % n, day, engagement=since)
                elif now <= n and since is not None:
                    story.say("leaver", "p%d" % n, day, engagement=since, kind="career_break")
                    since = None
        today = (first + datetime.timedelta(days=len(heads))).isoformat()
        figures = story.figures(today=today, complete=False)
        return " ".join(state[0] for _, state in states.line(figures, "o", "", story.profile.rules[0]))[:2 * len(heads) - 1]

    def test_edges_and_clears(self):
        self.assertEqual(self.line([1, 3, 2, 1, 5, 4, 3, 2, 1]), "o a a o r r a a o")

    def test_for_three_days_running(self):
        self.assertEqual(self.line([3, 3, 1, 3, 3, 3, 2, 1, 5, 5, 5, 4, 3], 3), "o o o o o a a o o o r r a")

    def test_unknown_keeps_the_level_and_begins_the_run_again(self):
        self.assertEqual(self.line([3, 1, 2, 1, 3], 0, 2), "a u a u a")
        self.assertEqual(self.line([3, 3, 1, 3, 3, 3], 3, 2), "o o u o o a")

    def test_patterns(self):
        for pattern, path, want in (("**", "o", True), ("*", "o/t", False), ("*/*", "o/t", True), ("o/**", "o/s/t", True), ("**/t", "o/s/t", True),
                                    ("o/*/t", "o/t", False)):
            self.assertEqual(matches(pattern.split("/"), path.split("/")), want, (pattern, path))


class Published(unittest.TestCase):
    ROW = {"time_period": "2024", "leavers_fte": "9", "inpost_fte": "80", "agency_fte": "low", "agency_cover_fte": "0", "vacancy_fte": "u",
           "cases": "160", "case_holders_fte": "10", "working_days_lost_fte": "z", "turnover_rate_fte": "11.3", "agency_rate_fte": "0",
           "caseload_fte": "16.1", "vacancy_rate_fte": "3.3"}

    def judge(self, **found):
        return published.judge([self.ROW], lambda rate, row, bounds: found.get(rate, "x"))

    def test_exact_within_and_wrong(self):
        f = Fraction
        counts, _ = self.judge(turnover_rate_fte=f("11.3"), agency_rate_fte=f(0), caseload_fte=f(16))
        self.assertEqual(counts, {"exact": 2, "within": 1, "wrong": 0})          # 160 / 9.95 = 16.08
        counts, wrong = self.judge(turnover_rate_fte=f("11.4"), agency_rate_fte="z", caseload_fte=f("17"))
        self.assertEqual(counts, {"exact": 0, "within": 0, "wrong": 3})          # 9.05 / 79.95 = 11.32: 11.4 cannot be

    def test_direct(self):
        self.assertEqual(published.one_decimal(published.reckon("turnover_rate_fte", self.ROW)[1]), Fraction("11.3"))
        self.assertEqual(published.reckon("vacancy_rate_fte", self.ROW), None)
        self.assertEqual((published.dfe_days(2020), published.dfe_days(2023)), (254, 253))


class AgainstItself(unittest.TestCase):
    def test_looking_at_every_day_changes_nothing(self):
        today = days.day("2025-03-14")
        for name in ("all.conf", "posts.conf", "training.conf"):
            settings = Profile(os.path.join(HERE, "profiles", name))
            made = history.History(len(name), 12, 2, datetime.date(2025, 3, 14), corrections=True).make(120, True, True)
            lines = [json.dumps(event) for event in made]
            quick, slow = Ledger(settings, read_events(lines)[0]), Ledger(settings, read_events(lines[::-1])[0], every_day=True)
            self.assertEqual(quick.lines(), slow.lines())
            self.assertEqual(sorted(quick.findings), sorted(slow.findings))
            a, b = Figures(quick, today), Figures(slow, today, slowly=True)
            for d in a.change_days("alpha")[::97]:
                for indicator in settings.indicators.values():
                    for unit in a.units("alpha"):
                        self.assertEqual(a.figure("alpha", unit, indicator, d).row(), b.figure("alpha", unit, indicator, d).row())

    def test_entries_with_causes_add_up_to_the_stock(self):
        settings = Profile(ALL)
        for seed in range(8):
            made = history.History(seed, 6, 1, datetime.date(2025, 3, 14), corrections=True).make(150, False, False)
            ledger = Ledger(settings, read_events([json.dumps(event) for event in made])[0])
            net = {}
            for entry in ledger.all_in_post:
                for where, sign in ((entry.source, -1), (entry.target, 1)):
                    if where is not None:
                        sums = net.setdefault((where, entry.day), [0, 0])
                        sums[0] += sign * entry.heads
                        sums[1] += sign * entry.fte
            self.assertEqual({key: sums for key, sums in net.items() if sums != [0, 0]},
                             {(where, day): sums for (measure, _, where, day), sums in ledger.net.items() if measure == "in_post"})

    def test_between_two_change_days_no_figure_changes(self):
        settings = Profile(ALL)
        steady = [indicator for indicator in settings.indicators.values() if all(term.reading in ("at", "over") for term in indicator.terms())]
        made = history.History(5, 8, 1, datetime.date(2025, 3, 14)).make(30, True, False)
        ledger = Ledger(settings, read_events([json.dumps(event) for event in made])[0])
        figures = Figures(ledger, days.day("2025-03-14"))
        marked = set(figures.change_days("alpha"))
        for indicator in steady:
            before = None
            for d in range(min(marked), figures.today + 1):
                row = figures.figure("alpha", "", indicator, d).row()
                self.assertTrue(d in marked or row == before, (indicator.name, days.text(d)))
                before = row


if __name__ == "__main__":
    unittest.main()
