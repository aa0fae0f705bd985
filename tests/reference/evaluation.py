"""Judges the program's figures of behavior with scikit-learn and scipy; the figures of segments are written apart.

    BEHAVIORVLM_EVALUATION_CASES=cases.json cargo test --test it write_cases -- --ignored
    python tests/reference/evaluation.py cases.json [--keep 10 tests/it/data/evaluation_reference.json]

Needs numpy, scipy and scikit-learn. Exits with 1 where a figure is off by more than 1e-9, and prints the largest difference of
each figure. With --keep, writes the first small cases with the figures computed here.
"""

import argparse
import itertools
import json
import math
import sys
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics

SAME = 1e-9
warnings.filterwarnings("ignore")


# ---------------------------------------------------------------------------------------------------- from cases to frames


def frames_of(rows, animal, label, frame_count, scores):
    """A column of 0/1, or of scores: an interval without confidence is sure beside others that have one."""
    column = np.zeros(frame_count)
    for row in rows:
        if row["animal"] == animal and row["label"] == label:
            value = row.get("confidence", 1.0) if scores else 1.0
            span = slice(row["start_frame"], row["stop_frame"])
            column[span] = np.maximum(column[span], value)
    return column


def lanes_of(case):
    """For each lane: known frames, and frames × labels of truth, found and scores (NaN columns where nobody gave any)."""
    labels = sorted({row["label"] for row in case["truth"] + case["found"]})
    count, animals = case["frame_count"], range(case["animals"])
    lanes = []
    for animal in animals:
        known = np.full(count, case["reviewed"] is None)
        for start, stop in (case["reviewed"] or [[]] * case["animals"])[animal]:
            known[start:stop] = True
        stack = lambda rows, scores: np.array([frames_of(rows, animal, label, count, scores) for label in labels]).reshape(
            len(labels), count
        )
        lanes.append((known, stack(case["truth"], False) > 0, stack(case["found"], False) > 0, stack(case["found"], True)))
    if case["union_of_animals"]:
        known, truth, found, scores = zip(*lanes)
        lanes = [(np.all(known, 0), np.any(truth, 0), np.any(found, 0), np.max(scores, 0))]
    return labels, lanes


# ------------------------------------------------------------------------------------------------------------------- frames


def defined(value, condition=True):
    return float(value) if condition and not math.isnan(value) else None


def frame_figures(labels, lanes):
    figures, f1s = {}, []
    everything = [np.concatenate([lane[side][:, lane[0]] for lane in lanes], 1) for side in (1, 2, 3)]
    truth, found, scores = everything
    for at, label in enumerate(labels):
        y, z, s = truth[at].astype(int), found[at].astype(int), scores[at]
        both_classes = len(set(y)) == 2
        figures[label] = {
            "f1": defined(metrics.f1_score(y, z), y.any() or z.any()) if len(y) else None,
            "precision": defined(metrics.precision_score(y, z), z.any()) if len(y) else None,
            "recall": defined(metrics.recall_score(y, z), y.any()) if len(y) else None,
            "ap": defined(metrics.average_precision_score(y, s), True) if y.any() else None,
            "mcc": defined(metrics.matthews_corrcoef(y, z), both_classes and len(set(z)) == 2) if len(y) else None,
            "support": int(y.sum()),
            "found": int(z.sum()),
            "balanced_accuracy": defined(metrics.balanced_accuracy_score(y, z), True) if both_classes else None,
            "kappa": kappa(y, z),
        }
        if figures[label]["f1"] is not None:
            f1s.append(figures[label]["f1"])
    total = truth.shape[1]
    exact = metrics.accuracy_score(truth.T, found.T) if total and labels else (1.0 if total else None)
    result = {
        "per_label": figures,
        "f1_macro": float(np.mean(f1s)) if f1s else None,
        "f1_micro": float(metrics.f1_score(truth.T.ravel(), found.T.ravel())) if truth.any() or found.any() else None,
        "accuracy": exact,
        "frames": total,
        "unknown_frames": int(sum((~lane[0]).sum() for lane in lanes)),
    }
    as_names = lambda columns: ["|".join(np.array(labels)[column]) for column in columns.T] if labels else [""] * total
    y, z = as_names(truth), as_names(found)
    result["kappa"] = kappa(y, z)
    if total and labels and truth.sum(0).max() <= 1 and found.sum(0).max() <= 1:
        order = [*labels, "none"]
        named = lambda names: [name or "none" for name in names]
        result["confusion"] = {
            "labels": order,
            "frames": metrics.confusion_matrix(named(y), named(z), labels=order).tolist(),
        }
    return result


