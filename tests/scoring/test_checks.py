"""Who reads what again, and how well it went."""

import pandas as pd
import pytest

from review.errors import ReviewError
from review.scoring.checks import known_cases, known_results, plan_checks

PEOPLE = ["local:ann", "local:bob", "local:cid"]
READ = {("s", f"c{n:03d}", "t"): [PEOPLE[n % 3]] for n in range(300)}
KNOWN = {("s", f"c{n:03d}", "t") for n in range(0, 300, 10)}


def test_rates_are_kept_and_nobody_reads_what_they_have_read():
    plan = plan_checks(READ, PEOPLE, known=KNOWN, second_rate=0.2, known_rate=0.05, seed="a")
    assert plan["purpose"].value_counts().to_dict() == {"second": 60, "known": 15}
    for row in plan.to_dict("records"):
        key = (row["session_id"], row["candidate_id"], row["subject_id"])
        assert row["person"] not in READ[key]
        assert (row["purpose"] == "known") == (key in KNOWN)
    load = plan["person"].value_counts()
    assert load.max() - load.min() <= 2


def test_the_same_seed_gives_the_same_plan_and_what_was_given_is_not_given_again():
    first = plan_checks(READ, PEOPLE, second_rate=0.2, seed="a")
    pd.testing.assert_frame_equal(first, plan_checks(READ, PEOPLE, second_rate=0.2, seed="a"))
    names = ["session_id", "candidate_id", "subject_id"]
    given = [(tuple(row[n] for n in names), row["person"]) for row in first.to_dict("records")]
    again = plan_checks(READ, PEOPLE, second_rate=0.2, assigned=given, seed="a")
    both = {*given} & {(tuple(r[n] for n in names), r["person"]) for r in again.to_dict("records")}
    assert not both


@pytest.mark.parametrize(("people", "rate"), [([], 1.0), (PEOPLE[:1], 0.0), (PEOPLE, 0.0)])
def test_without_people_or_at_rate_0_nothing_is_planned(people, rate):
    assert plan_checks(READ, people, second_rate=rate, known_rate=0.0, seed="a").empty


def test_a_rate_that_is_no_share_is_refused():
    with pytest.raises(ReviewError, match="no share"):
        plan_checks(READ, PEOPLE, second_rate=1.5, seed="a")


def decision(candidate, flag, verdict, *, role="reviewer", readers=1, disputed=False):
    return {"session_id": "s", "candidate_id": candidate, "subject_id": "t", "flag_id": flag,
            "verdict": verdict, "role": role, "readers": readers, "disputed": disputed,
            "kind": "decision"}  # fmt: skip


def test_a_known_case_is_settled_and_holds_something_confirmed():
    decided = pd.DataFrame(
        [
            decision("a", "1", "confirmed", role="supervisor"),
            decision("a", "2", "dismissed", readers=2),
            decision("b", "1", "confirmed"),  # one reviewer alone
            decision("c", "1", "dismissed", role="supervisor"),  # nothing in it
            decision("d", "1", "confirmed", role="supervisor"),
            decision("d", "2", "unsure", readers=2, disputed=True),
        ]
    )
    assert known_cases(decided) == {("s", "a", "t")}
    assert known_cases(decided.iloc[:0]) == set()


def test_results_count_blind_readings_after_it_was_known():
    def said(seq, flag, author, verdict, blind):
        return {"session_id": "s", "candidate_id": "a", "subject_id": "t", "flag_id": flag,
                "kind": "decision", "verdict": verdict, "author": author, "source": "local",
                "seq": seq, "blind": blind}  # fmt: skip

    read = pd.DataFrame(
        [
            said(5, "1", "early", "confirmed", True),
            said(20, "1", "ann", "confirmed", True),
            said(21, "2", "ann", "dismissed", True),
            said(22, "1", "bob", "dismissed", True),
            said(23, "2", "bob", "unsure", True),
            said(24, "1", "cid", "confirmed", False),
        ]
    )
    names = ["session_id", "candidate_id", "subject_id", "flag_id", "verdict", "seq", "person"]
    truth = pd.DataFrame(
        [
            ("s", "a", "t", flag, verdict, 10, f"local:{person}")
            for flag, verdict in (("1", "confirmed"), ("2", "dismissed"))
            for person in ("early", "ann", "bob", "cid")
        ],
        columns=names,
    )
    found = known_results(read, truth).set_index("person")
    assert set(found.index) == {"local:ann", "local:bob"}
    assert (found.loc["local:ann", "sensitivity"], found.loc["local:ann", "specificity"]) == (1, 1)
    assert (found.loc["local:bob", "sensitivity"], found.loc["local:bob", "specificity"]) == (0, 0)
    assert known_results(read, truth.iloc[:0]).empty
