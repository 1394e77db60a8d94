import pytest

from review.simulate import Anomaly, simulate
from review.simulate.encode import VideoFormat
from review.simulate.orders import Media

SMALL = Media(
    video=VideoFormat(width_px=240, height_px=180, fps=4, preset="ultrafast"), audio_bps=24000
)


@pytest.fixture(scope="session")
def itmc(tmp_path_factory):
    """One ITMC sitting of half a minute, with a lost focus and a broken recording."""
    return simulate(
        tmp_path_factory.mktemp("simulated") / "itmc",
        minutes=0.5,
        seed=11,
        anomalies={
            (0, "theory"): [
                Anomaly(kind="off_screen", start_s=4.0, end_s=8.0),
                Anomaly(kind="recording_gap", start_s=12.0, end_s=18.0, stream="right_rear"),
                Anomaly(kind="speech", start_s=20.0, end_s=27.0),
            ]
        },
        media=SMALL,
    )
