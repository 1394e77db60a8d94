"""What is wrong in a rulebook is said with its clause, what was expected and what was found."""

from importlib.resources import files

import pytest

from review.errors import RulebookError
from review.rules import load_rulebook
from review.rules.reading import parse

SMALL = """
format = 1
id = "small"
platform = "generic"
name = { zh = "小", en = "small" }
source = { zh = "无", en = "none" }

[parameters.limit_s]
value = 60
assumed = true
summary = { zh = "多久", en = "how long" }

[[clauses]]
id = "a"
number = { zh = "一", en = "1" }
outcome = "violation"
summary = { zh = "不得离开", en = "no leaving" }
labels = { absent = 0.5 }
weight = 40
penalty = { kind = "cancel_subject" }
signers = [["reviewer"]]
limits = { away_s = "limit_s" }
"""


def test_a_sound_rulebook_is_read_as_it_stands():
    book = parse(SMALL)
    clause = book.clause("a")
    assert clause.limits == {"away_s": 60.0}
    assert clause.labels == {"absent": 0.5}
    assert clause.signers == (("reviewer",),)
    assert book.label_weight("absent") == 20.0
    assert book.parameter("limit_s") == 60


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", ["format", "expected 1", "found 2"]),
        ('platform = "generic"', 'platform = "zoom"', ["platform", "itmc", "'zoom'"]),
        ('outcome = "violation"', 'outcome = "crime"', ["clauses a", "outcome", "'crime'"]),
        ("absent = 0.5", "absent = 5", ["clauses a: labels: absent", "from 0 to 1", "found 5"]),
        ("absent = 0.5", "absnet = 0.5", ["clauses a", "no such flag label: absnet"]),
        ("weight = 40", 'weight = "high"', ["clauses a: weight", "number", "'high'"]),
        ("weight = 40", "weight = true", ["clauses a: weight", "number", "True"]),
        ('kind = "cancel_subject"', 'kind = "fine"', ["clauses a: penalty: kind", "'fine'"]),
        ('[["reviewer"]]', '[["janitor"]]', ["clauses a: signers", "reviewer, supervisor"]),
        ('[["reviewer"]]', "[]", ["clauses a: signers", "there is a penalty"]),
        ('"limit_s" }', '"limit" }', ["clauses a: limits: away_s", "'limit'"]),
        ("weight = 40", "wieght = 40", ["clauses a: unknown key wieght", "weight"]),
        ('en = "no leaving"', 'en = " "', ["clauses a: summary", "both of them texts"]),
        ('id = "a"\n', "", ["clauses number 1: id", "expected a text"]),
        ("assumed = true", "", ["parameters: limit_s: assumed"]),
        ('penalty = { kind = "cancel_subject" }', "", ["clauses a: penalty", "no note"]),
    ],
)
def test_a_mistake_is_named_with_its_place(old, new, said):
    assert old in SMALL
    with pytest.raises(RulebookError) as caught:
        parse(SMALL.replace(old, new), where="mine.toml")
    message = str(caught.value)
    assert message.startswith("mine.toml: ")
    assert "\n" not in message
    for part in said:
        assert part in message


def test_all_mistakes_are_named_at_once():
    text = SMALL.replace("weight = 40", "weight = 400").replace('"violation"', '"crime"')
    with pytest.raises(RulebookError, match=r"2 thing\(s\).*outcome.*weight"):
        parse(text)


def test_references_must_lead_somewhere():
    text = SMALL + 'sanctioned_by = ["b"]\n[[conflicts]]\nid = "x"\nclauses = ["c"]\n'
    text += 'parameter = "p"\nsummary = { zh = "一", en = "one" }\n'
    with pytest.raises(RulebookError) as caught:
        parse(text)
    for part in ("a: no such clause: b", "x: no such clause: c", "no such parameter: p"):
        assert part in str(caught.value)


def test_an_id_stands_once():
    with pytest.raises(RulebookError, match="twice"):
        parse(SMALL + SMALL[SMALL.index("[[clauses]]") :])


def test_unknown_clause_and_parameter_name_the_known_ones():
    book = parse(SMALL)
    with pytest.raises(RulebookError, match=r"no clause 'z'.*one of a"):
        book.clause("z")
    with pytest.raises(RulebookError, match=r"no parameter 'z'.*limit_s"):
        book.parameter("z")


def test_a_file_that_is_not_there_or_not_toml(tmp_path):
    with pytest.raises(RulebookError, match=r"no such rulebook.*itmc-2022"):
        load_rulebook(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("format = ", encoding="utf-8")
    with pytest.raises(RulebookError, match="not a TOML file"):
        load_rulebook(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(RulebookError, match="cannot be read"):
        load_rulebook(broken)


def test_an_edited_copy_of_a_shipped_rulebook_loads_from_its_path(tmp_path):
    text = files("review.rules").joinpath("rulebooks/itmc-2022.toml").read_text(encoding="utf-8")
    copy = tmp_path / "ours.toml"
    copy.write_text(text.replace("value = 600", "value = 300"), encoding="utf-8")
    assert load_rulebook(copy).clause("1-4").limits["away_s"] == 300


def test_a_relative_path_is_taken_from_the_session_s_folder(tmp_path):
    (tmp_path / "ours.toml").write_text(SMALL, encoding="utf-8")
    assert load_rulebook("ours.toml", folder=tmp_path).id == "small"
    assert load_rulebook("itmc-2022", folder=tmp_path).id == "itmc-2022"
    assert load_rulebook(tmp_path / "ours.toml", folder=tmp_path.parent).id == "small"


def test_a_threshold_may_name_a_parameter():
    text = SMALL + '[thresholds.away_total]\nlimit_s = "limit_s"\nmeasure = "total"\n'
    assert parse(text).thresholds == {"away_total": {"limit_s": 60, "measure": "total"}}
