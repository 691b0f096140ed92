#!/usr/bin/env python3
"""Reference values of tests.rs, written apart from the Rust code: python3 reference.py (NumPy)."""
import itertools
import numpy as np

nan = float("nan")


def t_squared(head, base):
    """Pooled t of two samples, squared, with its sign; nan where a round has no value."""
    h, b = head[~np.isnan(head)], base[~np.isnan(base)]
    if len(h) < 2 or len(b) < 2:
        return 0.0
    pooled = (h.var(ddof=1) * (len(h) - 1) + b.var(ddof=1) * (len(b) - 1)) / (len(h) + len(b) - 2)
    d = h.mean() - b.mean()
    return np.sign(d) * d ** 2 / (pooled * (1 / len(h) + 1 / len(b)))


def paired_t_squared(d):
    d = d[~np.isnan(d)]
    return np.sign(d.mean()) * d.mean() ** 2 / (d.var(ddof=1) / len(d))


def step_down(t, share):
    """Raw and adjusted p of each row; column 0 is what was observed."""
    reaches = lambda statistic, observed: (statistic >= observed - 1e-9 * abs(observed)).mean()
    order = np.argsort(-t[:, 0])
    raw, adjusted, largest = np.empty(len(t)), np.empty(len(t)), 0.0
    for rank, row in enumerate(order):
        raw[row] = reaches(t[row], t[row, 0])
        largest = max(largest, reaches(t[order[rank:]].max(0), t[row, 0]))
        adjusted[row] = largest
    return np.minimum(raw / share, 1), np.minimum(adjusted / share, 1)


def both(t):
    """More is worse: each metric in the direction in which it went."""
    worse, better = step_down(t, 0.8), step_down(-t, 0.2)
    return [np.where(t[:, 0] > 0, w, b) for w, b in zip(worse, better)]


def independent(base, head):
    x = np.log(np.hstack([base, head]))
    n, columns = base.shape[1], range(x.shape[1])
    splits = [tuple(range(n))] + [c for c in itertools.combinations(columns, n) if c != tuple(range(n))]
    t = np.array([[t_squared(np.delete(row, c), row[list(c)]) for c in splits] for row in x])
    return both(t)


def paired(base, head):
    d = np.log(head) - np.log(base)
    signs = sorted(itertools.product([1, -1], repeat=d.shape[1]), reverse=True)
    return both(np.array([[paired_t_squared(row * np.array(s)) for s in signs] for row in d]))


def values(seed, metrics, rounds):
    """A generator that any language has: Lehmer's, as in tests.rs."""
    out, state = np.empty((metrics, rounds)), seed
    for i, j in np.ndindex(metrics, rounds):
        state = state * 48271 % 2147483647
        out[i, j] = 100.0 + state % 1000 / 50.0
    return out


if __name__ == "__main__":
    base, head = values(1, 5, 6), values(2, 5, 6)
    head[0] *= 1.3
    head[1] *= 1.1
    for name, test in (("independent", independent), ("paired", paired)):
        print(name, [list(map(float, p)) for p in test(base, head)])
    head[2, 1] = head[2, 4] = base[0, 3] = nan
    print("missing", [list(map(float, p)) for p in independent(base, head)])
    print("missing, paired", [list(map(float, p)) for p in paired(base, head)])
    print("unequal", [list(map(float, p)) for p in independent(values(1, 5, 6)[:, :5], values(3, 5, 7))])
