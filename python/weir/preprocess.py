# SPDX-License-Identifier: Apache-2.0
"""From rows as measured to model inputs, with the same arithmetic as src/scoring/preprocess.cc.

Both sides read the same numbers out of the bundle's manifest: Inf -> NaN -> median, then (x - mean) / scale in double,
then float32.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Preprocessing:
    """One number of each kind per feature."""

    median: Doubles
    mean: Doubles
    scale: Doubles

    def apply(self, raw: Floats) -> Floats:
        """Model inputs of the rows [n, features]."""
        values = impute(raw, self.median)
        return ((values - self.mean) / self.scale).astype(np.float32)


def impute(raw: Floats, median: Doubles) -> Doubles:
    """The rows in double, with the median where a value is NaN or infinite."""
    return np.where(np.isfinite(raw), raw.astype(np.float64), median)


def fit(raw: Floats, benign: Bools) -> Preprocessing:
    """Medians of the benign rows, and mean and spread of all training rows after imputation.

    A feature that no benign row defines gets the median 0, one that never varies the scale 1.
    """
    median = column_quantile(raw[benign], 0.5)
    values = impute(raw, median)
    scale = values.std(axis=0)
    return Preprocessing(median=median, mean=values.mean(axis=0), scale=np.where(scale > 0, scale, 1.0))


def column_quantile(raw: Floats, q: float) -> Doubles:
    """The quantile of each column's finite values, as float32 numbers; 0 for a column without any."""
    columns = [column[np.isfinite(column)] for column in raw.T]
    values = [np.quantile(column, q) if column.size else 0.0 for column in columns]
    return np.asarray(values, dtype=np.float32).astype(np.float64)
