"""Corrections and voids (rule F6): which facts stand, and what the links without effect are found to be.

A link is an event that corrects or voids another, its target. Everything is worked out from the whole set of facts, target
by target, as the rule says it; nothing is remembered from one to the next.
"""
from facts import SUBJECT_KINDS


class Links:
    def __init__(self, facts, profile):
        self.profile = profile
        self.there = {identity(fact): fact for fact in facts}
        self.links = [fact for fact in facts if fact.target is not None]
        self.findings = []
        for link in self.links:
            kind = self.found(link)
            if kind:
                self.findings.append((kind, link))
        without = {id(link) for _, link in self.findings}
        self.to = {}                                # fact: the links to it that have effect
        for link in self.links:
            if id(link) not in without:
                self.to.setdefault(id(self.target(link)), []).append(link)
        originals = [fact for fact in facts if fact.target is None]
        self.standing = [fact for fact in map(self.walk, originals) if fact is not None]

    def target(self, link):
        """The event it names, if it is there: of the same organisation and subject."""
        return self.there.get((link.target_source, link.org, SUBJECT_KINDS[link.type], link.subject, link.target))

    def found(self, link):
        """`contradiction`, `waiting` or nothing."""
        target = self.target(link)
        if not self.may_link(link) or self.leads_to_itself(link):
            return "contradiction"
        if target is None:
            return "waiting"
        if target.type != link.type or link.time < target.time:
            return "contradiction"
        return "waiting" if target.target is not None and self.found(target) else None

    def may_link(self, link):
        """Its source is the target's or a successor of it, directly or over several."""
        source, tried = link.source, set()
        while source != link.target_source:
            tried.add(source)
            known = self.profile.sources.get(source)
            source = known.succeeds if known else None
            if source is None or source in tried:
                return False
        return True

    def leads_to_itself(self, link):
        at, passed = self.target(link), []
        while at is not None and at is not link:
            if at.target is None or any(at is one for one in passed):
                return False                        # an original, or a circle that it only leads into
            passed.append(at)
            at = self.target(at)
        return at is link

    def walk(self, fact):
        """The fact that stands, or None."""
        while True:
            live = [link for link in self.to.get(id(fact), []) if self.live(link)]
            if not live:
                return fact
            last = max(live, key=lambda link: link.said)
            if last.voids:
                return None
            fact = last

    def live(self, link):
        return self.walk(link) is not None


def identity(fact):
    return (fact.source, fact.org, SUBJECT_KINDS[fact.type], fact.subject, fact.id)
