"""Jobs that run in an environment of their own, with crepes: conformal prediction of rows alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from common import serve
from crepes import WrapClassifier, WrapRegressor


class Outputs:
    """A model whose inputs are the outputs of the network: it passes them on."""

    def __init__(self, classes: int):
        self.classes_ = np.arange(classes)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0]

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return x


def covered(path: str, output: str) -> dict[str, Any]:
    """Whether each row that did not calibrate is covered, by level and draw.

    Parameters
    ----------
    path : str
        An .npz with ``outputs`` (rows, outputs): values, or probabilities of classes; ``labels`` (rows,);
        ``own`` (draws, rows): rows that calibrate; ``levels``; and ``numbers``, whether labels are numbers.
    output : str
        Where ``covered`` goes, bool of shape (levels, draws, rows).

    Notes
    -----
    Numbers: symmetric intervals. Classes: sets with a p-value for each class, calibrated on the rows of that
    class (class-conditional), as ours are. Without smoothing, so that nothing is drawn at random.
    """
    with np.load(path) as stored:
        outputs, labels, draws, levels = (stored[n] for n in ("outputs", "labels", "own", "levels"))
        numbers = bool(stored["numbers"])
    learner = Outputs(outputs.shape[1])
    found = np.zeros((len(levels), *draws.shape), bool)
    for d, own in enumerate(draws):
        if numbers:
            regressor = WrapRegressor(learner)
            regressor.calibrate(outputs[own], labels[own])
            for i, level in enumerate(levels):
                ends = regressor.predict_int(outputs[~own], confidence=float(level))
                found[i, d, ~own] = (ends[:, 0] - 1e-9 <= labels[~own]) & (labels[~own] <= ends[:, 1] + 1e-9)
            continue
        classifier = WrapClassifier(learner)
        classifier.calibrate(outputs[own], labels[own].astype(int), class_cond=True)
        p = classifier.predict_p(outputs[~own], smoothing=False)
        true = p[np.arange(len(p)), labels[~own].astype(int)]
        found[:, d, ~own] = true[None] > 1 - levels[:, None] - 1e-9
    np.savez(output, covered=found)
    return {"draws": len(draws)}


if __name__ == "__main__":
    serve({"covered": covered})
