"""Parts of other packages, found by their entry points in every process."""

import subprocess
import sys
import textwrap

import pytest


@pytest.fixture
def site(tmp_path):
    """A folder on the path with an installed package of somebody else's."""
    folder = tmp_path / "site"
    info = folder / "outside-2.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text(
        "[review.loaders]\ntoy = outside:loaders\n[review.detectors]\ntoy = outside:detectors\n"
    )
    (folder / "outside.py").write_text(
        textwrap.dedent("""
        def loaders():
            from review.loaders import Loader, register
            toy = {"name": "toy", "kind": "positions", "suffixes": (".toy",)}
            register(Loader(**toy, takes=None, load=None))

        def detectors():
            from review.detectors import register
            register("toy", labels=["other"])(lambda evidence, *, limit=1.0: None)
        """)
    )
    return folder


def told(site, program):
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_both_registries_know_what_an_installed_package_brings(site):
    program = textwrap.dedent("""
        from review import loaders, plugins
        from review.detectors.registry import detectors, resolve
        print("toy" in [x.name for x in loaders.loaders("positions")])
        print(resolve({"toy": {"limit": 2.0}})["toy"])
        print(plugins.installed())
    """)
    done = told(site, program)
    assert done.stdout.splitlines() == [
        "True",
        "{'limit': 2.0}",
        "('review.detectors:toy=outside 2.1', 'review.loaders:toy=outside 2.1')",
    ], done.stderr


def test_results_with_it_are_not_those_without_it(site):
    program = "from review.pipeline import code_version; print(code_version())"
    with_it, without = told(site, program).stdout, told(site.parent, program).stdout
    assert with_it != without
    assert len(with_it) == len(without) > 5


def test_a_package_that_fails_is_named(site):
    (site / "outside.py").write_text("def loaders():\n    raise RuntimeError('no licence')\n")
    program = textwrap.dedent("""
        from review.errors import ReviewError
        from review.loaders import loaders
        try:
            loaders()
        except ReviewError as error:
            print(error)
    """)
    (line,) = told(site, program).stdout.splitlines()
    assert "toy" in line
    assert "no licence" in line
    assert "outside:loaders" in line
