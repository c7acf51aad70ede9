"""What a report claims, and the rule that turns kept runs into a verdict on it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from labkit.audit import kept
from labkit.audit.evidence import Evidence, TooFew

#: The verdicts, from best to worst; "open" where no run of the report's scale decides.
WORDS = ("right", "wrong", "wrong cause", "unsupported", "open")


class Finding(NamedTuple):
    """What a rule returns: a verdict, a sentence that gives the reason, and our own number."""

    word: str
    sentence: str
    ours: str = ""


def right(sentence, ours=""):
    """The number and the explanation hold."""
    return Finding("right", sentence, ours)


def wrong(sentence, ours=""):
    """What the report says is not so."""
    return Finding("wrong", sentence, ours)


def wrong_cause(sentence, ours=""):
    """The number holds, the explanation does not."""
    return Finding("wrong cause", sentence, ours)


def unsupported(sentence, ours=""):
    """No number or protocol is given that could carry it, or the difference is within the noise."""
    return Finding("unsupported", sentence, ours)


def undecided(sentence, ours=""):
    """No run at the report's own scale decides."""
    return Finding("open", sentence, ours)


class Verdict(NamedTuple):
    """A claim and what became of it.

    Attributes
    ----------
    claim : str
        ``"A4"``.
    said, reported : str
        What the report says, in our words, and its number, "" if it gives none.
    word : str
        One of `WORDS`.
    sentence : str
        The reason, with numbers and their intervals.
    ours : str
        The number that stands beside the reported one, "" if there is none.
    study : str
        Whose rows decided; "" for arithmetic.
    lab : str
        Number of the lab that looks at it.
    cite : tuple of str
        Keys of references.
    seeds, updates, device, seconds
        What the rows cost, see `labkit.audit.evidence.Evidence.cost`; None for arithmetic.
    """

    claim: str
    said: str
    reported: str
    word: str
    sentence: str
    ours: str
    study: str
    lab: str
    cite: tuple
    seeds: int | None
    updates: int | None
    device: str | None
    seconds: float | None


@dataclass(frozen=True)
class Claim:
    """One claim of a report."""

    id: str
    said: str
    rule: Callable = field(repr=False)
    reported: str = ""
    study: str = ""
    lab: str = ""
    cite: tuple = ()

    def judge(self, folder=kept.FOLDER):
        """Return the `Verdict`: that of the rule, or open where it finds too few rows."""
        evidence = Evidence(self.study, folder) if self.study else None
        try:
            finding = self.rule(evidence) if self.study else self.rule()
        except TooFew as reason:
            finding = undecided(f"Not decided yet: {reason}.")
        cost = (
            evidence.cost()
            if evidence
            else dict.fromkeys(("seeds", "updates", "device", "seconds"))
        )
        return Verdict(
            claim=self.id,
            said=self.said,
            reported=self.reported,
            **finding._asdict(),
            study=self.study,
            lab=self.lab,
            cite=self.cite,
            **cost,
        )


class Claims(dict):
    """The claims of one report by number; calling it registers a rule.

    Parameters
    ----------
    report : str
        Its letter.
    """

    def __init__(self, report):
        super().__init__()
        self.report = report

    def __call__(self, number, said, *, reported="", study="", lab="", cite=()):
        """Return a decorator for the rule of a claim.

        A rule with a study takes an `Evidence` and returns a `Finding`; one without takes
        nothing, and computes.
        """

        def register(rule):
            name = f"{self.report}{number}"
            if name in self:
                raise ValueError(f"claim {name} has two rules")
            self[name] = Claim(name, said, rule, reported, study, lab, tuple(cite))
            return rule

        return register
