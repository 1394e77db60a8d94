"""The committed sample's clips, frame by frame: against where the simulator put every face."""

from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import dlib
import numpy as np
import pytest

from review import batch
from review.loaders import load_session, load_sitting
from review.loaders.streams import pictures
from review.reporting.clips import write_clip
from review.reporting.privacy import Privacy
from review.signals.faces import CenterFace
from review.signals.models import find_models
from review.simulate.generate import true_faces
from review.simulate.moment import CANDIDATE
from review.simulate.samples import ORDERS
from review.timeline.clocks import to_device_s, to_session_s
from review.workspace import Workspace

pytestmark = pytest.mark.slow

SAMPLE = "itmc-2022-12-10"
FOLDER = Path(__file__).parents[2] / "data" / "sample_sessions" / SAMPLE
#: The second candidate: somebody comes in (40 to 55 s), somebody takes the seat (from 70 s).
NUMBER, WHO = 1, "202212100002"
SPANS = {"theory": (38.0, 58.0), "skills": (67.0, 75.0)}
SUBJECTS = ("theory", "skills")
VIEWS = ("front", "left_front")
#: The sample's cameras have so many pictures a second; clips show a view this wide and high.
FPS, WIDTH, HEIGHT, ORIGINAL_WIDTH = 5, 640, 480, 384
#: What is left of the fine structure of a hidden face, at most; a face that is not hidden keeps
#: nearly all. Structure weaker than the floor (grey levels) is the encoder's.
LEFT, KEPT, FLOOR = 0.45, 0.8, 2.0


@dataclass
class Seen:
    """One view in one frame of the clip: both versions, and where whose face is."""

    time_s: float
    view: str
    plain: np.ndarray
    hidden: np.ndarray
    faces: dict[str, np.ndarray]


def frames(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def view(frame, column):
    top = 36 + (720 - 36 - 24 - HEIGHT) // 2
    return np.ascontiguousarray(frame[top : top + HEIGHT, column * WIDTH : (column + 1) * WIDTH])


@pytest.fixture(scope="module")
def workspace(once):
    def make(out):
        batch.analyze(FOLDER, workspace=out, candidates=[WHO], workers=1)

    return Workspace(once("sample-of-bystanders", make))


@pytest.fixture(scope="module", params=SUBJECTS)
def seen(request, workspace, tmp_path_factory):
    session, _ = load_session(FOLDER)
    sitting = session.sitting(WHO, request.param)
    start_s, end_s = SPANS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    clips = [
        frames(write_clip(sitting, workspace, folder / f"{name}.mp4", start_s=start_s, end_s=end_s,
                          streams=VIEWS, sound=None, fps=FPS, privacy=Privacy.of(name)).path)
        for name in ("full", "default")
    ]  # fmt: skip
    assert len(clips[0]) == len(clips[1]) == (end_s - start_s) * FPS
    record = load_sitting(sitting.folder, session=session, hash_files=False)
    clocks = workspace.read_sitting("clocks", sitting)
    made = []
    for column, name in enumerate(VIEWS):
        truth = true_faces(ORDERS[SAMPLE], candidate=NUMBER,
                           subject=SUBJECTS.index(request.param), view=name)  # fmt: skip
        first, last = to_device_s(clocks, name, [start_s - 1, end_s])
        device_s = np.array([p.device_s for p in pictures(
            record, name, start_s=float(first), end_s=float(last), width_px=32)])  # fmt: skip
        shown_s = to_session_s(clocks, name, device_s)
        for n, (plain, hidden) in enumerate(zip(*clips, strict=True)):
            now = start_s + n / FPS
            picture = device_s[np.flatnonzero(shown_s <= now + 1e-6)[-1]]
            faces = {who: box * WIDTH / ORIGINAL_WIDTH for who, box in truth(picture).items()}
            made.append(Seen(now, name, view(plain, column), view(hidden, column), faces))
    return made


def structure(pixels):
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 3))


def parts(box):
    """Give the 25 parts of a face that lie in the picture as slices."""
    x, y, w, h = box
    for column in range(5):
        for row in range(5):
            left, right = x + w * column / 5, x + w * (column + 1) / 5
            top, bottom = y + h * row / 5, y + h * (row + 1) / 5
            if left >= 0 and top >= 0 and right <= WIDTH and bottom <= HEIGHT:
                yield slice(int(top), int(bottom) + 1), slice(int(left), int(right) + 1)


def kept(one, box):
    """Return the share of the structure that each part of a face has kept."""
    plain, hidden = structure(one.plain), structure(one.hidden)
    return np.array([hidden[part].mean() / plain[part].mean() for part in parts(box)
                     if plain[part].mean() >= FLOOR])  # fmt: skip


def test_every_part_of_every_bystanders_face_is_hidden_in_every_frame(seen):
    looked = 0
    for one in seen:
        for who, box in one.faces.items():
            if who == CANDIDATE:
                continue
            shares = kept(one, box)
            looked += len(shares)
            assert not (shares > LEFT).any(), f"{who}, {one.view}, {one.time_s:.1f} s: {shares}"
    assert looked > 1000


def test_the_candidate_is_not_hidden_alone_nor_beside_somebody_else(seen):
    """But around the moment in which one takes the other's seat: rather too much is hidden."""
    looked = 0
    for one in seen:
        others = [abs(one.time_s - other.time_s) for other in seen
                  if other.view == one.view and set(other.faces) - {CANDIDATE}]  # fmt: skip
        nearest_s = min(others, default=9.0)
        if CANDIDATE in one.faces and (nearest_s == 0 or nearest_s > 2.0):
            shares = kept(one, one.faces[CANDIDATE])
            looked += len(shares)
            assert not (shares < KEPT).any(), f"{one.view}, {one.time_s:.1f} s: {shares}"
    assert looked > 200


def found_by_another(pixels):
    """Return the centres of the faces that a network finds which did not do the hiding."""
    models = find_models()
    if "yunet" in models:
        detector = CenterFace(models.path("centerface"), long_side_px=WIDTH)
        return [(f.x_px + f.w_px / 2, f.y_px + f.h_px / 2) for f in detector.detect(pixels)]
    faces = dlib.get_frontal_face_detector()(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), 1)
    return [(face.center().x, face.center().y) for face in faces]


def inside(centre, box):
    x, y, w, h = box
    return x <= centre[0] < x + w and y <= centre[1] < y + h


def test_another_detector_finds_no_bystander_in_any_frame(seen):
    before = wanted = 0
    for one in seen:
        others = [box for who, box in one.faces.items() if who != CANDIDATE]
        if not others:
            continue
        wanted += 1
        found = found_by_another(one.hidden)
        assert not [c for c in found for box in others if inside(c, box)], f"{one.time_s:.1f} s"
        before += any(inside(c, box) for c in found_by_another(one.plain) for box in others)
    # It does find them where nobody is hidden.
    assert before > 0.7 * wanted > 20
