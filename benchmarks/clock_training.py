"""Train a clock reader on fresh pictures; in a folder, so that a stopped training goes on there.

Each round renders 1,440 new pictures, which replace the oldest of a pool, and trains both networks
on rows of the pool. In a folder, after each round a checkpoint is written, the whole
file or none, and a line to the log; who starts it again with the same folder goes on there.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labkit import clocks, training
from labkit.clocks import networks, recipe, shipped

import keras
import numpy as np

LEVELS = ("everything", "wild")
FRESH = 1440  # new pictures a round, of all levels together
POOL = 6  # rounds whose pictures are kept
ROWS = 2880  # of the pool, in a round
BATCH = 64
PEAK = 3e-3  # learning rate
JITTER = 0.008
WARM_UP, FALL = 0.06, 0.4  # shares of the rounds in which the learning rate rises and falls
CHECK_SEED = 900_000  # of pictures that no round trains on


class Trainer:
    """Both networks, their optimizers and the number of rounds behind them.

    Parameters
    ----------
    folder : path-like or None
        For ``checkpoint.npz`` and ``log.jsonl``; a file ``rounds`` in it overrides `rounds`. None
        writes nothing.
    rounds : int
        Of the whole run; says how the learning rate falls.
    seed : int
    dtype : str, optional
        Keras' dtype policy.
    levels : sequence of str
        Of the pictures, as many of each.
    locator_rows : int, optional
        Of a round for the locator, which learns sooner; by default as many as for the other one.
    """

    def __init__(self, folder, rounds, seed=0, dtype=None, levels=LEVELS, locator_rows=None):
        self.folder, self.rounds, self.seed = folder and Path(folder), rounds, seed
        self.rows = (ROWS if locator_rows is None else locator_rows, ROWS)
        keras.utils.set_random_seed(seed)
        self.finding, self.reading = shipped.build(dtype)
        unrolled = networks.unrolled(self.reading, jitter=JITTER, dtype=dtype)
        maps = ("twelve", "hour", "minute")
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        self.models = [
            _compiled(self.finding, recipe.place_loss),
            _compiled(unrolled, dict.fromkeys(maps, loss)),
        ]
        self.done, self.seconds, self.pool = 0, 0.0, Pool(seed, levels)
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._resume()

    def run(self, until=None):
        """Train round after round, at most to the round `until`."""
        while self.done < min(until or self._planned(), self._planned()):
            start = time.process_time()
            losses = self._round(self.done)
            self.done += 1
            self.seconds += time.process_time() - start
            if self.folder:
                self.save()
                self._log(losses)

    def _planned(self):
        """Return the number of rounds; ``FOLDER/rounds`` changes it while the training runs."""
        if self.folder and (self.folder / "rounds").exists():
            self.rounds = int((self.folder / "rounds").read_text())
        return self.rounds

    def _round(self, number):
        """Train both networks on rows of the pool; return their losses."""
        self.pool.renew(number)
        rng = np.random.default_rng([self.seed, 1, number])
        losses = []
        for model, n in zip(self.models, self.rows, strict=True):
            model.optimizer.learning_rate.assign(learning_rate(number, self.rounds))
            some = self.pool.some(n, rng)
            place, maps = recipe.targets(some)
            if model is self.finding:
                x, y = recipe.turned(some.x, place, rng)
            else:
                x, y = [some.x, place], maps
            settings = {"batch_size": BATCH, "verbose": 0, "shuffle": "each_epoch"}
            losses.append(training.fit(model, x, y, **settings).history["loss"][-1])
        return losses

    def reader(self):
        """Return the reader as it stands, in float32."""
        return shipped.assembled(self.finding.get_weights(), self.reading.get_weights())

    def save(self):
        """Write all weights, the optimizers and the number of rounds."""
        arrays = {"done": np.array(self.done), "seconds": np.array(self.seconds)}
        for name, variables in self._variables().items():
            arrays |= {f"{name}_{i}": np.asarray(v) for i, v in enumerate(variables)}
        draft = self.folder / "checkpoint.part"
        with open(draft, "wb") as stream:
            np.savez(stream, **arrays)
        os.replace(draft, self.folder / "checkpoint.npz")

    def _resume(self):
        path = self.folder / "checkpoint.npz"
        if not path.exists():
            return
        with np.load(path, allow_pickle=False) as kept:
            self.done, self.seconds = int(kept["done"]), float(kept["seconds"])
            for name, variables in self._variables().items():
                for i, variable in enumerate(variables):
                    variable.assign(kept[f"{name}_{i}"])

    def _variables(self):
        named = {"finding": self.finding.variables, "reading": self.reading.variables}
        for i, model in enumerate(self.models):
            named[f"optimizer_{i}"] = model.optimizer.variables
        return named

    def _log(self, losses):
        line = {"round": self.done, "of": self.rounds, "cpu seconds": round(self.seconds)}
        line |= {"place loss": round(losses[0], 3), "maps loss": round(losses[1], 3)}
        if self.done % 8 == 0 or self.done == self.rounds:
            line |= self._checked()
        with open(self.folder / "log.jsonl", "a") as stream:
            stream.write(json.dumps(line) + "\n")

    def _checked(self):
        """Return a few numbers on pictures that no round trains on."""
        line, reader = {}, self.reader()
        for level in self.pool.levels:
            pictures = clocks.render(360, level, seed=CHECK_SEED, n_jobs=1)
            score = clocks.score(pictures.y, clocks.read(pictures.x, reader).times)
            line[level] = [round(each, 3) for each in (score.mean, score.within_1, score.beyond_30)]
        return line


class Pool:
    """The pictures of the last rounds, some new ones in each.

    While a round trains, a thread renders the pictures of the next one.

    Parameters
    ----------
    seed : int
    levels : sequence of str
    """

    def __init__(self, seed, levels):
        self.seed, self.levels, self.kept = seed, levels, {}
        self._beside, self._coming = ThreadPoolExecutor(1), {}

    def renew(self, number):
        """Add the new pictures of a round, drop the oldest, and begin with those of the next."""
        first = number if self.kept else max(0, number - 1)  # after a break the last round's, too
        for each in range(first, number + 1):
            coming = self._coming.pop(each, None)
            self.kept[each] = coming.result() if coming else self._fresh(each)
        self._coming[number + 1] = self._beside.submit(self._fresh, number + 1)
        self.kept.pop(number - POOL, None)

    def some(self, n, rng):
        """Draw `n` of the pictures, all of them if there are fewer."""
        parts = list(self.kept.values())
        ends = np.cumsum([len(part.y) for part in parts])
        rows = np.sort(rng.permutation(ends[-1])[:n])
        starts = [0, *ends[:-1]]
        shares = np.split(rows, np.searchsorted(rows, ends[:-1]))
        return joined([p.take(r - s) for p, r, s in zip(parts, shares, starts, strict=True)])

    def _fresh(self, number):
        """Render the new pictures of a round."""
        seeds = np.random.SeedSequence([self.seed, number]).generate_state(len(self.levels))
        pairs = zip(self.levels, seeds.tolist(), strict=True)
        n = FRESH // len(self.levels)
        return joined([clocks.render(n, level, seed=each, n_jobs=1) for level, each in pairs])


def learning_rate(number, rounds):
    """Return the learning rate of a round: it rises, stays, and falls to near 0."""
    rise = (number + 1) / max(1, WARM_UP * rounds)
    fall = (rounds - number) / max(1, FALL * rounds)
    return PEAK * min(1.0, rise, fall)


def joined(parts):
    """Put sets of pictures together."""
    return clocks.Pictures(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _compiled(model, loss):
    model.compile(keras.optimizers.AdamW(PEAK, weight_decay=0.02), loss)
    model.optimizer.build(model.trainable_variables)
    return model
