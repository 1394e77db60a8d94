"""Agreement, against worked examples from the literature."""

import numpy as np
import pandas as pd
import pytest

from review.ledger.decisions import READING_COLUMNS
from review.scoring.agreement import (
    agreement,
    cohens_kappa,
    disagreements,
    krippendorffs_alpha,
    read_twice,
)


def from_table(table):
    """The two readers' words of a table of counts."""
    first, second = [], []
    for i, row in enumerate(table):
        for j, count in enumerate(row):
            first += [i] * count
            second += [j] * count
    return first, second


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        # Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, table 18.1.
        ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.676),
        # Viera and Garrett, Family Medicine 37 (5) (2005) 360-363: usefulness of noon lectures;
        # they print 0.57.
        ([[15, 5], [10, 70]], 0.571),
        # Two readers of fifty grant proposals, and two tables of equal agreement and other margins,
        # as Wikipedia's article on Cohen's kappa works them out (0.4, 0.1304 and 0.2593).
        ([[20, 5], [10, 15]], 0.400),
        ([[45, 15], [25, 15]], 0.130),
        ([[25, 35], [5, 35]], 0.259),
    ],
)
def test_kappa_of_published_examples(table, kappa):
    assert cohens_kappa(*from_table(table)) == pytest.approx(kappa, abs=5e-4)


def counts_of(readers):
    """Things x words from one text per reader, ``*`` where a word is missing."""
    units = zip(*(text.split() for text in readers), strict=True)
    words = sorted({word for text in readers for word in text.split()} - {"*"})
    return [[unit.count(word) for word in words] for unit in units]


@pytest.mark.parametrize(
    ("readers", "alpha"),
    [
        # Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), University of
        # Pennsylvania, https://repository.upenn.edu/asc_papers/43, A: two readers.
        (["0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"], 0.095),
        # The same, B: two readers, five words.
        (["a a b b d c c c e d d a", "b a b b b c c c e d d d"], 0.692),
        # The same, C: four readers, words missing.
        (
            [
                "1 2 3 3 2 1 4 1 2 * * *",
                "1 2 3 3 2 2 4 1 2 5 * 3",
                "* 3 3 3 2 3 4 2 2 5 1 *",
                "1 2 3 3 2 4 4 1 2 5 1 *",
            ],
            0.743,
        ),
        # Three readers, most words missing: "A computational example" of Wikipedia's article on
        # Krippendorff's alpha.
        (
            [
                "* * * * * 3 4 1 2 1 1 3 3 * 3",
                "1 * 2 1 3 3 4 3 * * * * * * *",
                "* * 2 1 3 4 4 * 2 1 1 3 3 * 4",
            ],
            0.691,
        ),
    ],
)
def test_alpha_of_published_examples(readers, alpha):
    assert krippendorffs_alpha(counts_of(readers)) == pytest.approx(alpha, abs=5e-4)


def test_agreement_by_chance_alone_is_no_agreement():
    assert np.isnan(cohens_kappa(["a", "a"], ["a", "a"]))
    assert np.isnan(krippendorffs_alpha([[2, 0], [2, 0]]))
    assert np.isnan(krippendorffs_alpha([[1, 0], [0, 1]]))
    random = np.random.default_rng(0)
    assert abs(cohens_kappa(random.integers(0, 2, 20_000), random.integers(0, 2, 20_000))) < 0.03


def reading(seq, candidate, flag, author, verdict, *, blind=True, role="reviewer", **more):
    row = dict.fromkeys(READING_COLUMNS)
    row |= {
        "session_id": "s", "candidate_id": candidate, "subject_id": "t", "flag_id": flag,
        "label": "absent", "kind": "decision", "verdict": verdict, "author": author,
        "source": "local", "role": role, "seq": seq, "blind": blind,
    }  # fmt: skip
    return {**row, **more}


def readings(*rows):
    made = [reading(n, *row[:4], **(row[4] if len(row) > 4 else {})) for n, row in enumerate(rows)]
    return pd.DataFrame(made, columns=list(READING_COLUMNS))


