"""From recordings to pairs: one face under two tickets, and others that are nobody else's."""

import shutil

import pytest

from review import batch
from review.batch.session_results import results_of
from review.simulate import Media, VideoFormat, people, simulate

#: Views that nobody looks at here cost as little as they can.
SMALL = VideoFormat(width_px=160, height_px=120, fps=1)
VIEWS = {"front": VideoFormat(fps=4), "right_rear": SMALL, "screen": SMALL}
#: Who has whose face, by number: the third candidate is the first one again.
FACES = {0: 0, 1: 1, 2: 0}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A session of three whose front cameras were really looked at."""
    base = tmp_path_factory.mktemp("same-face")
    usual = people.person

    def somebody(number, **options):
        return usual(FACES[number], **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "person", somebody)
        session = simulate(
            base / "session", candidates=len(FACES), minutes=0.8, seed=21, clean=True,
            platform="eztest", media=Media(video=VIEWS),
        )  # fmt: skip
    for view in ("right_rear", "screen"):
        for folder in session.glob(f"recordings/*/*/{view}"):
            shutil.rmtree(folder)
    rows = batch.analyze(session, workspace=base / "workspace", workers=0)
    assert rows["state"].eq("done").all()
    return results_of(session, workspace=base / "workspace")


def test_a_minute_of_a_front_camera_is_enough(found):
    seen = found.space.read("persons", found.session_id)
    front = seen[seen["stream"] == "front"]
    assert front["candidate_id"].tolist() == sorted(found.sittings["candidate_id"])


def test_the_one_face_under_two_tickets_is_found_and_no_other_pair(found):
    first, _, third = sorted(found.sittings["candidate_id"])
    (pair,) = found.lookalikes.pairs.to_dict("records")
    assert (pair["candidate_id"], pair["other_candidate_id"]) == (first, third)
    assert pair["state"] == "one_person"
    # Two recordings of one person, not one file twice.
    assert pair["distance"] > 0.01
    assert found.lookalikes.compared == 3
