#!/usr/bin/python3
"""Compares rates read back from the daemon with the published ones, or checks what the printed inputs give.

    published.py FIGURES.csv DAEMON.csv [--expect EXCEPTIONS.csv]     DAEMON.csv: area_key,time_period,<rate columns>
    published.py --direct FIGURES.csv [--expect EXCEPTIONS.csv]       the rates worked out from the printed inputs

FIGURES.csv has the DfE's columns. A rate is *exact* if it equals the published one to its printed digit; *within input
rounding* if not, but both it and the published digit can come from inputs that print as those published (+-0.05 of an FTE
or of days; heads and cases are exact; `low` lies above 0 and below 0.05); else *wrong*. A rate that is published as a
symbol, or with an input that is a symbol other than `low`, is not counted. Exit status: 0 if nothing is wrong, or if with
--expect exactly the rates that it lists are.
"""
import argparse
import csv
import sys
from fractions import Fraction

HALF = Fraction(1, 20)


def share(part, rest):
    """100 x part / (part + rest), as numerator and denominator with part and rest still apart."""
    return (100, part, (part, rest))


# rate: (factor, numerator, denominator columns that are added up)
RATES = {
    "turnover_rate_fte": (100, "leavers_fte", ("inpost_fte",)),
    "turnover_rate_headcount": (100, "leavers_headcount", ("inpost_headcount",)),
    "agency_rate_fte": share("agency_fte", "inpost_fte"),
    "agency_rate_headcount": share("agency_headcount", "inpost_headcount"),
    "agency_cover_rate_fte": (100, "agency_cover_fte", ("agency_fte",)),
    "vacancy_rate_fte": share("vacancy_fte", "inpost_fte"),
    "vacancy_agency_cover_rate_fte": (100, "agency_cover_fte", ("vacancy_fte",)),
    "caseload_fte": (1, "cases", ("case_holders_fte",)),
    "absence_rate_fte": (100, "working_days_lost_fte", ("inpost_fte",)),
}
WHOLE = ("leavers_headcount", "inpost_headcount", "agency_headcount", "cases")


def number(text):
    """A printed number, or None for a symbol or nothing."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError, TypeError):
        return None


def between(column, text):
    """(least, the value to reckon with, most) of an input as it is printed; None for a symbol."""
    if text == "low":
        return (Fraction(1, 10 ** 6), Fraction(4, 100), HALF - Fraction(1, 10 ** 6))
    value = number(text)
    if value is None:
        return None
    if column in WHOLE:
        return (value, value, value)
    return (max(value - HALF, Fraction(0)), value, value + HALF)


def one_decimal(value):
    """Half up."""
    return Fraction((20 * value.numerator + value.denominator) // (2 * value.denominator), 10)


def dfe_days(year):
    """Of the window 1 October before to 30 September of the year."""
    return 254 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 253


def reckon(rate, row):
    """(least, direct, most) that the printed inputs allow; most is None without a bound; None if an input is a symbol or
    the denominator is 0."""
    factor, above, below = RATES[rate]
    inputs = {column: between(column, row.get(column)) for column in (above,) + below}
    if None in inputs.values():
        return None
    days = dfe_days(int(row["time_period"])) if rate == "absence_rate_fte" else 1

    def value(part, others):
        whole = (part + others if above in below else others) * days
        return None if whole == 0 else factor * part / whole

    # every rate grows with its numerator, also where that is a part of the denominator, and falls with the rest
    low, mid, high = (tuple(inputs[column][n] for column in below if column != above) for n in range(3))
    direct = value(inputs[above][1], sum(mid))
    if direct is None:
        return None
    least = value(inputs[above][0], sum(high))
    return (Fraction(0) if least is None else least, direct, value(inputs[above][2], sum(low)))


def can_be(digit, bounds):
    """Whether some inputs give a rate that prints as this digit."""
    least, _, most = bounds
    return least < digit + HALF and (most is None or most >= digit - HALF)


def area(row):
    return row["la_name"] or row["region_name"] or "England"


def key(row):
    return (row["new_la_code"] or row["region_code"] or "national", row["time_period"])


def judge(rows, answer):
    """Counts of exact, within, wrong, and [(rate, row, published, found)] of the wrong ones; answer(rate, row, bounds) is a
    Fraction of one decimal or a text that is none."""
    counts, wrong = {"exact": 0, "within": 0, "wrong": 0}, []
    for row in rows:
        for rate in RATES:
            printed, bounds = number(row.get(rate)), reckon(rate, row)
            if printed is None or bounds is None:
                continue
            found = answer(rate, row, bounds)
            if found == printed:
                counts["exact"] += 1
            elif isinstance(found, Fraction) and can_be(printed, bounds) and can_be(found, bounds):
                counts["within"] += 1
            else:
                counts["wrong"] += 1
                wrong.append((rate, row, row[rate], found))
    return counts, wrong


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("figures")
    p.add_argument("daemon", nargs="?")
    p.add_argument("--direct", action="store_true")
    p.add_argument("--expect")
    options = p.parse_args()
    if options.direct == bool(options.daemon):
        p.error("give either DAEMON.csv or --direct")
    with open(options.figures, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if options.direct:
        answer = lambda rate, row, bounds: one_decimal(bounds[1])
    else:
        with open(options.daemon, encoding="utf-8", newline="") as file:
            read_back = {(row["area_key"], row["time_period"]): row for row in csv.DictReader(file)}

        def answer(rate, row, bounds):
            text = read_back.get(key(row), {}).get(rate)
            if text == "low":
                return Fraction(0)
            value = number(text)
            return (text or "nothing") if value is None else value

    counts, wrong = judge(rows, answer)
    for rate, row, published, found in wrong:
        shown = "%.1f" % found if isinstance(found, Fraction) else found
        print("wrong: %s %s %s %s: published %s, found %s" % (rate, row["time_period"], row["geographic_level"], area(row), published, shown))
    print("%d rates, %d exact, %d within input rounding, %d wrong"
          % (sum(counts.values()), counts["exact"], counts["within"], counts["wrong"]))
    expected = set()
    if options.expect:
        with open(options.expect, encoding="utf-8", newline="") as file:
            expected = {(row["rate"], row["year"], row["level"], row["area"]) for row in csv.DictReader(file)}
    found = {(rate, row["time_period"], row["geographic_level"], area(row)) for rate, row, _, _ in wrong}
    if options.expect:
        for one in sorted(found - expected):
            print("not expected to be wrong: " + " ".join(one))
        for one in sorted(expected - found):
            print("expected to be wrong and is not: " + " ".join(one))
    sys.exit(0 if found == expected else 1)


if __name__ == "__main__":
    main()
