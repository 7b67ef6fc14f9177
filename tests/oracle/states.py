"""The line of alert states of a rule in a unit, day by day (rules A1, A2, and A5's unknown until complete)."""
import days


def first_day_of_figures(figures, org, indicator):
    """The first day whose figure is not `x`, also before the first fact; None if there is none up to today."""
    begin = [start for (o, _), spans in figures.spans.items() if o == org for start, _ in spans]
    for d in range(min(begin), figures.today + 1) if begin else ():
        if figures.complete(org, indicator, d):
            return d
    return None


def known(figure, rule, is_rate):
    """Unknown are: no data, no denominator, unreliable, too few people."""
    least = rule.least_people if rule.least_people is not None else (20 if is_rate else 0)
    return figure.status in ("ok", "low") and figure.people >= least


def moving_days(figures, org, indicator):
    """The days on which the figure can be another than the day before; None: every day."""
    if figures.slowly or any(term.reading in ("mean", "days") for term in indicator.terms()):
        return None
    key = (org, indicator.name)
    if key not in figures.moving:
        figures.moving[key] = frozenset(figures.change_days(org, [indicator]))
    return figures.moving[key]


def line(figures, org, unit, rule):
    """Yields (day, state) from the first day of figures to today: ok, amber, red or unknown."""
    indicator = figures.profile.indicators[rule.indicator]
    first = first_day_of_figures(figures, org, indicator)
    if first is None:
        return
    broken_days = {level: 0 for level, _, _ in rule.edges}
    standing = {level: False for level, _, _ in rule.edges}
    state = "unknown"
    fresh = moving_days(figures, org, indicator)
    figure = None
    for d in range(first, figures.today + 1):
        if rule.days >= 1 and d == figures.today:
            yield d, state                          # still open: yesterday's state stands
            return
        if figure is None or fresh is None or d in fresh:
            figure = figures.figure(org, unit, indicator, d)
        if not known(figure, rule, indicator.denominator is not None):
            broken_days = {level: 0 for level in broken_days}
            state = "unknown"
        else:
            state = "ok"
            for level, edge, clear in rule.edges:
                broken = figure.value <= edge if rule.below else figure.value >= edge
                passed = figure.value > clear if rule.below else figure.value < clear
                broken_days[level] = broken_days[level] + 1 if broken else 0
                if broken and broken_days[level] >= rule.days:
                    standing[level] = True
                elif passed:
                    standing[level] = False
                if standing[level]:
                    state = level                   # amber comes before red
        yield d, state


def lines(figures):
    for rule in figures.profile.rules:
        for org in figures.ledger.orgs:
            for unit in figures.units(org):
                path = figures.path(org, unit)
                if rule.watches(path):
                    for d, state in line(figures, org, unit, rule):
                        yield "%s,%s,%s,%s" % (rule.name, path, days.text(d), state)
