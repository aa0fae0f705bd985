"""Compares the program's clusters with scikit-learn's k-means and with a DEC written apart, on data whose clusters are known.

    cargo bench --bench clustering --no-run          # prints the path of the bench
    python tests/reference/compare_clusters.py PATH_OF_THE_BENCH [SEEDS [FIRST]]

With BEHAVIORVLM_PAPER=1 the paper's net is trained, too, which takes minutes. The data are written to a folder, the bench labels them where BEHAVIORVLM_CLUSTERS names it, and a table of accuracy (best
matching of clusters and classes) and normalised mutual information is printed: mean over the seeds, and its standard error.
Seeds 0 to 5 chose the default net: judge it by others. Needs numpy, scipy and scikit-learn.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import normalized_mutual_info_score
from sklearn.preprocessing import StandardScaler

from dec import dec

COLUMNS = 40


def blobs(rng):
    """Ten heaps of uneven size and width that touch."""
    middles = rng.normal(0, 1, (10, COLUMNS)) * 0.9
    width = rng.uniform(0.6, 1.4, 10)
    truth = rng.choice(10, 3000, p=rng.dirichlet(np.full(10, 5.0)))
    return middles[truth] + rng.normal(0, 1, (3000, COLUMNS)) * width[truth, None], truth


def manifolds(rng):
    """Six bent lines and sheets in six dimensions, bent again into forty, with noise."""
    truth = rng.integers(0, 6, 3000)
    along, across = rng.uniform(-1, 1, 3000), rng.uniform(-1, 1, 3000)
    latent = np.zeros((3000, 6))
    for cluster in range(6):
        rows = truth == cluster
        frame = np.linalg.qr(rng.normal(size=(6, 6)))[0]
        angle = along[rows] * rng.uniform(1.0, 2.2)
        sheet = across[rows] * (0.5 if cluster % 2 else 0.05)
        curve = np.stack([np.cos(angle), np.sin(angle), sheet, sheet**2, 0 * angle, 0.2 * along[rows]], axis=1)
        latent[rows] = curve @ frame * 1.6 + rng.normal(0, 1.1, 6)
    hidden = np.tanh(latent @ rng.normal(0, 0.35, (6, 30)))
    return hidden @ rng.normal(0, 0.5, (30, COLUMNS)) + rng.normal(0, 0.15, (3000, COLUMNS)), truth


def sequences(rng):
    """Eight states that last a second or so at 30 frames/s, each with a mean and a swing of its own; features hold the velocity, too."""
    states, frames = 8, 4000
    means = rng.normal(0, 1.2, (states, 6))
    keep = [0.85 * np.linalg.qr(rng.normal(size=(6, 6)))[0] for _ in range(states)]
    truth, place, latent = np.zeros(frames, int), means[0].copy(), np.zeros((frames, 6))
    for frame in range(frames):
        stays = frame > 0 and rng.random() < 0.97
        truth[frame] = truth[frame - 1] if stays else rng.integers(states)
        state = truth[frame]
        place = means[state] + keep[state] @ (place - means[state]) + rng.normal(0, 0.35, 6)
        latent[frame] = place
    both = np.hstack([latent, np.gradient(latent, axis=0)])
    return both @ rng.normal(0, 0.5, (12, COLUMNS)) + rng.normal(0, 0.3, (frames, COLUMNS)), truth


KINDS = {"blobs": (blobs, 10), "manifolds": (manifolds, 6), "sequences": (sequences, 8)}


def accuracy(truth, labels):
    table = np.zeros((labels.max() + 1, truth.max() + 1))
    np.add.at(table, (labels, truth), 1)
    rows, columns = linear_sum_assignment(-table)
    return table[rows, columns].sum() / len(truth)


def main():
    bench, seeds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        data = {}
        for kind, (make, clusters) in KINDS.items():
            for seed in range(first, first + seeds):
                x, truth = make(np.random.default_rng(1000 + seed))
                x *= np.random.default_rng(seed).uniform(0.01, 100, COLUMNS)  # features have units
                name = f"{kind}-{seed}.{len(x)}x{COLUMNS}.{clusters}"
                x.astype("<f4").tofile(folder / f"{name}.f32")
                data[name] = (kind, seed, clusters, x, truth)
        subprocess.run([bench], env=dict(os.environ, BEHAVIORVLM_CLUSTERS=str(folder)), check=True)
        for name, (kind, seed, clusters, x, truth) in data.items():
            scaled = PCA(32, random_state=seed).fit_transform(StandardScaler().fit_transform(x))
            reference, before = dec(scaled / scaled.std(), clusters, seed)
            labels = {
                "scikit-learn k-means": KMeans(clusters, n_init=20, random_state=seed).fit_predict(scaled),
                "reference code + k-means": before,
                "reference DEC": reference,
            }
            # A sticky path needs frames in order.
            ways = ["", ", sticky"] if kind == "sequences" else [""]
            for method in [f"{method}{way}" for way in ways for method in ("k-means", "DEC", "paper's net")]:
                path = folder / f"{name}.{method}"
                if path.exists():
                    labels[f"ours: {method}"] = np.loadtxt(path, dtype=int)
            for method, assigned in labels.items():
                figures = (accuracy(truth, assigned), normalized_mutual_info_score(truth, assigned))
                found.setdefault((kind, method), []).append(figures)
    print(f"mean of {seeds} seeds ± standard error        ACC              NMI")
    for (kind, method), figures in found.items():
        mean, error = np.mean(figures, axis=0), np.std(figures, axis=0) / np.sqrt(max(1, seeds - 1))
        print(f"{kind:10} {method:25} {mean[0]:7.3f} ± {error[0]:.3f}  {mean[1]:7.3f} ± {error[1]:.3f}")


if __name__ == "__main__":
    main()
