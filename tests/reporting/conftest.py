"""A sitting made by hand: known tables, one small video whose pictures say which they are."""

from datetime import datetime, timedelta
from fractions import Fraction
from html.parser import HTMLParser
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import av
import numpy as np
import pytest

from review import tables
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Decision, EvidenceKept, Outcome, SignOff, Statement
from review.rules import load_rulebook
from review.session import Candidate, Session, Subject
from review.timeline.clocks import declared_clocks
from review.workspace import Workspace

START = datetime(2022, 12, 10, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
#: The front video begins at this device time, has this rate and length.
VIDEO_START_S, FPS, VIDEO_S = 0.0, 5, 20
WIDTH, HEIGHT = 160, 120
VIDEO = "recordings/A001/theory/front/one.mp4"
#: The computer's clock is this much behind the server's.
OFFSET_S = 2.0


def make_session(folder, *, name="张三", id_number="110101199003071233"):
    subject = Subject(id="theory", name="理论知识", start=START, end=START + timedelta(minutes=2))
    candidate = Candidate(
        id="A001",
        name=name,
        id_number=id_number,
        occupation="电子商务师",
        level="四级",
        subjects=("theory",),
    )
    return Session(
        id="s1",
        kind="exam",
        platform="itmc",
        rulebook="itmc-2022",
        timezone="Asia/Shanghai",
        required_streams=("front", "screen", "gps_phone1"),
        subjects=(subject,),
        candidates=(candidate,),
        folder=folder,
    )


def shade(index):
    """Brightness of the video's picture number ``index``: 16 steps that compression keeps apart."""
    return 20 + 14 * (index % 16)


def write_video(path, *, seconds=VIDEO_S):
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"crf": "12", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, 1000)
        for n in range(seconds * FPS):
            pixels = np.full((HEIGHT, WIDTH, 3), shade(n), np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = n * 1000 // FPS, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def flag_row(flag_id, label, streams, start_s, end_s, **more):
    return {
        "flag_id": flag_id,
        "label": label,
        "streams": streams,
        "start_s": start_s,
        "end_s": end_s,
        "score": 0.5,
        "detector": "by_hand",
        "reason": f"the reason of {flag_id}",
        "supports": [],
        "contradicts": [],
        "evidence_s": (start_s + end_s) / 2,
        "device_start_s": start_s,
        "device_end_s": end_s,
        "reason_key": "not_in_the_table",
        "facts": "{}",
        **more,
    }


FLAGS = [
    flag_row("f-person", "extra_person", ["front"], 10.0, 14.0, score=0.9, supports=["left_front"],
             contradicts=["right_rear"], evidence_s=12.0),
    flag_row("f-gap", "recording_gap", ["screen"], 30.0, 75.5),
    flag_row("f-place", "location_outside", ["gps_phone1"], 50.0, 60.0),
]  # fmt: skip


def clocks_of(sitting):
    clocks = declared_clocks(sitting)
    on_computer = clocks["device"] == "computer"
    clocks.loc[on_computer, ["offset_s", "uncertainty_s"]] = [OFFSET_S, 0.04]
    clocks.loc[on_computer, ["state", "method"]] = ["synchronised", "sound"]
    return clocks


def frames_of(sitting, flags=FLAGS, *, state="done", reason=None):
    key = sitting.key

    def build(name, rows):
        return tables.build(name, rows, key=key)

    video = {
        "stream": "front",
        "device": "computer",
        "file": VIDEO,
        "device_start_s": VIDEO_START_S,
        "duration_s": float(VIDEO_S),
        "start_source": "file_name",
        "video_codec": "h264",
        "width_px": WIDTH,
        "height_px": HEIGHT,
        "audio_codec": None,
        "sha256": "ab" * 32,
        "origin_pts_s": 0.0,
        "rotation_deg": 0,
        "mean_fps": float(FPS),
        "size_bytes": 12345,
        "container": "mp4",
    }
    box = {
        "stream": "front",
        "device_s": 10.0,
        "track": 1,
        "score": 0.8,
        "label": "",
        "embedding": None,
    }
    boxes = [
        {**box, "kind": "face", "x_px": 10.0, "y_px": 20.0, "w_px": 30.0, "h_px": 40.0},
        {**box, "kind": "face", "x_px": 90.0, "y_px": 30.0, "w_px": 30.0, "h_px": 40.0},
        {**box, "kind": "object", "x_px": 0.0, "y_px": 0.0, "w_px": 9.0, "h_px": 9.0},
        {**box, "kind": "face", "device_s": 15.0, "x_px": 1.0, "y_px": 1.0, "w_px": 5.0,
         "h_px": 5.0},
    ]  # fmt: skip
    fixes = [
        {
            "stream": "gps_phone1",
            "device_s": float(t),
            "time_s": float(t),
            "lat_deg": 39.9 + (0.01 if 50 <= t < 60 else 0.0) + 1e-5 * (t % 3),
            "lon_deg": 116.4,
            "accuracy_m": 10.0,
            "mock": False,
            "crs": "wgs84",
        }
        for t in range(0, 120, 5)
    ]
    event = {"device_time": "", "detail": "{}"}
    events = [
        {**event, "stream": "events_phone1", "device_s": 5.0, "time_s": 5.0,
         "type": "identity_check"},
        {**event, "stream": "events_client", "device_s": 3.0, "time_s": 5.0, "type": "login"},
    ]  # fmt: skip
    coverage = [
        ("front", 2.0, 22.0, "recorded"),
        ("front", 22.0, 120.0, "missing"),
        ("screen", 0.0, 30.0, "recorded"),
        ("screen", 30.0, 75.5, "missing"),
        ("screen", 75.5, 120.0, "recorded"),
        ("screen", 80.0, 90.0, "frozen"),
        ("gps_phone1", 0.0, 120.0, "recorded"),
    ]
    return {
        "segments": build("segments", [video]),
        "clocks": clocks_of(sitting),
        "coverage": build(
            "coverage",
            [
                {"stream": s, "start_s": a, "end_s": b, "state": state}
                for s, a, b, state in coverage
            ],
        ),
        "events": build("events", events),
        "positions": build("positions", fixes),
        "detections": build("detections", boxes),
        "flags": build("flags", flags),
        "scores": build("scores", [{"risk": 41.6, "unseen": 0.25, "reasons": ["extra_person 30"]}]),
        "problems": build(
            "problems",
            [
                {
                    "stream": "front",
                    "severity": "warning",
                    "code": "odd",
                    "message": "front is <odd> & short",
                }
            ],
        ),
        "sittings": build(
            "sittings",
            [
                {
                    "state": state,
                    "reason": reason,
                    "key": "k",
                    "window_start_s": 0.0,
                    "window_end_s": 120.0,
                    "elapsed_s": 1.0,
                    "analysed_at": "2022-12-11T00:00:00+00:00",
                    "version": "0.1.0+test",
                }
            ],
        ),
    }


@pytest.fixture(autouse=True)
def own_keys(tmp_path, monkeypatch):
    """Whoever exports signs for it: with a key of this test alone."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "keys"))
    monkeypatch.setenv("REVIEW_USER", "ann")
    monkeypatch.delenv("REVIEW_ROLE", raising=False)


@pytest.fixture
def make_case(tmp_path):
    """Make an analysed sitting: session, sitting, workspace."""

    def make(flags=FLAGS, *, video=True, state="done", reason=None, **person):
        session = make_session(tmp_path / "session", **person)
        sitting = session.sitting("A001", "theory")
        workspace = Workspace(tmp_path / "workspace")
        workspace.write_sitting(sitting, frames_of(sitting, flags, state=state, reason=reason))
        if video:
            write_video(session.folder / VIDEO)
        return SimpleNamespace(session=session, sitting=sitting, workspace=workspace)

    return make


@pytest.fixture
def case(make_case):
    return make_case()


@pytest.fixture
def make_flag():
    """Make a row of the table ``flags``."""
    return flag_row


@pytest.fixture
def by(tmp_path):
    def make(name, role="reviewer"):
        keys = {"REVIEW_USER": name, "XDG_CONFIG_HOME": str(tmp_path / "keys")}
        return current_author(role=role, environ=keys)

    return make


@pytest.fixture
def concluded(case, by, clause):
    """A case in which two people have concluded that somebody else was there."""
    ledger = open_ledger(case.workspace.ledger)
    key = case.sitting.key
    said = Decision(flag_id="f-person", label="extra_person", stream="front",
                    device_start_s=10.0, device_end_s=14.0, verdict="confirmed",
                    note="n" * 10_000)  # fmt: skip
    ledger.record(said, sitting_key=key, author=by("ann"))
    kept = EvidenceKept(stream="front", device_start_s=10.0, device_end_s=14.0)
    ledger.record(kept, sitting_key=key, author=by("ann"))
    outcome = Outcome(outcome=clause.outcome, rulebook="itmc-2022", note="seen together",
                      clauses=(clause.id,))  # fmt: skip
    for name, role in (("ann", "reviewer"), ("bob", "reviewer"), ("eva", "supervisor")):
        ledger.record(outcome, sitting_key=key, author=by(name, role))
    ledger.record(Statement(form="waived"), sitting_key=key, author=by("ann"))
    ledger.record(SignOff(), sitting_key=key, author=by("eva", "supervisor"))
    yield case
    ledger.close()


@pytest.fixture
def clause():
    """A clause of cheating that follows from somebody else being there."""
    book = load_rulebook("itmc-2022")
    found = [c for c in book.clauses_for("extra_person") if c.penalty and not c.organiser_decides]
    return found[0]


@pytest.fixture
def tree():
    """Parse a page."""
    return Tree


VOID = {"meta", "img", "br", "hr", "link", "input", "col", "source", "wbr"}


class Tree(HTMLParser):
    """A page as nested elements; notes every tag that is not closed where it should be."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.root = SimpleNamespace(tag="", attrs={}, children=[], parent=None)
        self.at, self.faults = self.root, []
        self.feed(text)
        self.close()
        if self.at is not self.root:
            self.faults.append(f"{self.at.tag} is never closed")

    def handle_starttag(self, tag, attrs):
        node = SimpleNamespace(tag=tag, attrs=dict(attrs), children=[], parent=self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.at = self.at.parent

    def handle_endtag(self, tag):
        if tag != self.at.tag:
            self.faults.append(f"</{tag}> closes <{self.at.tag}>")
        if self.at.parent is not None:
            self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)

    def all(self, tag=None, node=None, **attrs):
        node = node or self.root
        for child in node.children:
            if isinstance(child, str):
                continue
            if (tag is None or child.tag == tag) and all(
                child.attrs.get(k.rstrip("_")) == v for k, v in attrs.items()
            ):
                yield child
            yield from self.all(tag, child, **attrs)

    def one(self, tag, **attrs):
        (found,) = self.all(tag, **attrs)
        return found

    def text(self, node=None):
        node = node or self.root
        return "".join(c if isinstance(c, str) else self.text(c) for c in node.children)

    def rows(self, ident):
        """The body rows of a table as lists of their cells' texts."""
        table = self.one("table", id=ident)
        body = next(self.all("tbody", table))
        return [
            [self.text(c).strip() for c in tr.children if not isinstance(c, str)]
            for tr in self.all("tr", body)
        ]
