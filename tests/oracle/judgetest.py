#!/usr/bin/python3
"""Lines of states drawn by hand, and the messages that must be told of them (the cases of daemon/core/ALERTS.md and more).

A line is a text: a character a day from day 1 on, `A` amber, `R` red, `.` ok, `?` unknown.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from figures import Figure                          # noqa: E402
from judge import Judge, Line, Pair, Told           # noqa: E402

STATES = {"A": "amber", "R": "red", ".": "ok", "?": "unknown"}


def drawn(text):
    spans, level = [], "ok"
    for d, c in enumerate(text, 1):
        level = level if c == "?" else STATES[c]
        spans.append((d, d, STATES[c], level))
    return Line(spans)


class Rule:
    def __init__(self, days):
        self.name, self.days = "r", days


class Drawn(Pair):
    def __init__(self, text, rule, first_live, told):
        self.line, self.rule, self.first_live, self.told, self.path = drawn(text), rule, first_live, told, "o"

    def figure(self, day):
        return Figure("x")


class Pen(Judge):
    """Judges the line that it is given in place of facts."""

    def __init__(self, days=0, live=1):
        self.rule, self.live, self.number, self.one = Rule(days), live, 0, Told()
        self.told = {"the": self.one}

    def pairs(self, facts, today):
        yield from [Drawn(facts, self.rule, self.live, self.one)] if today >= self.live else []

    def change(self, profile, facts, today):
        self.live = today
        self.one.redefined, self.one.runs = True, {}
        return [m for pair in self.pairs(facts, today) for m in self.state(pair, today, tick=False)]


def brief(message):
    """kind alert state<before since: entries"""
    def span(outline):
        return "" if outline is None else " %d-%s %s" % (outline[0], outline[1] or "", outline[2][0])

    def id_text(id_):
        return "" if id_ is None else " %d" % id_[0] if id_[1] == 1 else " %d.%d" % id_
    entries = ["%s %s%s%s%s" % (id_text(e.id).strip(), e.what, id_text(e.other), span(e.is_), e.was and " was" + span(e.was) or "") for e in message.entries]
    return ("%d %s%s %s<%s %d" % (message.number, message.kind, id_text(message.id), message.state, message.before, message.since)
            + (": " if entries else "") + "; ".join(entries))


class Cases(unittest.TestCase):
    def told(self, *steps, days=0, live=1):
        """steps: (verb, line). `frame`: the line's last day is judged; `tick`: that day is over, and the line has the new one too."""
        pen, found = Pen(days, live), []
        for verb, line in steps:
            today = len(line) + (days >= 1)
            if verb == "frame":
                messages = pen.frame(line, today)
            elif verb == "tick":
                messages = pen.tick(line, today - 1)
            else:
                messages = pen.change(None, line, today)
            found.append([brief(m) for m in messages])
        return found

    def last(self, *steps, **more):
        return self.told(*steps, **more)[-1]

    def days_of(self, line, days=0):
        """The steps that tell a line as it comes, a tick a day."""
        return [("frame", line[:1])] + [("tick", line[:n]) for n in range(2, len(line) + 1)]

    def test_nothing_is_said_of_ok_and_unknown(self):
        self.assertEqual(self.told(("frame", "?"), ("tick", "??"), ("frame", "?."), ("frame", ".?")), [[], [], [], []])

    def test_a_state(self):
        self.assertEqual(self.last(*self.days_of("..."), ("tick", "...."), ("frame", "...A")), ["1 state 1 amber<ok 4"])

    def test_red_and_back_and_ok(self):
        self.assertEqual(sum(self.told(*self.days_of(".ARA..")), []),
                         ["1 state 1 amber<ok 2", "2 state 1 red<amber 2", "3 state 1 amber<red 2", "4 state 1 ok<amber 5"])

    def test_a_run_found_in_a_frame_is_told_whole(self):
        self.assertEqual(self.told(*self.days_of("....."), ("tick", "......"), ("frame", "..AARR"), ("tick", "..AARRR"))[-2:],
                         [["1 state 1 red<ok 3"], []])

    def test_withdrawn_the_same_day(self):
        self.assertEqual(self.told(*self.days_of("..."), ("tick", "...."), ("frame", "...A"), ("frame", "...."), ("frame", "...A"), ("frame", "...."),
                                   ("tick", "....."))[-4:],
                         [["2 erratum 1 ok<amber 4: 1 withdrawn was 4- a"], ["3 state 3 amber<ok 4"], ["4 erratum 3 ok<amber 4: 3 withdrawn was 4- a"], []])

    def test_ended_and_back(self):
        self.assertEqual(self.told(*self.days_of(".AA"), ("frame", ".A."), ("frame", ".AA"), ("tick", ".AAA"))[-3:],
                         [["2 state 1 ok<amber 3"], ["3 state 1 amber<ok 2"], []])

    def test_what_was_only_of_today_may_be_ended_but_not_withdrawn_after_the_tick(self):
        self.assertEqual(self.told(*self.days_of(".A"), ("tick", ".AA"), ("frame", "..."), ("tick", "...."))[-2:],
                         [["2 state 1 ok<amber 2"], ["3 erratum 1 ok<ok 2: 1 withdrawn was 2-2 a"]])

    def test_amended(self):
        self.assertEqual(self.told(*self.days_of(".AAA"), ("frame", "AAAA"), ("tick", "AAAAA"))[-2:],
                         [[], ["2 erratum 1 amber<amber 1: 1 amended 1- a was 2- a"]])

    def test_amended_by_level(self):
        self.assertEqual(self.told(*self.days_of(".AAA"), ("frame", ".ARR"), ("tick", ".ARRR"))[-2:],
                         [["2 state 1 red<amber 2"], ["3 erratum 1 red<red 2: 1 amended 2- r was 2- r"]])

    def test_an_end_that_moves(self):
        self.assertEqual(self.told(*self.days_of(".AA.."), ("frame", ".AAA."), ("tick", ".AAA.."))[-2:],
                         [[], ["3 erratum 1 ok<ok 5: 1 amended 2-4 a was 2-3 a"]])

    def test_withdrawn(self):
        self.assertEqual(self.last(*self.days_of(".AA.."), ("tick", "......")), ["3 erratum 1 ok<ok 2: 1 withdrawn was 2-3 a"])

    def test_withdrawn_and_again_is_new(self):
        self.assertEqual(self.told(*self.days_of(".AA.."), ("tick", "......"), ("tick", ".AA...."), ("tick", "........"))[-2:],
                         [["4 erratum 4 ok<ok 4: 4 late 2-3 a"], ["5 erratum 4 ok<ok 2: 4 withdrawn was 2-3 a"]])

    def test_merged(self):
        told = self.told(*self.days_of(".AA.A"), ("frame", ".AAAA"), ("tick", ".AAAAA"), ("tick", ".AAAAA."))
        self.assertEqual(told[-3:], [[], ["4 erratum 1 amber<amber 2: 1 amended 2- a was 2-3 a; 3 merged 1 was 5- a"], ["5 state 1 ok<amber 7"]])

    def test_split(self):
        told = self.told(*self.days_of(".AAAA"), ("frame", ".A.AA"), ("tick", ".A.AAA"), ("tick", ".A.AAA."))
        self.assertEqual(told[-3:], [[], ["2 erratum 1 amber<amber 4: 1 amended 2-2 a was 2- a; 2 split 1 4- a"], ["3 state 2 ok<amber 7"]])

    def test_split_in_three(self):
        self.assertEqual(self.last(*self.days_of("AAAAAA"), ("tick", "A.A.A..")),
                         ["2 erratum 1 ok<amber 6: 1 amended 1-1 a was 1- a; 2 split 1 3-3 a; 2.2 split 1 5-5 a"])

    def test_found_late(self):
        told = self.told(*self.days_of("......"), ("tick", ".A.AA.."), ("tick", ".A.A...."))
        self.assertEqual(told[-2:], [["1 erratum 1 ok<unknown 6: 1 late 2-2 a; 1.2 late 4-5 a"], ["2 erratum 1.2 ok<ok 5: 1.2 amended 4-4 a was 4-5 a"]])

    def test_moved_away(self):
        self.assertEqual(self.last(*self.days_of(".AA..."), ("tick", "....A..")), ["3 erratum 1 ok<ok 6: 1 withdrawn was 2-3 a; 3 late 5-5 a"])

    def test_the_earliest_told_run_is_taken_by_the_first_run_that_shares(self):
        # told 1: days 1-3, 3: days 5-7; now 3-5 and 7: the first takes 1, the second 3
        self.assertEqual(self.last(*self.days_of("AAA.AAA."), ("tick", "..AAA.A..")),
                         ["5 erratum 1 ok<ok 8: 1 amended 3-5 a was 1-3 a; 3 amended 7-7 a was 5-7 a"])

    def test_merged_into_the_run_that_covers_it(self):
        # told 1: 1-2, 3: 4-5, 5: 7; now 2-7: 1 is taken, the others are inside it
        self.assertEqual(self.last(*self.days_of("AA.AA.A."), ("tick", ".AAAAAA..")),
                         ["7 erratum 1 ok<ok 8: 1 amended 2-7 a was 1-2 a; 3 merged 1 was 4-5 a; 5 merged 1 was 7-7 a"])

    def test_a_frame_ends_what_the_tick_amends(self):
        # the end is told at once, and that it had come two days before at the tick
        self.assertEqual(self.told(*self.days_of(".AAAA"), ("frame", ".AA.."), ("tick", ".AA..."))[-2:],
                         [["2 state 1 ok<amber 4"], ["3 erratum 1 ok<ok 4: 1 amended 2-3 a was 2-4 a"]])

    def test_a_new_run_beside_one_that_is_taken(self):
        # told 1: 1-4; now 1-2 and 4-6, found while today is 6: new, and the tick amends the first alone
        told = self.told(*self.days_of("AAAA.."), ("frame", "AA.AAA"), ("tick", "AA.AAAA"))
        self.assertEqual(told[-2:], [["3 state 3 amber<ok 4"], ["4 erratum 1 amber<amber 4: 1 amended 1-2 a was 1-4 a"]])

    def test_at_start(self):
        self.assertEqual(self.told(("frame", ".A."), ("frame", ".A.A"), ("tick", ".A.AA"), live=4), [[], ["1 at_start 1 amber<ok 4"], []])
        self.assertEqual(self.told(("frame", ".AAA"), ("tick", ".AAA."), live=4), [["1 at_start 1 amber<ok 2"], ["2 state 1 ok<amber 5"]])

    def test_history_is_never_sent(self):
        self.assertEqual(self.told(("frame", "...."), ("frame", "AA.."), ("tick", "AA..."), ("tick", ".AAA.."), live=4)[-2:],
                         [[], ["1 erratum 1 ok<unknown 5: 1 late 2-4 a"]])

    def test_unknown_is_inside(self):
        told = self.told(*self.days_of(".AA??."))
        self.assertEqual(told[3:], [["2 state 1 unknown<amber 2"], [], ["3 state 1 ok<unknown 6"]])
        self.assertEqual(self.last(*self.days_of(".AA??."), ("tick", ".AAAA..")), [])
        self.assertEqual(self.last(*self.days_of(".AA??."), ("tick", ".AA....")), ["4 erratum 1 ok<ok 4: 1 amended 2-3 a was 2-5 a"])

    def test_the_level_ends_under_unknown(self):
        self.assertEqual(self.told(*self.days_of(".AA?"), ("frame", "...?"), ("frame", ".AA?"))[-2:],
                         [["3 state 1 unknown<unknown 2"], ["4 state 1 unknown<unknown 2"]])

    def test_a_change_of_profile(self):
        told = self.told(*self.days_of(".AA"), ("profile", "RRR"), ("tick", "RRRR"), ("tick", "RRRR."))
        self.assertEqual(told[-3:], [["2 profile 1 red<amber 1"], [], ["3 state 1 ok<red 5"]])
        self.assertEqual(self.told(*self.days_of(".AA"), ("profile", "AAA"), ("tick", "AAAA"))[-2:], [[], []])
        self.assertEqual(self.told(*self.days_of(".AA"), ("profile", "..."), ("tick", "...."))[-2:], [["2 profile 1 ok<amber 3"], []])
        self.assertEqual(self.told(*self.days_of("..."), ("profile", ".AA"), ("tick", ".A.."))[-2:],
                         [["1 profile 1 amber<ok 2"], ["2 erratum 1 ok<amber 3: 1 withdrawn was 2- a"]])    # that of day 2 is history

    def test_with_for_the_closed_day_is_judged(self):
        self.assertEqual(self.told(*self.days_of("..AA", 2), ("frame", "...."), ("tick", "....."), days=2)[-2:],
                         [["2 state 1 ok<amber 3"], ["3 erratum 1 ok<ok 3: 1 withdrawn was 3-3 a"]])
        self.assertEqual(self.told(*self.days_of("..A", 2), ("frame", "..."), ("tick", "...."), days=2)[-2:],
                         [["2 erratum 1 ok<amber 3: 1 withdrawn was 3- a"], []])
        self.assertEqual(self.told(*self.days_of("..A", 2), ("frame", ".AA"), ("tick", ".AAA"), days=2)[-2:],
                         [[], ["2 erratum 1 amber<amber 2: 1 amended 2- a was 3- a"]])


if __name__ == "__main__":
    unittest.main()
