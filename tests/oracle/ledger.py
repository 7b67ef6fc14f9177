"""What each fact comes to: entries by day, cell and measure, as daemon/core/MEASURES.md says, computed day by day.

Every stock is a function of the day (`Person.stocks`, `Post.stocks`, ...); an entry is the difference between two
neighbouring days. Which days are looked at is the one shortcut: those on which something can change. With
every_day=True all days are, and the result must be the same.
"""
import days
from facts import SUBJECT_KINDS as SUBJECTS, by_key, entitled, last_said, millionths, the_one_that_holds
from links import Links

DIMENSIONS = ("unit", "role", "contract", "worker", "kind", "origin", "reason", "destination", "course", "work", "status")
NEITHER_MOVE_NOR_LEAVER = ("reorganisation", "transfer", "temporary")
UNIT_OF = {"starter": "team", "change": "team", "placement_started": "team", "post_opened": "unit", "post_changed": "unit"}


def cell(**values):
    return tuple(values.get(name) or "" for name in DIMENSIONS)


def with_values(base, **values):
    return tuple(values.get(name) or old for name, old in zip(DIMENSIONS, base))


def cell_text(org, c):
    unit = org if not c[0] else org + "/" + c[0]
    return ",".join(["unit=" + unit] + ["%s=%s" % (n, v) for n, v in zip(DIMENSIONS[1:], c[1:]) if v])


def unit_id(org, named):
    """'' is the organisation itself, also when it is named by its own id."""
    return "" if named is None or named == org else named


class Spell:
    """An engagement, placement, allocation or post: one start, at most one end, changes between."""

    def __init__(self, key, starts, ends, changes, findings):
        self.key = key
        self.starter = the_one_that_holds(starts)
        self.start = self.starter.day
        self.leaver, self.end = None, None
        findings += [("contradiction", fact) for fact in starts if fact is not self.starter]
        if ends:
            leaver = the_one_that_holds(ends)
            findings += [("contradiction", fact) for fact in ends if fact is not leaver]
            if leaver.day < self.start:
                findings.append(("contradiction", leaver))
            else:
                self.leaver, self.end = leaver, leaver.day
        self.changes = []
        for fact in changes:
            if fact.day < self.start or (self.end is not None and fact.day >= self.end):
                findings.append(("waiting", fact))
            else:
                self.changes.append(fact)
        self.facts = sorted([self.starter] + self.changes, key=lambda fact: fact.order)
        self.moved_end = self.end                   # later if joined to a successor (T3)
        self.successor = self.predecessor = None

    def stands(self, d):
        return self.start <= d and (self.moved_end is None or d < self.moved_end)

    def fields(self, d):
        """The fields on day d. Absent and None are both unknown."""
        now = {}
        for fact in self.facts:
            if fact.day <= d:
                apply(fact, now)
        return now


FIELDS = ("team", "role", "contract", "post", "covers", "cover_reason", "registered_from", "unit", "status", "kind")


def apply(fact, now):
    for name in FIELDS:
        if name in fact.data:
            now[name] = fact.data[name]
    if fact.names_fte():
        now["fte"] = fact.fte()


def spells(groups, start_type, end_type, change_type, findings):
    """groups: {key: facts}"""
    found = []
    for name, group in groups.items():
        starts = [fact for fact in group if fact.type == start_type]
        ends = [fact for fact in group if fact.type == end_type]
        changes = [fact for fact in group if fact.type == change_type]
        if starts:
            found.append(Spell(name, starts, ends, changes, findings))
        else:
            findings += [("waiting", fact) for fact in ends + changes]
    return found


class Entry:
    """An entry of in_post, with its cause and what made it."""

    def __init__(self, day, source, target, heads, fte, cause, spell):
        self.day, self.source, self.target = day, source, target        # cells; None is outside
        self.heads, self.fte, self.cause, self.spell = heads, fte, cause, spell


class Stocks(dict):
    """(measure, cell): [heads or count, amount in millionths]"""

    def add(self, measure, where, count, amount):
        sums = self.setdefault((measure, where), [0, 0])
        sums[0] += count
        sums[1] += amount


