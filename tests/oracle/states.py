"""The line of alert states of a rule in a unit, day by day (rules A1, A2, and A5's unknown until complete)."""
import days


def first_day_of_figures(figures, org, indicator):
    """The first day whose figure is not `x`, also before the first fact; None if there is none up to today."""
    key = (org, indicator.name)
    if key not in figures.first_days:
        figures.first_days[key] = find_first_day(figures, org, indicator)
    return figures.first_days[key]


def find_first_day(figures, org, indicator):
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


def spans(figures, org, unit, rule):
    """Yields (first day, last day, state, level) from the first day of figures to today: the state is ok, amber, red or unknown,
    the level that which stands through unknown. With `for` of 1 or more today is still open, and is left out."""
    indicator = figures.profile.indicators[rule.indicator]
    first = first_day_of_figures(figures, org, indicator)
    if first is None:
        return
    fresh = moving_days(figures, org, indicator)
    closed = figures.today - 1 if rule.days >= 1 else figures.today
    looked = range(first, closed + 1) if fresh is None else sorted({first} | {d for d in fresh if first < d <= closed})
    broken_since = {level: None for level, _, _ in rule.edges}
    standing = {level: False for level, _, _ in rule.edges}
    level = "ok"
    for n, begin in enumerate(looked):
        end = looked[n + 1] - 1 if n + 1 < len(looked) else closed
        if begin > end:
            continue
        figure = figures.figure(org, unit, indicator, begin)
        if not known(figure, rule, indicator.denominator is not None):
            broken_since = {level: None for level in broken_since}
            yield begin, end, "unknown", level
            continue
        broken = {level: figure.value <= edge if rule.below else figure.value >= edge for level, edge, _ in rule.edges}
        passed = {level: figure.value > clear if rule.below else figure.value < clear for level, _, clear in rule.edges}
        for name in broken:
            broken_since[name] = (broken_since[name] or begin) if broken[name] else None
        # the day on which an edge will have been broken for long enough lies here or further on; nothing else changes in between
        held = {broken_since[name] + max(rule.days, 1) - 1 for name in broken if broken[name]}
        days_ = [begin] + sorted(d for d in held if begin < d <= end)
        for m, d in enumerate(days_):
            for name in broken:
                if broken[name] and d - broken_since[name] + 1 >= rule.days:
                    standing[name] = True
                elif passed[name]:
                    standing[name] = False
            level = ([name for name in ("amber", "red") if standing.get(name)] or ["ok"])[-1]
            yield d, days_[m + 1] - 1 if m + 1 < len(days_) else end, level, level


def line(figures, org, unit, rule):
    """Yields (day, state) from the first day of figures to today; with `for`, yesterday's state stands today."""
    state = "unknown"
    for begin, end, state, _ in spans(figures, org, unit, rule):
        for d in range(begin, end + 1):
            yield d, state
    if rule.days >= 1 and first_day_of_figures(figures, org, figures.profile.indicators[rule.indicator]) is not None:
        yield figures.today, state


def watched(figures):
    """(rule, organisation, unit, path) of each pair."""
    for rule in figures.profile.rules:
        for org in figures.ledger.orgs:
            for unit in figures.units(org):
                path = figures.path(org, unit)
                if rule.watches(path):
                    yield rule, org, unit, path


def lines(figures):
    for rule, org, unit, path in watched(figures):
        for d, state in line(figures, org, unit, rule):
            yield "%s,%s,%s,%s" % (rule.name, path, days.text(d), state)


def changes(figures):
    """Of lines() the first and the last of each stretch of days of one state."""
    for rule, org, unit, path in watched(figures):
        stretches = []
        for begin, end, state, _ in spans(figures, org, unit, rule):
            if stretches and stretches[-1][2] == state:
                begin = stretches.pop()[0]
            stretches.append((begin, end, state))
        for begin, end, state in stretches:
            for d in sorted({begin, end}):
                yield "%s,%s,%s,%s" % (rule.name, path, days.text(d), state)
