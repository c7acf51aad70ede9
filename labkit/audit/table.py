"""All claims of all reports, their verdicts, and the box that a lab shows of them."""

import functools

import pandas as pd

from labkit.audit import report_a, report_b, report_b_clocks, report_c, report_d, report_e, show
from labkit.audit.claim import Verdict

_REPORTS = {
    "A": (report_a,),
    "B": (report_b, report_b_clocks),
    "C": (report_c,),
    "D": (report_d,),
    "E": (report_e,),
}
#: The claims by number, A1 to E18, as `labkit.audit.claim.Claim`.
CLAIMS = {
    name: module.CLAIMS[name]
    for report, modules in _REPORTS.items()
    for name, module in sorted(
        ((name, module) for module in modules for name in module.CLAIMS),
        key=lambda pair: int(pair[0][len(report) :]),
    )
}


@functools.cache
def verdict(claim):
    """Return the verdict on a claim, computed from the kept results.

    Parameters
    ----------
    claim : str
        ``"A4"``.

    Returns
    -------
    labkit.audit.claim.Verdict

    Raises
    ------
    ValueError
        If there is no such claim.

    Examples
    --------
    >>> verdict("A1").word
    'right'
    """
    if claim not in CLAIMS:
        raise ValueError(f"claim must be one of {', '.join(CLAIMS)}; got {claim!r}")
    return CLAIMS[claim].judge()


def table(report=None):
    """Return the verdicts, a row a claim.

    Parameters
    ----------
    report : {"A", "B", "C", "D", "E"}, optional
        All of them by default.

    Returns
    -------
    pandas.DataFrame
        The fields of `labkit.audit.claim.Verdict`, by number of the claim.
    """
    if report is not None:
        _check_report(report)
    names = [name for name in CLAIMS if report is None or name[0] == report]
    return pd.DataFrame([verdict(name) for name in names], columns=Verdict._fields)


def reported(report):
    """Return the numbers of a report's tables and figures, as it printed them.

    Parameters
    ----------
    report : {"A", "B", "C", "D", "E"}

    Returns
    -------
    pandas.DataFrame
        A row for each ``system`` (named as in the study) and ``quantity``, such as
        ``"val_accuracy"``, with its ``value`` in the units of `labkit.audit.rows`.
    """
    _check_report(report)
    numbers = {}
    for module in _REPORTS[report]:
        numbers |= module.REPORTED
    return pd.DataFrame(
        [
            (name, quantity, value)
            for name, row in numbers.items()
            for quantity, value in row.items()
        ],
        columns=["system", "quantity", "value"],
    )


def box(lab):
    """Show the claims that a lab looks at, each with its verdict.

    Parameters
    ----------
    lab : str
        Its number, such as ``"05"``.

    Raises
    ------
    ValueError
        If no claim belongs to the lab.
    """
    verdicts = [verdict(name) for name, claim in CLAIMS.items() if claim.lab == lab]
    if not verdicts:
        known = sorted({claim.lab for claim in CLAIMS.values()} - {""})
        raise ValueError(f"lab must be one of {', '.join(known)}; got {lab!r}")
    show.box(verdicts)


def _check_report(report):
    if report not in _REPORTS:
        raise ValueError(f"report must be one of {', '.join(_REPORTS)}; got {report!r}")
