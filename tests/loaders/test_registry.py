from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from review.errors import LoadError
from review.loaders import (
    Context,
    Loaded,
    Loader,
    find,
    load_sitting,
    loaders,
    register,
    unregister,
)

CONTEXT = Context(timezone=ZoneInfo("UTC"))


def toy_load(path, context):
    """A line is: seconds since 1970, latitude, longitude, with a tilde between them."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        moment, lat, lon = line.split("~")
        rows.append(
            {
                "time": datetime.fromtimestamp(float(moment), tz=UTC),
                "lat_deg": float(lat),
                "lon_deg": float(lon),
            }
        )
    return Loaded(rows=rows)


def toy(name="toy", suffixes=(".toy",)):
    return Loader(
        name=name, kind="positions", suffixes=suffixes,
        takes=lambda _path, head: head.startswith(b"TOY"), load=toy_load,
    )  # fmt: skip


@pytest.fixture
def toys():
    names = []

    def add(loader):
        names.append(register(loader).name)

    yield add
    for name in names:
        unregister(name)


def test_a_loader_from_outside_serves_a_sitting(toys, place):
    path = place("theory/gps/phone1.toy", "TOY\n1670632205~39.9~116.4\n")
    before = load_sitting(path.parents[1])
    assert "file_unreadable" in set(before.problems["code"])
    toys(toy())
    record = load_sitting(path.parents[1])
    assert "file_unreadable" not in set(record.problems["code"])
    assert list(record.positions["device_s"]) == [5]
    assert record.positions.loc[0, "lat_deg"] == 39.9


def test_two_that_take_a_file_are_an_error_that_names_both(toys, tmp_path):
    toys(toy("one"))
    toys(toy("two"))
    path = tmp_path / "a.toy"
    path.write_bytes(b"TOY\n")
    with pytest.raises(LoadError, match="one, two"):
        find(path, "positions")


def test_none_is_an_error_that_lists_what_was_tried(toys, tmp_path):
    toys(toy())
    path = tmp_path / "a.toy"
    path.write_bytes(b"no")
    with pytest.raises(LoadError) as caught:
        find(path, "positions")
    for loader in loaders("positions"):
        assert loader.name in str(caught.value)
    assert "toy (the content is something else)" in str(caught.value)


def test_names_are_taken_once(toys):
    toys(toy())
    with pytest.raises(LoadError, match="registered already"):
        register(toy())
    with pytest.raises(LoadError, match="unknown kind"):
        register(Loader(name="x", kind="smells", suffixes=(), takes=bool, load=bool))


def test_every_kind_has_its_loaders():
    names = {kind: {x.name for x in loaders(kind)} for kind in ("media", "positions", "events")}
    assert names["media"] == {"recording", "HLS playlist"}
    assert {"GPX", "NMEA 0183", "GeoJSON", "positions CSV", "Android location history"} == names[
        "positions"
    ]
    assert len(names["events"]) == 4
