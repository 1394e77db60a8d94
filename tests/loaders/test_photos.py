import numpy as np
import pytest
from PIL import Image, ImageFile

from review.errors import LoadError
from review.loaders.photos import read_photo


def corner_picture(width=40, height=20):
    """White but for a red upper left corner."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[:8, :8] = (255, 0, 0)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_a_photograph_is_bgr(tmp_path, name):
    corner_picture().save(tmp_path / name, quality=95)
    pixels = read_photo(tmp_path / name)
    assert pixels.shape == (20, 40, 3)
    blue, green, red = (int(v) for v in pixels[2, 2])
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


#: EXIF orientation -> how a camera stored an upright picture (Exif 2.3, table 6).
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORED)
def test_a_photograph_is_turned_as_its_exif_says(tmp_path, orientation):
    upright = corner_picture()
    turn = STORED[orientation]
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.jpg", quality=95, exif=exif)
    pixels = read_photo(tmp_path / "a.jpg")
    assert pixels.shape == (20, 40, 3)
    assert pixels[2, 2, 1] < 60
    assert pixels[-2, -2].min() > 200


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a readable photograph"),
        (b"<svg/>", "not a readable photograph"),
        (b"\xff\xd8\xff\xe0 broken", "not a readable photograph"),
        (b"GIF89a" + bytes(20), "not a readable photograph"),
    ],
)
def test_what_is_no_photograph(tmp_path, content, words):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(LoadError, match=words) as caught:
        read_photo(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("others", [False, True], ids=["alone", "beside a lenient library"])
def test_a_cut_off_photograph(tmp_path, monkeypatch, others):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", others)
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(LoadError):
        read_photo(path)
    assert others == ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_photograph_that_claims_to_be_huge(tmp_path):
    path = tmp_path / "a.png"
    Image.new("1", (20_000, 20_000)).save(path)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(LoadError):
        read_photo(path)


def test_heic_is_read_or_plainly_refused(tmp_path):
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    with pytest.raises(LoadError, match=r"pillow-heif|not a readable"):
        read_photo(path)