def kappa(y, z):
    y, z = list(y), list(z)
    if not y or (len(set(y)) == 1 and set(y) == set(z)):
        return None
    return defined(metrics.cohen_kappa_score([str(value) for value in y], [str(value) for value in z]))


# ----------------------------------------------------------------------------------------------------------------- segments
# Lea, Flynn, Vidal, Reiter, Hager 2017, section 4: a prediction is a true positive if its intersection over union with a true
# segment of the same class is above the threshold, at most one per true segment; F1 from precision and recall. The edit score
# is the Levenshtein distance of the orders of segments over the longer of them. Both take no account of background.


def runs(column):
    """[start, stop) of each run of ones, from the places where it changes."""
    changes = np.flatnonzero(np.diff(np.r_[0, column.astype(int), 0]))
    return list(zip(changes[0::2].tolist(), changes[1::2].tolist()))


def segments_of(known, frames):
    """(start, stop, label) of each run, in order."""
    found = [(*run, label) for label, column in enumerate(frames) for run in runs(column & known)]
    return sorted(found)


def iou(one, other):
    if one[2] != other[2] or one[0] >= other[1] or other[0] >= one[1]:
        return 0.0
    a, b = set(range(*one[:2])), set(range(*other[:2]))
    return len(a & b) / len(a | b)


def true_positives(found, truth, threshold, table):
    """Pairs of positions; `table` holds the overlaps by found, then true segment."""
    hit, free = [], set(range(len(truth)))
    for row in range(len(found)):
        if not truth:
            break
        best = max(range(len(truth)), key=lambda column: (table[row][column], -column))
        if table[row][best] > 0 and table[row][best] >= threshold and best in free:
            free.discard(best)
            hit.append((row, best))
    return hit


def levenshtein(one, other):
    table = np.zeros((len(one) + 1, len(other) + 1))
    table[:, 0], table[0, :] = range(len(one) + 1), range(len(other) + 1)
    for i, j in itertools.product(range(1, len(one) + 1), range(1, len(other) + 1)):
        table[i, j] = min(
            table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (one[i - 1] != other[j - 1])
        )
    return table[-1, -1]


