import io
import os
import tarfile
import zipfile

import pytest
from made import CANDIDATES, MANIFEST

from review.errors import SessionError
from review.loaders.archive import Limits, is_archive, unpack

FILES = {"session.toml": MANIFEST, "candidates.csv": CANDIDATES, "recordings/C1/all/正面.txt": "x"}


def zipped(path, files, *, top=""):
    with zipfile.ZipFile(path, "w") as out:
        for name, text in files.items():
            out.writestr(f"{top}{name}", text)
    return path


def tarred(path, files, *extra):
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as out:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            out.addfile(info, io.BytesIO(text.encode()))
        for info in extra:
            out.addfile(info)
    return path


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
@pytest.mark.parametrize("top", ["", "会话 2022/"])
def test_a_session_is_unpacked_once(tmp_path, name, top):
    path = tmp_path / name
    files = {f"{top}{n}": text for n, text in FILES.items()}
    (zipped if name.endswith("zip") else tarred)(path, files)
    assert is_archive(path)
    folder = unpack(path, tmp_path / "into")
    assert (folder / "recordings/C1/all/正面.txt").read_text(encoding="utf-8") == "x"
    (folder / "mark").touch()
    assert (unpack(path, tmp_path / "into") / "mark").exists()
    assert len(list((tmp_path / "into").iterdir())) == 1


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt"]
)
def test_entries_that_lead_out_are_refused(tmp_path, name):
    for path in (
        zipped(tmp_path / "a.zip", {**FILES, name: "x"}),
        tarred(tmp_path / "a.tar", {**FILES, name: "x"}),
    ):
        with pytest.raises(SessionError, match="leads out"):
            unpack(path, tmp_path / "into")
        assert not (tmp_path / "evil.txt").exists()
        assert list((tmp_path / "into").iterdir()) == []


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    info = tarfile.TarInfo("recordings/link")
    info.type, info.linkname = kind, "/etc/passwd"
    path = tarred(tmp_path / "a.tar", FILES, info)
    with pytest.raises(SessionError, match="link or a device"):
        unpack(path, tmp_path / "into")


def test_links_in_a_zip_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    zipped(path, FILES)
    with zipfile.ZipFile(path, "a") as out:
        info = zipfile.ZipInfo("recordings/link")
        info.external_attr = (0o120777 << 16) | 0x20
        out.writestr(info, "/etc/passwd")
    with pytest.raises(SessionError, match="link or a device"):
        unpack(path, tmp_path / "into")


def test_size_and_count_are_limited_while_unpacking(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("session.toml", MANIFEST)
        out.writestr("zeros", bytes(20_000_000))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(SessionError, match="more than 10000000 bytes"):
        unpack(bomb, tmp_path / "into", limits=Limits(size_bytes=10_000_000))
    many = zipped(tmp_path / "many.zip", {f"{n}.txt": "" for n in range(50)})
    with pytest.raises(SessionError, match="more than 10 files"):
        unpack(many, tmp_path / "into", limits=Limits(files=10))
    assert list((tmp_path / "into").iterdir()) == []


def test_a_size_that_the_archive_lies_about_is_counted(tmp_path):
    path = zipped(tmp_path / "a.zip", {**FILES, "big": "y" * 100_000})
    raw = path.read_bytes()
    path.write_bytes(raw.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(SessionError):
        unpack(path, tmp_path / "into", limits=Limits(size_bytes=5000))


@pytest.mark.parametrize("share", [0.3, 0.9])
@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_a_cut_off_archive_is_one_line(tmp_path, name, share):
    path = tmp_path / name
    noise = {**FILES, "noise": os.urandom(20_000).hex()}
    (zipped if name.endswith("zip") else tarred)(path, noise)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(SessionError) as caught:
        unpack(path, tmp_path / "into")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "into").iterdir()) == []


def test_an_archive_without_a_session(tmp_path):
    with pytest.raises(SessionError, match="holds no session"):
        unpack(zipped(tmp_path / "a.zip", {"x/y.txt": ""}), tmp_path / "into")


def test_names_that_windows_packed_in_gbk(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("session.toml", MANIFEST)
        info = zipfile.ZipInfo("x" * 8)
        out.writestr(info, "text")
    raw = path.read_bytes().replace(b"x" * 8, "正面视角".encode("gbk"))
    path.write_bytes(raw)
    assert (unpack(path, tmp_path / "into") / "正面视角").read_text(encoding="utf-8") == "text"
