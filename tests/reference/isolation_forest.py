"""Writes what scikit-learn's isolation forest says of fixed rows: tests/it/data/isolation_forest_reference.json.

    python tests/reference/isolation_forest.py tests/it/data/isolation_forest_reference.json

Needs numpy, scipy and scikit-learn. 300 rows of four measures: two heaps, a thin arc between them, twelve rows strewn far, and a
column that is almost constant. `scores` is the mean over twenty forests of 100 trees of 256 rows, 0.5 usual, higher unlike all
else; `between_forests` is the lowest rank correlation of any single one of them with that mean: more cannot be asked of another
forest.
"""

import json
import sys

import numpy as np
from scipy import stats
from sklearn.ensemble import IsolationForest

random = np.random.default_rng(7)
heap = random.normal([0, 0, 0], [1, 0.5, 0.2], (150, 3))
other = random.normal([6, 4, 1], [0.6, 1, 0.3], (110, 3))
along = np.linspace(0, 1, 28)[:, None]
arc = np.hstack([6 * along, 4 * along + 3 * np.sin(np.pi * along), along]) + random.normal(0, 0.1, (28, 3))
strewn = random.uniform([-8, -8, -3], [14, 12, 4], (12, 3))
rows = np.vstack([heap, other, arc, strewn])
still = np.where(np.arange(len(rows)) % 50 == 0, 1.0, 0.0)[:, None]
rows = np.round(np.hstack([rows, still]), 3).astype(np.float32)

forests = np.array(
    [-IsolationForest(n_estimators=100, max_samples=256, random_state=seed).fit(rows).score_samples(rows) for seed in range(20)]
)
scores = forests.mean(axis=0)
between = min(stats.spearmanr(one, scores).statistic for one in forests)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    content = {
        "rows": [[round(float(value), 3) for value in row] for row in rows],
        "scores": [round(float(score), 5) for score in scores],
        "between_forests": round(float(between), 5),
    }
    json.dump(content, file, separators=(",", ":"))
    file.write("\n")
print(f"lowest rank correlation of one forest with the mean of twenty: {between:.4f}")