def segment_figures(case, lanes):
    sides = [(known, segments_of(known, found), segments_of(known, truth)) for known, truth, found, _ in lanes]
    tables = [[[iou(f, t) for t in truth] for f in found] for _, found, truth in sides]
    result = {"segment_f1": {}, "segment_counts": {}}
    total_found = sum(len(found) for _, found, _ in sides)
    total_truth = sum(len(truth) for _, _, truth in sides)
    for threshold in (0.1, 0.25, 0.5, 0.75):
        tp = sum(len(true_positives(f, t, threshold, table)) for (_, f, t), table in zip(sides, tables))
        precision = tp / total_found if total_found else 0.0
        recall = tp / total_truth if total_truth else 0.0
        f1 = 2 * precision * recall / (precision + recall) if tp else 0.0
        result["segment_f1"][str(threshold)] = f1 if total_found + total_truth else None
        result["segment_counts"][str(threshold)] = {"right": tp, "found": total_found, "truth": total_truth}
    order = lambda segments: [segment[2] for segment in segments]
    scores = [
        (1 - levenshtein(order(f), order(t)) / max(len(f), len(t))) * 100 for _, f, t in sides if len(f) + len(t)
    ]
    result["edit_score"] = float(np.mean(scores)) if scores else None
    starts, stops, matched = [], [], 0
    for (known, found, truth), table in zip(sides, tables):
        padded = np.r_[False, known, False]  # the frame before is at the same position, the one after a stop at +1
        for row, column in true_positives(found, truth, case["boundary_overlap"], table):
            f, t = found[row], truth[column]
            matched += 1
            if f[0] != t[0] or padded[f[0]]:
                starts.append(abs(f[0] - t[0]) / case["fps"] * 1000)
            if f[1] != t[1] or padded[f[1] + 1]:
                stops.append(abs(f[1] - t[1]) / case["fps"] * 1000)
    middle = lambda values: float(np.median(values)) if values else None
    average = lambda values: float(np.mean(values)) if values else None
    result["boundary_ms"] = middle(starts + stops)
    result["boundary"] = {
        "matched": matched,
        "start_median_ms": middle(starts),
        "start_mean_ms": average(starts),
        "stop_median_ms": middle(stops),
        "stop_mean_ms": average(stops),
        "mean_ms": average(starts + stops),
    }
    return result


def reference_of(case):
    labels, lanes = lanes_of(case)
    return {**frame_figures(labels, lanes), **segment_figures(case, lanes)}


def check_interval(case, figures):
    """Kappa's interval by other random draws: the two differ by chance only."""
    labels, lanes = lanes_of(case)
    if not labels or figures["kappa_ci"] is None:
        return None
    block = max(1, round(5.0 * case["fps"]))
    blocks = []
    for known, truth, found, _ in lanes:
        name = lambda frames: np.array(["|".join(np.array(labels)[column]) for column in frames[:, known].T], dtype=object)
        y, z = name(truth), name(found)
        blocks += [(y[at : at + block], z[at : at + block]) for at in range(0, len(y), block)]
    if len(blocks) < 40:
        return None
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(400):
        chosen = rng.integers(len(blocks), size=len(blocks))
        value = kappa(np.concatenate([blocks[at][0] for at in chosen]), np.concatenate([blocks[at][1] for at in chosen]))
        if value is not None:
            drawn.append(value)
    return np.abs(np.percentile(drawn, [2.5, 97.5]) - figures["kappa_ci"]).max() / np.std(drawn)


# --------------------------------------------------------------------------------------------------------------- statistics


def statistics_of(case):
    one, other = np.array(case["one"]), np.array(case["other"])
    ranks = stats.mannwhitneyu(one, other, alternative="two-sided", method="auto")
    result = {
        "mann_whitney": {"u": float(ranks.statistic), "p": float(ranks.pvalue)},
        "cliffs_delta": float(np.mean(np.sign(one[:, None] - other[None, :]))),
        "permutation": {},
    }
    if case["figures"]["permutation"]["is_exact"]:
        pooled, size = np.r_[one, other], len(one)
        distance = lambda chosen: abs(pooled[chosen].mean() - np.delete(pooled, chosen).mean())
        observed = distance(list(range(size)))
        deals = [distance(list(chosen)) for chosen in itertools.combinations(range(len(pooled)), size)]
        result["permutation"] = {"p": float(np.mean(np.array(deals) >= observed - 1e-9)), "deals": len(deals)}
        if len(one) == len(other) > 1:
            # scipy doubles the smaller tail, which is the same where the groups are of one size.
            by_scipy = stats.permutation_test(
                (one, other), lambda a, b, axis: a.mean(axis) - b.mean(axis), n_resamples=np.inf, vectorized=True
            ).pvalue
            assert abs(by_scipy - result["permutation"]["p"]) < SAME, (by_scipy, result)
    else:
        # Other draws of the same p: it may be off by chance.
        pooled, rng = np.r_[one, other], np.random.default_rng(1)
        distance = lambda values: abs(values[..., : len(one)].mean(-1) - values[..., len(one) :].mean(-1))
        drawn = distance(rng.permuted(np.tile(pooled, (20000, 1)), axis=1)) >= distance(pooled) - 1e-9
        ours = case["figures"]["permutation"]["p"]
        error = math.sqrt(max(drawn.mean() * (1 - drawn.mean()), 1e-4) / 20000)
        assert abs(drawn.mean() - ours) < 7 * error, (drawn.mean(), ours)
    if len(one) > 1 and len(other) > 1:
        free = len(one) + len(other) - 2
        pooled = math.sqrt(((len(one) - 1) * one.var(ddof=1) + (len(other) - 1) * other.var(ddof=1)) / free)
        if pooled > 0:
            result["hedges_g"] = (one.mean() - other.mean()) / pooled * (1 - 3 / (4 * free - 1))
    values = case["p_values"]
    order = np.argsort(values, kind="stable")
    corrected = np.empty(len(values))
    corrected[order] = np.maximum.accumulate([min(1.0, (len(values) - k) * values[at]) for k, at in enumerate(order)])
    result["holm"] = corrected.tolist()
    return result