def simulated(random, sittings, *, agree=0.9, label="absent"):
    rows = []
    for n in range(sittings):
        for m in range(5):
            truth = random.choice(["confirmed", "dismissed"])
            other = {"confirmed": "dismissed", "dismissed": "confirmed"}[truth]
            second = truth if random.uniform() < agree else other
            who = ("ann", "bob") if n % 2 else ("ann", "cid")
            rows += [(f"c{n}", f"f{n}-{m}", who[0], truth, {"label": label}),
                     (f"c{n}", f"f{n}-{m}", who[1], second, {"label": label})]  # fmt: skip
    return readings(*rows)


def test_agreement_overall_by_label_and_by_reviewer():
    random = np.random.default_rng(5)
    good = simulated(random, 40, agree=0.95)
    bad = simulated(random, 40, agree=0.6, label="speech").assign(session_id="s2")
    found = agreement(pd.concat([good, bad], ignore_index=True)).set_index(["by", "name"])
    assert found.loc[("all", ""), "flags"] == 400
    labels = found.loc["label"]
    assert labels.loc["absent", "kappa"] == pytest.approx(0.9, abs=0.1)
    assert labels.loc["speech", "kappa"] == pytest.approx(0.2, abs=0.2)
    assert labels.loc["absent", "kappa_low"] > labels.loc["speech", "kappa_high"]
    for row in found.to_dict("records"):
        assert row["alpha_low"] < row["alpha"] < row["alpha_high"]
        assert row["kappa_low"] < row["kappa"] < row["kappa_high"]
    assert set(found.loc["reviewer"].index) == {"local:ann", "local:bob", "local:cid"}
    assert found.loc[("reviewer", "local:bob"), "flags"] == 200


def test_the_bootstrap_interval_covers_what_is_so():
    random = np.random.default_rng(6)
    held = 0
    for _ in range(40):
        row = agreement(simulated(random, 50, agree=0.8)).iloc[0]
        held += row["kappa_low"] <= 0.6 <= row["kappa_high"]
    # 34 of 40 or fewer has a chance of about one in a hundred at 95 %.
    assert held >= 34


def test_the_same_seed_gives_the_same_interval():
    read = simulated(np.random.default_rng(5), 20)
    pd.testing.assert_frame_equal(agreement(read), agreement(read))


def test_from_few_sittings_there_is_no_interval():
    row = agreement(simulated(np.random.default_rng(5), 3)).iloc[0]
    assert not np.isnan(row["alpha"])
    assert np.isnan(row["alpha_low"])


def test_who_saw_what_others_said_is_no_second_reading():
    seen = readings(
        ("c", "f", "ann", "confirmed"), ("c", "f", "bob", "confirmed", {"blind": False})
    )
    assert read_twice(seen).empty
    assert len(read_twice(seen, blind_only=False)) == 2


def test_bulk_and_own_flags_are_no_readings():
    read = readings(
        ("c", "f", "ann", "dismissed", {"kind": "bulk"}),
        ("c", "f", "bob", "dismissed"),
        ("c", "g", "ann", "confirmed", {"kind": "own_flag"}),
        ("c", "g", "bob", "dismissed"),
    )
    assert read_twice(read, blind_only=False).empty


def test_without_readings_there_is_one_empty_row():
    row = agreement(readings()).iloc[0]
    assert (row["flags"], row["sittings"]) == (0, 0)
    assert np.isnan(row["agree"])


def test_disagreements_wait_for_a_supervisor():
    read = readings(
        ("c", "f", "ann", "confirmed"), ("c", "f", "bob", "dismissed"),
        ("c", "g", "ann", "confirmed"), ("c", "g", "bob", "dismissed"),
        ("c", "g", "sue", "dismissed", {"role": "supervisor"}),
        ("c", "h", "ann", "confirmed"), ("c", "h", "bob", "confirmed"),
    )  # fmt: skip
    (row,) = disagreements(read).to_dict("records")
    assert row["flag_id"] == "f"
    assert row["verdicts"] == ["local:ann: confirmed", "local:bob: dismissed"]
