"""Evidence without a flag, and clips of evidence: the handlers without a browser."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import av
import handmade
import pytest

from review.errors import LedgerError
from review.ledger import open_ledger
from review.timeline.clocks import to_session_s
from review.workbench.beside import beside, seldom
from review.workbench.candidate import open_candidate
from review.workbench.clips import clips_folder


@pytest.fixture
def desk(hand, own_ledger):
    return open_candidate(*handmade.KEY, workspace=hand.workspace)


@pytest.fixture
def ledger(own_ledger):
    return lambda: open_ledger(own_ledger).entries(*handmade.KEY).to_dict("records")


def keep(desk, **part):
    return desk.decisions.handle({"id": 1, "kind": "preserve", **part})


def test_a_stretch_is_kept_once_on_its_views_own_clock(desk, hand, ledger):
    for _ in range(2):
        assert keep(desk, stream="right_rear", start_s=10.0, end_s=12.5)["ok"]
    (entry,) = ledger()
    said = entry["payload"]
    assert (entry["kind"], said.get("flag_id")) == ("evidence", None)
    clocks = hand.workspace.read_sitting("clocks", hand.sitting)
    span = to_session_s(clocks, "right_rear", [said["device_start_s"], said["device_end_s"]])
    assert span.tolist() == pytest.approx([10.0, 12.5])
    assert said["file"].endswith("right_rear/1.mp4")
    assert keep(desk, stream="right_rear", start_s=10.0, end_s=13.0)["ok"]
    assert len(ledger()) == 2


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"stream": "right_rear", "start_s": 12.0, "end_s": 12.0}, "not before mark out"),
        ({"stream": "kitchen", "start_s": 1.0, "end_s": 2.0}, "no such stream"),
        ({"stream": "front", "start_s": "1", "end_s": 2.0}, "is no number"),
        ({"flag_id": "none of these"}, "no such flag"),
    ],
)
def test_what_cannot_be_kept_is_refused(desk, ledger, part, why):
    answer = keep(desk, **part)
    assert not answer["ok"]
    assert why in answer["error"]
    assert ledger() == []


def clip(desk, tell=None, **content):
    return desk.decisions.clip({"id": "c", "kind": "clip", "language": "en", **content}, tell)


def test_a_clip_of_a_stretch_is_made_and_recorded_as_an_export(desk, hand, ledger):
    told = []
    answer = clip(desk, told.append, start_s=2.0, end_s=4.0)
    assert answer["ok"], answer
    path = clips_folder(hand.workspace, handmade.KEY) / answer["file"]
    with av.open(str(path)) as made:
        assert float(made.duration / av.time_base) == pytest.approx(2.0, abs=0.1)
    (entry,) = ledger()
    assert (entry["kind"], entry["payload"]["file"]) == ("exported", path.name)
    assert told[0]["kind"] == "clipping"
    assert told[0]["of"] == "c"
    # The same again is the same file: nothing more leaves.
    assert clip(desk, start_s=2.0, end_s=4.0)["url"] == answer["url"]
    assert len(ledger()) == 1


def test_a_flag_is_shown_with_what_comes_before_and_after_and_a_long_one_in_part(desk):
    stretch = desk.decisions._clips._stretch
    assert stretch({"flag_id": "f1", "start_s": 8.0, "end_s": 14.0}) == (3.0, 19.0)
    desk.decisions._clips._evidence_s["long"] = 500.0
    assert stretch({"flag_id": "long", "start_s": 100.0, "end_s": 900.0}) == (465.0, 535.0)
    assert stretch({"flag_id": "long", "start_s": 490.0, "end_s": 900.0}) == (485.0, 555.0)
    assert stretch({"start_s": 1.0, "end_s": 2.0}) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"start_s": 4.0, "end_s": 2.0}, "no such stretch"),
        ({"start_s": 0.0, "end_s": 86400.0}, "no such stretch"),
        ({"start_s": None, "end_s": 2.0}, "start_s is no time"),
        ({"start_s": float("inf"), "end_s": 2.0}, "start_s is no time"),
    ],
)
def test_a_clip_that_cannot_be_is_refused_and_no_file_is_left(desk, hand, ledger, part, why):
    folder = clips_folder(hand.workspace, handmade.KEY)
    before = sorted(folder.glob("*"))
    answer = clip(desk, **part)
    assert not answer["ok"]
    assert why in answer["error"]
    assert sorted(folder.glob("*")) == before
    assert ledger() == []


def test_a_label_leads_to_no_other_folder(desk, hand):
    path = desk.decisions._clips._path({"label": "../../x"}, 1.0, 2.0, "en")
    assert path.parent == clips_folder(hand.workspace, handmade.KEY)


def test_what_cannot_be_recorded_does_not_leave(desk, hand, monkeypatch):
    from review.ledger import Ledger

    def refuse(*_arguments, **_options):
        raise LedgerError("the ledger is away")

    monkeypatch.setattr(Ledger, "record", refuse)
    answer = clip(desk, start_s=6.0, end_s=7.0)
    assert "the ledger is away" in answer["error"]
    assert not list(clips_folder(hand.workspace, handmade.KEY).glob("* 6.0-7.0 s*"))


@pytest.fixture
def elsewhere():
    """Run something in a thread without a loop: a browser's tests leave one running in ours."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield lambda call: pool.submit(call).result()


def work(tell):
    tell({"share": 0.5})
    return {"by": threading.get_ident()}


def test_work_beside_the_kernels_own_ends_with_its_answer(elsewhere):
    sent = []

    def start():
        beside(work, sent.append).join()
        return threading.get_ident()

    own = elsewhere(start)
    assert sent[0] == {"share": 0.5}
    assert sent[1]["by"] != own


def test_messages_leave_from_the_loop_that_runs(elsewhere):
    sent = []

    async def start():
        thread = beside(work, lambda content: sent.append((threading.get_ident(), content)))
        await asyncio.to_thread(thread.join)
        return threading.get_ident()

    own = elsewhere(lambda: asyncio.run(start()))
    assert [sender for sender, _ in sent] == [own, own]
    assert sent[1][1]["by"] != own


def test_progress_is_told_now_and_then_not_with_every_frame():
    told = []
    progress = seldom(told.append, kind="clipping")
    for n in range(1000):
        progress(n / 1000)
    assert told[0] == {"kind": "clipping", "share": 0.0}
    assert len(told) < 500