# -------------------------------------------------------------------------------------------------------------- comparison


def compare(ours, reference, path, worst, failures):
    if isinstance(reference, dict):
        for key, value in reference.items():
            compare(ours.get(key), value, f"{path}.{key}" if path else key, worst, failures)
    elif isinstance(reference, list):
        if ours is None or len(ours) != len(reference):
            failures.append((path, ours, reference))
            return
        for one, other in zip(ours, reference):
            compare(one, other, path, worst, failures)
    elif isinstance(reference, (int, float)) and isinstance(ours, (int, float)):
        difference = abs(ours - reference)
        key = ".".join("*" if part.startswith("label ") else part for part in path.split("."))
        count, most = worst.get(key, (0, 0.0))
        worst[key] = (count + 1, max(most, difference))
        if not difference <= SAME:
            failures.append((path, ours, reference))
    elif ours != reference:
        failures.append((path, ours, reference))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases")
    parser.add_argument("--keep", nargs=2, metavar=("COUNT", "FILE"))
    arguments = parser.parse_args()
    with open(arguments.cases) as file:
        given = json.load(file)
    worst, failures, intervals = {}, [], []
    judged = []
    for at, entry in enumerate(given["evaluations"]):
        reference = reference_of(entry["case"])
        judged.append({"case": entry["case"], "reference": reference})
        before = len(failures)
        compare(entry["figures"], reference, "", worst, failures)
        if len(failures) > before:
            print(f"evaluation {at}: {failures[before]}")
        if len(intervals) < 10:
            off = check_interval(entry["case"], entry["figures"])
            intervals += [] if off is None else [off]
    for at, entry in enumerate(given["statistics"]):
        before = len(failures)
        compare(entry["figures"], statistics_of(entry), "statistics", worst, failures)
        if len(failures) > before:
            print(f"statistics {at}: {failures[before]}")
    for key, (count, most) in sorted(worst.items()):
        print(f"{key:36} {count:7} values, largest difference {most:.1e}")
    print(f"kappa_ci: {len(intervals)} intervals, ends within {max(intervals, default=0):.2f} standard errors")
    if any(off > 0.6 for off in intervals):
        failures.append(("kappa_ci", intervals, "other draws"))
    if arguments.keep:
        small = [it for it in judged if it["reference"]["segment_f1"]["0.5"] is not None]
        with open(arguments.keep[1], "w") as file:
            rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in small[: int(arguments.keep[0])])
            file.write(f"[\n{rows}\n]\n")
    print(f"{len(given['evaluations'])} evaluations, {len(given['statistics'])} statistics, {len(failures)} figures off")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
