"""Simulated decisions whose probability is known."""

import numpy as np
import pandas as pd

LABELS = {"absent": 1.0, "speech": -1.0, "looking_away": -2.0, "extra_person": 0.3}


def decisions(random, sittings, *, each=8, labels=LABELS):
    """Decided flags of so many sittings, and the probability of each to be confirmed.

    The logarithm of the odds rises with score, length and support: the truth that is to be learned.
    """
    count = sittings * each
    label = random.choice(list(labels), count)
    score = random.beta(2, 2, count)
    length = random.exponential(20, count)
    supports = random.integers(0, 3, count)
    slope = np.where(label == "speech", 6.0, 3.0)
    offset = np.array([labels[one] for one in label])
    odds = offset + slope * (score - 0.5) + 0.3 * (np.log1p(length) - 2.5) + 0.6 * (supports - 1)
    probability = 1 / (1 + np.exp(-odds))
    confirmed = random.uniform(size=count) < probability
    start = random.uniform(0, 5000, count)
    flags = pd.DataFrame(
        {
            "session_id": "s",
            "candidate_id": [f"c{n // each:05d}" for n in range(count)],
            "subject_id": "t",
            "flag_id": [f"f{n}" for n in range(count)],
            "label": label,
            "detector": label,
            "score": score,
            "start_s": start,
            "end_s": start + length,
            "supports": [["front"] * int(n) for n in supports],
            "contradicts": [[] for _ in range(count)],
            "streams": [["front"] for _ in range(count)],
            "verdict": np.where(confirmed, "confirmed", "dismissed"),
            "confirmed": confirmed,
            "disputed": False,
            "decided_at": pd.Timestamp("2026-01-01", tz="UTC")
            + pd.to_timedelta(np.arange(count), unit="min"),
        }
    )
    return flags, probability
