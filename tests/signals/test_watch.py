"""When networks look, and that no change escapes them."""

from dataclasses import dataclass

import numpy as np
import pytest

from review.errors import ModelError
from review.loaders.media import Picture
from review.signals import networks
from review.signals.sights import sight
from review.signals.watch import Watch, changed


@dataclass(frozen=True)
class Blob:
    """A bright square of a picture."""

    x_px: float
    y_px: float
    w_px: float = 40.0
    h_px: float = 40.0


def room(*corners, seed=0):
    made = np.full((360, 640, 3), 90, np.int16)
    made += np.random.default_rng(seed).integers(-4, 5, made.shape)
    for x, y in corners:
        made[y : y + 40, x : x + 40] = 220
    return np.clip(made, 0, 255).astype(np.uint8)


def seen(time_s, pixels):
    shown = Picture(lambda gray: pixels[..., 0] if gray else pixels, pts_s=time_s, is_key=True)
    return sight(time_s, shown)


class Network:
    """Sees the bright squares; counts its runs."""

    def __init__(self):
        self.runs = 0

    def __call__(self, picture):
        self.runs += 1
        grey = picture[..., 0] > 200
        columns = np.flatnonzero(grey.any(axis=0))
        starts = columns[np.diff(columns, prepend=-10) > 1]
        return [Blob(float(x), float(np.flatnonzero(grey[:, x])[0])) for x in starts]


def told(scenes, **keywords):
    network = Network()
    watch = Watch(network, **{"every_s": 3.0, "idle_s": 5.0, **keywords})
    answers = []
    for second, corners in enumerate(scenes):
        answers += watch.see(seen(float(second), room(*corners, seed=second)))
    answers += watch.close()
    return {s.time_s: len(things) for s, things, _ in answers}, network.runs


def test_every_picture_gets_an_answer_with_few_runs_while_nothing_changes():
    counts, runs = told([[(100, 100)]] * 60)
    assert counts == dict.fromkeys(map(float, range(60)), 1)
    assert runs == 13


def test_who_comes_in_is_found_to_the_picture():
    scenes = [[(100, 100)]] * 20 + [[(100, 100), (400, 50)]] * 4 + [[(100, 100)]] * 20
    counts, _ = told(scenes)
    assert [t for t, n in sorted(counts.items()) if n == 2] == [20.0, 21.0, 22.0, 23.0]


def test_who_leaves_is_found_to_the_picture():
    counts, _ = told([[(100, 100)]] * 20 + [[]] * 20)
    assert [t for t, n in sorted(counts.items()) if n == 0] == [float(t) for t in range(20, 40)]


def test_what_is_not_counted_is_no_reason_to_go_back():
    scenes = [[(100, 100)] if second % 10 < 5 else [] for second in range(60)]
    _, runs = told(scenes, kind_of=lambda _: None, every_s=5.0)
    assert runs <= 60 / 5 + 2


def test_what_changes_at_the_very_end_is_found():
    counts, _ = told([[(100, 100)]] * 11 + [[]] * 2)
    assert [t for t, n in sorted(counts.items()) if n == 0] == [11.0, 12.0]


def test_what_moves_within_somebody_known_is_no_reason_to_look():
    runs = []
    for owners in ((), (Blob(80.0, 80.0, 400.0, 200.0),)):
        network = Network()
        watch = Watch(network, every_s=3.0, idle_s=12.0)
        for second in range(60):
            scene = room(seed=second)
            x = 100 + 80 * (second % 5)
            # A back: it moves, and is not what the network is for.
            scene[100:140, x : x + 40] = 180
            watch.see(seen(float(second), scene), owners=owners)
        runs.append(network.runs)
    assert runs == [20, 5]


def test_a_peek_is_not_paid_twice():
    network = Network()
    watch = Watch(network, every_s=0.0, idle_s=0.0)
    now = seen(0.0, room((100, 100)))
    assert len(watch.peek(now)) == 1
    assert [len(things) for _, things, _ in watch.see(now)] == [1]
    assert network.runs == 1


def test_light_and_noise_are_no_change_but_a_sleeve_is():
    before = seen(0.0, room(seed=1)).thumb
    brighter = np.clip(room(seed=2).astype(int) + 25, 0, 255).astype(np.uint8)
    assert not changed(before, seen(1.0, brighter).thumb).any()
    assert changed(before, seen(1.0, room((300, 200), seed=2)).thumb).sum() >= 9


def test_accelerators_come_first_where_the_runtime_has_them(monkeypatch):
    offered = ["CPUExecutionProvider", "AzureExecutionProvider"]
    monkeypatch.setattr(networks.onnxruntime, "get_available_providers", lambda: offered)
    assert networks.providers() == ["CPUExecutionProvider"]
    offered.insert(0, "CUDAExecutionProvider")
    assert networks.providers() == ["CUDAExecutionProvider", "CPUExecutionProvider"]


def test_a_file_that_is_no_network_is_named(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        networks.session(path)
    with pytest.raises(ModelError, match="1x3x416x416"):
        networks.session(path, sizes=(1, 3, 416, 416))


def test_persons_are_where_they_are_whatever_the_shape_of_the_picture(models, testdata):
    from review.loaders.media import open_video
    from review.signals.people import PeopleDetector

    if "yolox_nano" not in models:
        pytest.skip("no model file yolox_nano")
    with open_video(testdata / "webcam" / "yes.mkv") as video:
        picture = next(video.pictures()).pixels
    people = PeopleDetector(models)
    whole = next(t for t in people.detect(picture) if t.label == "person")
    # The same scene in a wide picture, grey to the right of it.
    wide = np.full((480, 1000, 3), 114, np.uint8)
    wide[:, :640] = picture
    again = next(t for t in people.detect(wide) if t.label == "person")
    for side in ("x_px", "y_px", "w_px", "h_px"):
        assert getattr(again, side) == pytest.approx(getattr(whole, side), abs=25)
