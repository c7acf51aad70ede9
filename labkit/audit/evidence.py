"""What a rule may look at: the kept runs of a study, as many as it asks for or none."""

import pandas as pd

from labkit.audit import kept
from labkit.audit.estimate import estimate


class TooFew(Exception):
    """The kept rows do not carry a verdict: the claim is open."""


class Runs:
    """The runs of one system.

    Parameters
    ----------
    name : str
    frame : pandas.DataFrame
        Its rows of `labkit.audit.kept.rows`.
    """

    def __init__(self, name, frame):
        self.name, self.frame = name, frame

    def __getitem__(self, column):
        """Return the `Estimate` of a column; raise `TooFew` where it was not kept."""
        if column not in self.frame or self.frame[column].isna().any():
            raise TooFew(f"{self.name!r} has no {column} in every kept run")
        return estimate(self.frame[column])

    def minus(self, other, column):
        """Return the `Estimate` of a difference, paired by seed.

        Parameters
        ----------
        other : Runs
        column : str
            Of `labkit.audit.kept.rows`.
        """
        for runs in (self, other):
            runs[column]  # refuses runs without it
        both = self.frame.merge(other.frame, on="seed", suffixes=("", "_other"))
        if len(both) < 2:
            raise TooFew(f"{self.name!r} and {other.name!r} share {len(both)} seeds")
        return estimate(both[column] - both[f"{column}_other"])


class Evidence:
    """The kept results of one study; it remembers which of them were looked at.

    Parameters
    ----------
    study : str
    folder : path, optional
        Where the results lie.
    """

    def __init__(self, study, folder=kept.FOLDER):
        self.study, self.folder = study, folder
        self.all = kept.rows(study, folder)
        self.seen = self.all.iloc[:0]

    def system(self, name, *, seeds=3, updates=0, epochs=0):
        """Return the runs of a system, if there are enough of them and long enough ones.

        Parameters
        ----------
        name : str
        seeds : int
            Least number of runs.
        updates, epochs : int
            Least length of each: the report's own, unless a callback stops it.

        Returns
        -------
        Runs

        Raises
        ------
        TooFew
            If there are fewer, or shorter ones; the message says what is there.
        """
        frame = self.all[self.all["system"] == name]
        if len(frame) < seeds:
            raise TooFew(f"{len(frame)} of {seeds} runs of {name!r} are kept")
        if frame["updates"].min() < updates:
            raise TooFew(f"{name!r} took {frame['updates'].min():,} updates, not {updates:,}")
        if frame["epochs"].min() < epochs:
            raise TooFew(f"{name!r} ran for {frame['epochs'].min()} epochs, not {epochs}")
        self.seen = pd.concat([self.seen, frame]) if len(self.seen) else frame
        return Runs(name, frame)

    def table(self, name, *, systems, seeds=1):
        """Return all rows of one of the report's tables, if it is complete.

        Parameters
        ----------
        name : str
            Column ``table`` of the rows.
        systems : int
            Least number of different systems in it.
        seeds : int
            Least number of runs of each.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        TooFew
            If there are fewer.
        """
        frame = self.all[self.all["table"] == name]
        counts = frame.groupby("system").size()
        counts = counts[counts >= seeds]
        if len(counts) < systems:
            raise TooFew(f"{len(counts)} of {systems} systems of {name!r} have {seeds} kept run(s)")
        frame = frame[frame["system"].isin(counts.index)]
        self.seen = pd.concat([self.seen, frame]) if len(self.seen) else frame
        return frame

    def cost(self):
        """Return what the rows looked at cost: ``seeds``, ``updates``, ``device``, ``seconds``.

        Returns
        -------
        dict
            Fewest seeds of a system, most updates of a run, the device and processor, and all
            seconds together; None each, if no row was looked at.
        """
        seen = self.seen.drop_duplicates(["system", "seed"])
        if not len(seen):
            return dict.fromkeys(("seeds", "updates", "device", "seconds"))
        made = kept.records(self.folder)
        made = made[made["record"].isin(seen["record"])]
        devices = {_device(row) for row in made.itertuples()}
        return {
            "seeds": int(seen.groupby("system").size().min()),
            "updates": int(seen["updates"].max()),
            "device": "; ".join(sorted(devices)),
            "seconds": float(seen["seconds"].sum()),
        }


def _device(row):
    cores = f"{row.cpus} core{'' if row.cpus == 1 else 's'}"
    return f"{row.processor}, {cores}" if row.device == "CPU" else row.device