class Timeline:
    """Something with stocks by day and flows; its days are those on which a stock may change or a flow may stand."""

    def __init__(self, profile, org, every_day):
        self.profile, self.org, self.every_day = profile, org, every_day
        self.look_at = set()
        self.findings = []

    def days(self):
        if not self.look_at:
            return []
        if self.every_day:
            return list(range(min(self.look_at) - 1, max(self.look_at) + 3))
        return sorted(self.look_at)

    def post_into(self, ledger):
        for d in self.days():
            # the state at the close of the day before is worked out for itself, not carried along
            before, after = self.stocks(d - 1), self.stocks(d)
            for key in before.keys() | after.keys():
                old, new = before.get(key, (0, 0)), after.get(key, (0, 0))
                ledger.post(key[0], self.org, key[1], d, new[0] - old[0], new[1] - old[1])
            for measure, where, count, amount in self.flows(d):
                ledger.post(measure, self.org, where, d, count, amount)

    def flows(self, d):
        return []


class Person(Timeline):
    def __init__(self, profile, org, facts, allocations, every_day):
        super().__init__(profile, org, every_day)
        of = lambda *types: [fact for fact in facts if fact.type in types]
        self.engagements = spells(by_key(of("starter", "change", "leaver"), "engagement"), "starter", "leaver", "change", self.findings)
        self.placements = spells(by_key(of("placement_started", "placement_ended"), "placement"), "placement_started", "placement_ended",
                                 None, self.findings)
        self.allocations = allocations
        self.absences = [last_said(group) for group in by_key(of("absence"), "absence").values()]
        self.training = []                          # (due or None, completed or None)
        for group in by_key(of("training_due", "training_completed"), "training").values():
            due = [fact for fact in group if fact.type == "training_due"]
            done = [fact for fact in group if fact.type == "training_completed"]
            self.training.append((last_said(due) if due else None, last_said(done) if done else None))
        self.held = of("supervision_held")
        self.counts = {}                            # day: the count said last for it
        if profile.cases == "counts":
            for fact in of("caseload"):
                self.counts[fact.day] = last_said([fact, self.counts[fact.day]]) if fact.day in self.counts else fact
        self._working, self._places = {}, {}
        self.join()
        self.find_days()
        self.find_places()
        self.link_cases()
        self.find_obligations()

    # The days to look at. Too many do no harm.

    def find_days(self):
        look = self.look_at
        for spell in self.engagements + self.placements + self.allocations:
            look.add(spell.start)
            look.update(end for end in (spell.end, spell.moved_end) if end is not None)
            for fact in spell.facts:
                look.add(fact.day)
                if fact.get("registered_from") is not None:
                    look.add(fact.get("registered_from"))
        for d in self.counts:
            look.update((d, d + self.profile.caseload_days + 1))
        for fact in self.absences:
            look.update((fact.day, fact.day + 1, fact.day + 27))
            if fact.get("last") is not None:
                look.update((fact.get("last"), fact.get("last") + 1))
        for due, done in self.training:
            look.update(fact.day + n for fact in (due, done) if fact for n in (0, 1))
        for fact in self.held:
            look.add(fact.day)

    # Section 2: engagements.

    def seniority(self, spell, fields):
        return (self.profile.rank(fields.get("role")), -(fields.get("fte") or 0), spell.start, spell.key.encode())

    def join(self):
        """T3: an end and a start shortly after it are one move."""
        ends, starts = [], []
        for spell in self.engagements:
            if spell.start == spell.end:
                continue
            if spell.end is not None:
                fields = spell.fields(spell.end - 1)
                leaver = spell.leaver
                if (fields.get("role") in self.profile.roles and leaver.get("kind") in (None, "leaver") and leaver.get("reason") != "7"
                        and not leaver.adjustment):
                    ends.append((self.seniority(spell, fields), spell))
            fields = spell.fields(spell.start)
            if fields.get("role") in self.profile.roles and spell.starter.get("origin") != "transfer" and not spell.starter.adjustment:
                starts.append((self.seniority(spell, fields), spell))
        for _, left in sorted(ends, key=lambda end: end[0]):
            latest = self.profile.calendar.first_working_day_after(left.end)
            for _, begun in sorted(starts, key=lambda start: start[0]):
                if left.end < begun.start <= latest and begun.predecessor is None:
                    left.moved_end, left.successor, begun.predecessor = begun.start, begun, left
                    break

    def working(self, d):
        """[(engagement, its fields)] in the workforce at the close of d, the main one first."""
        if d not in self._working:
            found = []
            for spell in self.engagements:
                if spell.stands(d):
                    fields = spell.fields(d)
                    role, registered = fields.get("role"), fields.get("registered_from")
                    if (role is None or role in self.profile.roles) and (registered is None or registered <= d):
                        found.append((spell, fields))
            found.sort(key=lambda pair: self.seniority(*pair))
            self._working[d] = found
        return self._working[d]

    def in_post_cell(self, fields):
        return cell(unit=unit_id(self.org, fields.get("team")), role=fields.get("role"), contract=fields.get("contract"))

    def cause_by_role(self, spell, d, otherwise):
        """Of an engagement that enters or leaves the workforce on a day on which it neither begins nor ends."""
        causes = self.changing(spell, d, ("role", "registered_from"))
        return causes[-1] if causes and causes[-1] != "" else otherwise

    def changing(self, spell, d, names):
        """The causes that the day's facts give, in order, of those after which one of the fields differs from before; '' if none."""
        now, causes = {}, []
        for fact in spell.facts:
            before = dict(now)
            apply(fact, now)
            if fact.day == d and any(before.get(name) != now.get(name) for name in names):
                why = fact.get("why")
                causes.append("adjustment" if fact.adjustment else why if why in NEITHER_MOVE_NOR_LEAVER else "")
        return causes

    def entry_cause(self, spell, d, otherwise):
        if spell.start < d:
            return self.cause_by_role(spell, d, otherwise)
        if spell.starter.adjustment:
            return "adjustment"
        return "transfer" if spell.starter.get("origin") == "transfer" else otherwise

    def exit_cause(self, spell, d, otherwise):
        if spell.moved_end != d:
            return self.cause_by_role(spell, d, otherwise)
        if spell.leaver.adjustment:
            return "adjustment"
        return "transfer" if spell.leaver.get("kind") == "transfer" else otherwise

    def in_post_entries(self, d):
        before, after = self.working(d - 1), self.working(d)
        entries = []

        def post(source, target, heads, fte, cause, spell):
            if source != target and (heads or fte):
                entries.append(Entry(d, source, target, heads, fte, cause, spell))

        if not before:
            for n, (spell, fields) in enumerate(after):
                post(None, self.in_post_cell(fields), int(n == 0), fields.get("fte") or 0, self.entry_cause(spell, d, "starter"), spell)
            return entries
        if not after:
            for n, (spell, fields) in enumerate(before):
                post(self.in_post_cell(fields), None, int(n == 0), fields.get("fte") or 0, self.exit_cause(spell, d, "leaver"), spell)
            return entries

        old = {spell: fields for spell, fields in before}
        continued = {}                              # engagement before: cause of its cell's change
        for spell, fields in after:
            earlier = spell
            if spell not in old and spell.start == d and spell.predecessor in old:
                earlier = spell.predecessor
            new_cell, fte = self.in_post_cell(fields), fields.get("fte") or 0
            if earlier not in old:
                post(None, new_cell, 0, fte, self.entry_cause(spell, d, "hours"), spell)
                continue
            was, old_cell = old[earlier], self.in_post_cell(old[earlier])
            moved = was.get("team") != fields.get("team") or was.get("role") != fields.get("role")
            cause = "move" if moved else "band"
            if earlier is spell:
                causes = self.changing(spell, d, ("team", "role", "contract"))
                if causes and causes[-1] != "":
                    cause = causes[-1]
            continued[earlier] = (spell, cause)
            old_fte = was.get("fte") or 0
            post(old_cell, new_cell, 0, old_fte, cause, spell)
            named = [fact for fact in spell.facts if fact.day == d and fact.names_fte()]
            cause = "adjustment" if named and named[-1].adjustment else "hours"
            if fte > old_fte:
                post(None, new_cell, 0, fte - old_fte, cause, spell)
            elif fte < old_fte:
                post(new_cell, None, 0, old_fte - fte, cause, spell)
        for spell, fields in before:
            if spell not in continued:
                post(self.in_post_cell(fields), None, 0, fields.get("fte") or 0, self.exit_cause(spell, d, "hours"), spell)
        (old_main, was), (new_main, now) = before[0], after[0]
        same = continued.get(old_main, (None, None))
        post(self.in_post_cell(was), self.in_post_cell(now), 1, 0, same[1] if same[0] is new_main else "main", new_main)
        return entries

    def runs(self, test):
        """[(first day, first day after or None)]: the longest runs of days on which test(day) is true."""
        found, start = [], None
        for d in self.days():
            if test(d) and start is None:
                start = d
            elif not test(d) and start is not None:
                found.append((start, d))
                start = None
        return found + ([(start, None)] if start is not None else [])

    def workforce_flows(self, d):
        """starters, leavers, census_starters and census_leavers on day d: (measure, cell, heads, fte)."""
        flows = []
        for entry in self.in_post_entries(d):
            if entry.cause == "starter":
                where = with_values(entry.target, origin=entry.spell.starter.get("origin"))
                flows.append(("starters", where, entry.heads, entry.fte))
                flows.append(("census_starters", where, entry.heads, entry.fte))
            elif entry.cause == "leaver":
                flows.append(("leavers", self.leaver_cell(entry.source, entry.spell, d), entry.heads, entry.fte))
        if not self.left_as_leaver(d):
            return flows
        spell_start = [start for start, end in self.runs(self.working) if end == d][0]
        # Who started in this census year is no census starter after all.
        if days.latest_start(spell_start, 10) == days.latest_start(d, 10):
            for entry in self.in_post_entries(spell_start):
                if entry.cause == "starter":
                    where = with_values(entry.target, origin=entry.spell.starter.get("origin"))
                    flows.append(("census_starters", where, -entry.heads, -entry.fte))
        return flows + self.census_leaver(spell_start, d)

    def left_as_leaver(self, d):
        return bool(self.working(d - 1)) and not self.working(d) and self.exit_cause(self.working(d - 1)[0][0], d, "leaver") == "leaver"

    def leaver_cell(self, base, spell, d):
        if spell.moved_end != d:
            return base
        return with_values(base, reason=spell.leaver.get("reason"), destination=spell.leaver.get("destination"))

    def census_leaver(self, spell_start, x):
        """L6, of the spell of days spell_start .. x-1."""
        year = days.civil(x)[0]
        p = days.day("%d-09-30" % year)
        if p >= x:
            p = days.day("%d-09-30" % (year - 1))
        counted = []
        if spell_start <= p:
            counted += [fields.get("fte") or 0 for _, fields in self.working(p)]
        for spell in self.engagements:
            if spell.starter.adjustment and max(p + 1, spell_start) <= spell.start < x:
                fields = dict(self.working(spell.start)).get(spell)
                since = spell.starter.get("since")
                if fields is not None and (since is None or since <= p):
                    counted.append(fields.get("fte") or 0)
        if not counted:
            return []
        total = sum(counted)
        leaving = [(spell, fields) for spell, fields in self.working(x - 1) if self.exit_cause(spell, x, "leaver") == "leaver"]
        whole = sum(fields.get("fte") or 0 for _, fields in leaving)
        parts = [total * (fields.get("fte") or 0) // whole if whole else 0 for _, fields in leaving]
        parts[0] += total - sum(parts)
        return [("census_leavers", self.leaver_cell(self.in_post_cell(fields), spell, x), int(n == 0), parts[n])
                for n, (spell, fields) in enumerate(leaving)]

    # Section 4: the place.

    def standing_placements(self, d, kind):
        """[(placement, fields)] in the order of L3."""
        found = [(spell, spell.fields(d)) for spell in self.placements if spell.starter.get("kind") == kind and spell.stands(d)]
        return sorted(found, key=lambda pair: self.seniority(*pair))

    def place(self, d):
        """(cell, FTE), or None."""
        if d not in self._places:
            self._places[d] = None
            for worker, found in (("employee", self.working(d)), ("agency", self.standing_placements(d, "agency")),
                                  ("student", self.standing_placements(d, "student"))):
                if found:
                    first = found[0][1]
                    where = cell(unit=unit_id(self.org, first.get("team")), role=first.get("role"), worker=worker)
                    self._places[d] = (where, sum(fields.get("fte") or 0 for _, fields in found))
                    break
        return self._places[d]

    def find_places(self):
        self.placed = self.runs(lambda d: self.place(d) is not None)

    def has_had_a_place_by(self, d):
        return any(start <= d for start, _ in self.placed)

    def last_place(self, d):
        """Of a day without one: that of the last day before that had one."""
        ends = [end for _, end in self.placed if end is not None and end <= d]
        return self.place(max(ends) - 1) if ends else None

    def placed_throughout(self, first, last):
        return any(start <= first and (end is None or last < end) for start, end in self.placed)

    # Section 5: cases.

    def link_cases(self):
        self.unlinked_days = set()
        for d, fact in self.counts.items():
            if not self.has_had_a_place_by(d):
                self.unlinked_days.add(d)
                self.findings.append(("unlinked", fact))
        linked = []
        for spell in self.allocations:
            if self.has_had_a_place_by(spell.start):
                linked.append(spell)
            else:
                self.findings.append(("unlinked", spell.starter))
        self.allocations = linked

    def cases_held(self, d):
        """({kind of work: n}, is it unknown)"""
        if self.profile.cases == "allocations":
            held = {}
            for spell in self.allocations:
                if spell.stands(d):
                    work = spell.starter.get("work") or ""
                    held[work] = held.get(work, 0) + 1
            return held, False
        counted = [day for day in self.counts if day <= d]
        if not counted or max(counted) in self.unlinked_days:
            return {}, False
        if d > max(counted) + self.profile.caseload_days:
            return {}, True
        n = self.counts[max(counted)].get("cases")
        return ({"": n} if n else {}), False

    # Section 7: obligations.

    def find_obligations(self):
        self.due_flows = {}                         # day: [(measure, cell, count, amount)]
        self.overdue = []                           # (measure, first day, first day after or None, course)

        def flow(d, measure, **more):
            self.due_flows.setdefault(d, []).append((measure, with_values(self.place(d)[0], **more), 1, 0))

        for due, done in self.training:
            said = [fact.get("course") for fact in (due, done) if fact is not None and fact.get("course") is not None]
            course = said[0] if said else None
            if done is not None and self.place(done.day):
                flow(done.day, "training_completed", course=course)
            if due is None or not self.place(due.day):
                continue
            flow(due.day, "training_due", course=course)
            if done is not None and done.day <= due.day:
                flow(due.day, "training_in_time", course=course)
                continue
            if done is not None and self.placed_throughout(due.day, done.day):
                flow(done.day, "training_late", course=course)
            left = [end for start, end in self.placed if start <= due.day and (end is None or due.day < end)][0]
            stop = min((day for day in (done.day if done else None, left) if day is not None), default=None)
            self.overdue.append(("training_overdue", due.day + 1, stop, course))
        for fact in self.held:
            if self.place(fact.day):
                flow(fact.day, "supervision_held", kind=fact.get("kind"))
        every = self.profile.supervision_every
        if every:
            supervised = lambda d: self.place(d) is not None and self.place(d)[0][DIMENSIONS.index("worker")] != "student"
            for start, end in self.runs(supervised):
                held = sorted({fact.day for fact in self.held if start <= fact.day and (end is None or fact.day < end)})
                for base in sorted({start} | set(held)):
                    due = base + every
                    met = min((h for h in held if h > base), default=None)
                    if end is None or due < end:
                        flow(due, "supervision_due")
                        if met is not None and met <= due:
                            flow(due, "supervision_in_time")
                        else:
                            if met is not None:
                                flow(met, "supervision_late")
                            stop = met if met is not None else end
                            self.overdue.append(("supervision_overdue", due + 1, stop, None))
        self.look_at.update(self.due_flows)
        for _, first, stop, _ in self.overdue:
            self.look_at.update(d for d in (first, stop) if d is not None)

    # Everything together.

    def stocks(self, d):
        found = Stocks()
        for n, (spell, fields) in enumerate(self.working(d)):
            found.add("in_post", self.in_post_cell(fields), int(n == 0), fields.get("fte") or 0)
            if self.profile.vacancies == "posts" and fields.get("post") is not None and fields.get("covers") is None:
                where = cell(unit=unit_id(self.org, fields.get("team")), role=fields.get("role"))
                found.add("vacancies", where, 0, -(fields.get("fte") or 0))
        for measure, kind in (("agency", "agency"), ("students", "student")):
            for spell, fields in self.standing_placements(d, kind):
                where = cell(unit=unit_id(self.org, fields.get("team")), role=fields.get("role"))
                found.add(measure, where, 1, fields.get("fte") or 0)
                if (kind == "agency" and self.profile.vacancies == "posts" and fields.get("covers") is not None
                        and fields.get("cover_reason") == "vacancy"):
                    found.add("agency_cover", where, 0, fields.get("fte") or 0)
        place = self.place(d)
        held, unknown = self.cases_held(d)
        if place is None:
            last = self.last_place(d)
            if last is not None:
                for work, n in held.items():
                    found.add("cases_worker_left", with_values(last[0], work=work), n, 0)
            return found
        for work, n in held.items():
            found.add("cases", with_values(place[0], work=work), n, 0)
        if held and place[1] > 0:
            found.add("case_holders", place[0], 1, place[1])
        if unknown:
            found.add("cases_unknown", place[0], 1, 0)
        for fact in self.absences:
            if fact.day <= d and (fact.get("last") is None or d <= fact.get("last")):
                where = with_values(place[0], kind=fact.get("kind"))
                found.add("absence", where, 1, share(fact, d))
                if d >= fact.day + 27:
                    found.add("long_term_absence", where, 1, share(fact, d))
        for measure, first, stop, course in self.overdue:
            if first <= d and (stop is None or d < stop):
                found.add(measure, with_values(place[0], course=course), 1, 0)
        return found

    def flows(self, d):
        return self.workforce_flows(d) + self.due_flows.get(d, [])

    def post_into(self, ledger):
        super().post_into(ledger)
        for d in self.days():
            ledger.in_post_entries(self.org, self.in_post_entries(d))


def share(fact, d):
    """Millionths of the day that the absence takes."""
    name = "share"
    if d == fact.day and fact.get("first_share") is not None:
        name = "first_share"
    elif d == fact.get("last") and fact.get("last_share") is not None:
        name = "last_share"
    value = fact.get(name)
    return 1000000 if value is None else millionths(value)



class Post(Timeline):
    def __init__(self, profile, org, facts, every_day):
        super().__init__(profile, org, every_day)
        starts = [fact for fact in facts if fact.type == "post_opened"]
        ends = [fact for fact in facts if fact.type == "post_closed"]
        changes = [fact for fact in facts if fact.type == "post_changed"]
        self.spell = None
        if starts:
            self.spell = Spell(None, starts, ends, changes, self.findings)
            self.look_at.update(fact.day for fact in self.spell.facts)
            if self.spell.end is not None:
                self.look_at.add(self.spell.end)
        else:
            self.findings += [("waiting", fact) for fact in ends + changes]

    def stocks(self, d):
        found = Stocks()
        if self.spell and self.spell.stands(d):
            fields = self.spell.fields(d)
            unit, fte = unit_id(self.org, fields.get("unit")), fields.get("fte") or 0
            found.add("posts", cell(unit=unit, role=fields.get("role"), status=fields.get("status") or "funded"), 1, fte)
            if self.profile.vacancies == "posts":
                found.add("vacancies", cell(unit=unit, role=fields.get("role")), 0, fte)
        return found


class Declarations(Timeline):
    """The vacancies that a unit declares."""

    def __init__(self, profile, org, unit, facts, every_day):
        super().__init__(profile, org, every_day)
        self.unit, self.facts = unit_id(org, unit), facts
        self.look_at.update(fact.day for fact in facts)

    def stocks(self, d):
        found = Stocks()
        said = [fact for fact in self.facts if fact.day <= d]
        if said:
            last = max(said, key=lambda fact: fact.order)
            where = cell(unit=self.unit)
            found.add("vacancies", where, 0, last.fte() or 0)
            found.add("agency_cover", where, 0, millionths(last.get("agency_fte") or 0))
        return found


def finding(kind, fact):
    return (kind, fact.org, SUBJECTS[fact.type], fact.subject, fact.source, fact.id)


class Ledger:
    """All entries of all organisations, net by (measure, organisation, cell, day)."""

    def __init__(self, profile, facts, every_day=False):
        self.profile, self.every_day = profile, every_day
        self.net = {}
        self.all_in_post = []                       # every entry of in_post with its cause
        self.moves = []                             # (organisation, entry): those that can cross a border
        self.accepted = [fact for fact in facts if entitled(fact, profile)]
        links = Links(self.accepted, profile)
        self.facts = links.standing
        self.findings = [finding(kind, fact) for kind, fact in links.findings]
        self.orgs = sorted({fact.org for fact in self.accepted} | set(profile.trees))
        self.teams = {org: set() for org in self.orgs}          # every unit that an event names, whether or not it stands
        for fact in self.accepted:
            if fact.voids:
                continue
            named = fact.subject if fact.type == "vacancies_declared" else fact.get(UNIT_OF.get(fact.type))
            if unit_id(fact.org, named):
                self.teams[fact.org].add(named)
        for org in self.orgs:
            self.fold([fact for fact in self.facts if fact.org == org], org)
        self.net = {key: sums for key, sums in self.net.items() if sums != [0, 0]}

    def post(self, measure, org, where, day, count, value):
        if count or value:
            sums = self.net.setdefault((measure, org, where, day), [0, 0])
            sums[0] += count
            sums[1] += value

    def in_post_entries(self, org, entries):
        self.all_in_post += entries
        for entry in entries:
            if entry.cause in ("starter", "leaver", "move"):
                self.moves.append((org, entry))

    def fold(self, facts, org):
        subjects = {}
        for fact in facts:
            subjects.setdefault((SUBJECTS[fact.type], fact.subject), []).append(fact)
        findings = []
        allocations = self.allocations(subjects, findings)
        people = {subject for kind, subject in subjects if kind == "person"} | set(allocations)
        timelines = [Person(self.profile, org, subjects.get(("person", name), []), allocations.get(name, []), self.every_day)
                     for name in sorted(people)]
        timelines += [Post(self.profile, org, group, self.every_day) for (kind, _), group in subjects.items() if kind == "post"]
        if self.profile.vacancies == "declared":
            # the organisation may name itself by its id only, so one unit is one subject
            timelines += [Declarations(self.profile, org, name, group, self.every_day)
                          for (kind, name), group in subjects.items() if kind == "unit"]
        for timeline in timelines:
            timeline.post_into(self)
            findings += timeline.findings
        self.findings += [finding(kind, fact) for kind, fact in findings]
        tree = self.profile.trees.get(org)
        if tree:
            self.findings += [("unassigned", org, "unit", team, "", "") for team in self.teams[org] if team not in tree.links]

    def allocations(self, subjects, findings):
        """Worker: the counted allocations that name them."""
        found = {}
        if self.profile.cases != "allocations":
            return found
        for (kind, _), group in subjects.items():
            if kind != "case":
                continue
            for worker, named in by_key(group, "worker").items():
                for spell in spells(by_key(named, "allocation"), "case_allocated", "case_deallocated", None, findings):
                    start = spell.starter
                    if worker is not None and start.get("part") in (None, "allocated") and start.get("holder") in (None, "worker"):
                        found.setdefault(worker, []).append(spell)
        return found

    def lines(self):
        return sorted(("%s|%s|%s|%d|%d" % (measure, cell_text(org, where), days.text(day), count, value)
                       for (measure, org, where, day), (count, value) in self.net.items()), key=str.encode)


