from pathlib import Path

from review import words
from review.loaders.problems import CODES, Problem, meaning, table
from review.tables import SEVERITIES


def test_every_code_is_said_in_both_languages():
    for code, severity in CODES.items():
        assert severity in SEVERITIES
        texts = words.table()[f"problem.{code}"]
        assert all(texts[language] for language in words.LANGUAGES), code
        assert not texts["zh"].isascii(), code
        assert meaning(code) == texts["en"]
    assert meaning("of another part") == "of another part"


def test_the_page_for_users_lists_every_code():
    page = Path(__file__).parents[2] / "docs" / "session-folder.md"
    text = page.read_text(encoding="utf-8")
    for code, severity in CODES.items():
        assert f"| `{code}` | {severity} | {meaning(code)} |" in text


def test_the_gravest_come_first_and_messages_are_one_line():
    found = [
        Problem(code="encoding", message="a"),
        Problem(code="sitting_empty", message="b\n  c"),
        Problem(code="line_bad", message="d", stream="front", start_s=1.5),
        Problem(code="stream_missing", message="e"),
    ]
    frame = table(found, key=("s", "c", "t"))
    assert list(frame["severity"]) == ["error", "error", "warning", "info"]
    assert list(frame["message"]) == ["b c", "e", "d", "a"]
    assert frame.loc[2, "start_s"] == 1.5
