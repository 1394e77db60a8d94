import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.errors import RenderError
from review.reporting.voice import Voice, clean, clock, masked, percent


def test_one_language_is_plain_text_and_two_name_themselves():
    assert str(Voice.of("zh").html("report.title")) == "审阅报告"
    assert str(Voice.of("both").html("report.title")) == (
        '<span lang="zh-Hans">审阅报告</span> <span lang="en">Review report</span>'
    )
    assert Voice.of("both").plain("report.title") == "审阅报告 / Review report"


def test_facts_are_escaped():
    made = str(Voice.of("en").html("report.picture_vanished", file="<b>.mp4"))
    assert "&lt;b&gt;.mp4" in made


def test_a_name_that_the_table_lacks_is_given_as_it_is():
    assert Voice.of("zh").name("label", "absent") == "不在画面中"
    assert Voice.of("zh").name("label", "outside_label") == "outside_label"


def test_another_language_is_refused():
    with pytest.raises(RenderError, match="en, zh or both"):
        Voice.of("fr")


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0.0, "0.0 s", "0.0秒"),
        (59.94, "59.9 s", "59.9秒"),
        (59.96, "1 min 00 s", "1分00秒"),
        (3599.6, "1 h 00 min", "1小时00分"),
        (5400.0, "1 h 30 min", "1小时30分"),
    ],
)
def test_lengths(seconds, en, zh):
    assert Voice.of("en").length(seconds) == en
    assert Voice.of("zh").length(seconds) == zh


@given(st.integers(-100_000, 100_000))
def test_session_time_reads_back(seconds):
    text = clock(float(seconds))
    sign = -1 if text[0] == "\u2212" else 1
    h, m, s = (int(part) for part in text.lstrip("\u2212").split(":"))
    assert sign * (3600 * h + 60 * m + s) == seconds


@given(st.floats(0, 1))
def test_only_nothing_is_0_percent_and_only_all_is_100_percent(share):
    assert (percent(share) == "0 %") == (share == 0)
    assert (percent(share) == "100 %") == (share == 1)


@given(st.text(max_size=30))
def test_masking_keeps_the_length_and_hides_the_middle(text):
    hidden = masked(text)
    assert len(hidden) == len(text)
    if len(text) >= 8:
        assert set(hidden[3:-2]) == {"*"}
    elif len(text) > 1:
        assert set(hidden[:-1]) == {"*"}


@given(st.text())
def test_cleaned_text_can_stand_in_a_page(text):
    made = clean(text)
    made.encode("utf-8")
    assert not any(ord(c) < 32 and c not in "\n\t" for c in made)
