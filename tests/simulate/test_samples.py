from review.simulate import samples
from review.simulate.anomalies import draft


def labels(planted, platform):
    return {
        key: [
            row.label
            for row in draft(
                platform=platform, duration_s=120.0, clocks={}, anomalies=anomalies
            ).truth
        ]
        for key, anomalies in planted.items()
    }


def test_the_sample_sessions_hold_what_the_demo_shows():
    itmc = labels(samples.ITMC, "itmc")
    assert itmc[0, "theory"] == ["absent"]
    assert (0, "skills") not in itmc
    assert itmc[1, "theory"] == ["extra_person"]
    assert itmc[1, "skills"] == ["different_person"]
    assert itmc[2, "theory"] == ["off_screen"] * 5 + ["recording_gap"]
    assert set(itmc[2, "skills"]) == {"location_drift", "location_outside", "phones_apart"}
    eztest = labels(samples.EZTEST, "eztest")
    assert set(eztest) == {(0, "theory")}
    assert set(eztest[0, "theory"]) == {"off_screen", "network_gap", "unscheduled_exit"}
