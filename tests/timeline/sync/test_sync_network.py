"""All anchors in one solution: loops close, what contradicts gives way, errors are as stated."""

import numpy as np
import pytest

from review.timeline.sync.network import Edge, Node, solve, worst

TRUE = {"a": (0.0, 0.0), "b": (310.0, 40.0), "c": (-75.0, -60.0)}
NODES = [
    Node(stream=s, piece=0, from_s=-np.inf, to_s=np.inf, middle_s=2700.0 - TRUE[s][0]) for s in TRUE
]


def session(stream, device_s):
    offset_s, drift_ppm = TRUE[stream]
    middle = NODES[list(TRUE).index(stream)].middle_s
    return device_s + offset_s + drift_ppm * 1e-6 * (device_s - middle)


def edge(one, two, *, wrong_s=0.0, strength=10.0, noise=None, common_s=0.0025, count=60):
    """Anchors between two streams, from what is true."""
    a, b = list(TRUE).index(one), list(TRUE).index(two)
    own = np.linspace(0.0, 5400.0, count) - TRUE[one][0]
    target = session(one, own)
    offset_s, drift_ppm = TRUE[two]
    middle = NODES[b].middle_s
    other = middle + (target - middle - offset_s) / (1 + drift_ppm * 1e-6)
    other = other + wrong_s + (0.0 if noise is None else noise.normal(0, 0.002, count))
    return Edge(kind="sound", a=a, b=b, a_s=own, b_s=other, sigma_s=0.002, common_s=common_s,
                strength=strength)  # fmt: skip


def off_s(solution, stream):
    n = list(TRUE).index(stream)
    at = np.array([0.0, 5400.0]) - TRUE[stream][0]
    found = solution.offset_s[n] + solution.drift_ppm[n] * 1e-6 * (at - NODES[n].middle_s)
    return np.abs(at + found - session(stream, at)).max()


def test_three_streams_that_agree_close_their_loop():
    edges = [edge("a", "b"), edge("b", "c"), edge("a", "c")]
    found = solve(NODES, edges, fixed=0)
    assert worst(edges, found) is None
    for stream in "bc":
        assert off_s(found, stream) < 1e-4
    assert np.abs(found.common_s).max() < 1e-4


def test_a_pair_that_contradicts_the_loop_is_named_and_without_it_the_rest_is_right():
    edges = [edge("a", "b"), edge("b", "c"), edge("a", "c", wrong_s=0.5, strength=2.0)]
    found = solve(NODES, edges, fixed=0)
    assert worst(edges, found) == 2
    rest = solve(NODES, edges[:2], fixed=0)
    assert worst(edges[:2], rest) is None
    assert off_s(rest, "c") < 1e-4


def test_anchors_that_are_wrong_lose_their_weight():
    noise = np.random.default_rng(1)
    good = edge("a", "b", noise=noise)
    bad = good.b_s.copy()
    bad[::7] += 0.05
    spoiled = Edge(kind="sound", a=0, b=1, a_s=good.a_s, b_s=bad, sigma_s=0.002, common_s=0.0025,
                   strength=1.0)  # fmt: skip
    found = solve(NODES[:2], [spoiled], fixed=0)
    assert (found.weights[0][::7] == 0).all()
    assert np.mean(found.weights[0] > 0) > 0.8
    assert off_s(found, "b") < 0.002


def test_the_error_lies_inside_the_stated_interval_as_often_as_it_says():
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(200):
        wrong = rng.normal(0, 0.0025, 3)
        edges = [
            edge(*pair, wrong_s=w, noise=rng)
            for pair, w in zip((("a", "b"), ("b", "c"), ("a", "c")), wrong, strict=True)
        ]
        found = solve(NODES, edges, fixed=0)
        at = NODES[1].middle_s
        sigma = found.sigma_s(1, at, at)
        inside.append(abs(found.offset_s[1] - TRUE["b"][0]) < 1.96 * sigma)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.04)


def test_many_anchors_of_one_edge_are_not_surer_than_what_they_share():
    few, many = (solve(NODES[:2], [edge("a", "b", count=n)], fixed=0) for n in (20, 2000))
    at = NODES[1].middle_s
    assert few.sigma_s(1, at, at) >= many.sigma_s(1, at, at) >= 0.0024
