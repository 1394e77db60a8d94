"""The command over the clocks of one sitting: show them, draw them, set one by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from review.commands.terminal import (
    json_option,
    print_json,
    print_table,
    records_of,
    session_argument,
    workspace_option,
)
from review.errors import SessionError

if TYPE_CHECKING:
    import pandas as pd

    from review.offsets import Clocks


@click.command()
@session_argument
@workspace_option
@click.option("--candidate", required=True, help="Admission ticket number.")
@click.option("--subject", required=True, help="Which paper.")
@click.option("--set", "setting", metavar="STREAM=SECONDS", help="Set this stream's offset.")
@click.option("--at", "device_s", type=float, metavar="SECONDS",
              help="Device time for which it is set, where the clock has pieces.")  # fmt: skip
@click.option("--alone", is_flag=True, help="Leave the device's other streams where they are.")
@click.option("--note", default="", help="What was seen; kept with the offset.")
@click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the figure of the clocks here (HTML).",
)
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@json_option
def clocks(
    session: Path,
    workspace: Path | None,
    candidate: str,
    subject: str,
    setting: str | None,
    device_s: float | None,
    alone: bool,  # noqa: FBT001
    note: str,
    figure: Path | None,
    language: Any,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Show a sitting's clocks and coverage, or set an offset by hand."""
    from review import offsets

    which: dict[str, Any] = {"candidate": candidate, "subject": subject, "workspace": workspace}
    if setting is None:
        found = offsets.clocks(session, **which)
    else:
        stream, offset_s = _setting(setting)
        found = offsets.set_offset(
            session, **which, stream=stream, offset_s=offset_s, device_s=device_s, alone=alone,
            reason=note,
        )  # fmt: skip
    if figure is not None:
        _draw(found, figure, language)
    _show(found, as_json=as_json)


def _setting(text: str) -> tuple[str, float]:
    stream, _, number = text.partition("=")
    try:
        return stream, float(number)
    except ValueError:
        raise SessionError(
            "not a stream and its offset", where=f"--set {text}", expected="STREAM=SECONDS",
            todo="for example --set left_front=-3.2",
        ) from None  # fmt: skip


def _draw(found: Clocks, path: Path, language: Any) -> None:
    from review.figures import clock_figure

    made = clock_figure(
        found.clocks,
        anchors=found.anchors,
        window=found.window if found.window[1] > found.window[0] else None,
        language=language,
        start=found.sitting.subject.start,
    )
    # The library travels with the page: it opens without a network.
    path.write_text(made.to_html(include_plotlyjs=True), encoding="utf-8")


def _show(found: Clocks, *, as_json: bool) -> None:
    parts = {
        "clocks": found.clocks,
        "states": found.states,
        "missing": found.missing,
        "views": found.views,
    }
    if as_json:
        print_json({name: records_of(frame) for name, frame in parts.items()})
        return
    parts["clocks"] = _readable(found.clocks)
    for name, frame in parts.items():
        click.echo(f"\n{name}:")
        print_table(frame)


def _readable(clocks: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that a person looks at; milliseconds count."""
    known = clocks["uncertainty_s"].notna()
    return clocks.assign(
        offset_s=clocks["offset_s"].map("{:+.4f}".format),
        drift_ppm=clocks["drift_ppm"].map("{:+.2f}".format),
        uncertainty_ms=(clocks["uncertainty_s"] * 1e3).map("{:.1f}".format).where(known, "?"),
    )[["stream", "piece", "offset_s", "drift_ppm", "uncertainty_ms", "method", "anchors", "state"]]
