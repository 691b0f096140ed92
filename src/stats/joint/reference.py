#!/usr/bin/env python3
"""Reference values of tests.rs, written apart from the Rust code: python3 reference.py (NumPy, SciPy)."""
import itertools
import numpy as np
from scipy import optimize, special

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


def scatter_of(variances, degrees):
    """Smyth (2004), section 6.2: half the degrees of freedom of the prior."""
    scatter = np.log(variances).var(ddof=1) - special.polygamma(1, degrees / 2)
    most = special.polygamma(1, 100)
    return optimize.brentq(lambda x: special.polygamma(1, x) - scatter, 0.05, 100) if scatter > most else 100


def prior_variance(variances, degrees, own):
    shift = lambda x: special.digamma(x) - np.log(x)
    return np.exp(np.log(variances).mean() - shift(degrees / 2) + shift(own))


def one_group(base, head):
    """As `independent`, with the variances of each split shrunk towards each other."""
    x = np.log(np.hstack([base, head]))
    n, columns = base.shape[1], range(x.shape[1])
    degrees = 2 * n - 2
    sides = lambda row, c: (np.delete(row, c), row[list(c)])
    squares = lambda row, c: sum(side.var() * len(side) for side in sides(row, c))
    splits = [tuple(range(n))] + [c for c in itertools.combinations(columns, n) if c != tuple(range(n))]
    own = scatter_of(x.var(1, ddof=1), degrees + 1)
    more = min(2 * own, 10)

    def statistics(c):
        within = np.array([squares(row, c) for row in x])
        variance = prior_variance(within / degrees, degrees, own)
        pooled = (within + more * variance) / (degrees + more)
        d = np.array([head.mean() - base.mean() for head, base in (sides(row, c) for row in x)])
        return np.sign(d) * d ** 2 / (pooled * 2 / n)

    return both(np.array([statistics(c) for c in splits]).T)


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
    print("one group", [list(map(float, p)) for p in one_group(base, head)])
    unlike = np.array([[1], [2], [3], [4], [5]])
    print("unlike spreads", [list(map(float, p)) for p in one_group(base**unlike, head**unlike)])
    head[2, 1] = head[2, 4] = base[0, 3] = nan
    print("missing", [list(map(float, p)) for p in independent(base, head)])
    print("missing, paired", [list(map(float, p)) for p in paired(base, head)])
    print("unequal", [list(map(float, p)) for p in independent(values(1, 5, 6)[:, :5], values(3, 5, 7))])
