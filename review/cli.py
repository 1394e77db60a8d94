"""The command line: one group over the commands of ``review.commands``.

Exit status: 0 done; 1 done, but some sittings failed (each is a row with its reason); 2 could not
start (one line on standard error).
"""

from __future__ import annotations

import sys
from typing import Any

import click

from review import __version__
from review.commands import (
    backup,
    clocks,
    ledger,
    packages,
    papers,
    playback,
    quality,
    retention,
    sessions,
    staff,
    tools,
    transcripts,
)
from review.commands.terminal import refuse
from review.errors import ReviewError

COMMANDS = (
    tools.demo,
    sessions.check,
    sessions.analyze,
    sessions.score,
    sessions.evaluate,
    quality.quality,
    transcripts.transcribe,
    clocks.clocks,
    papers.report,
    papers.trends,
    packages.clip,
    packages.package,
    packages.verify,
    retention.retain,
    tools.simulate,
    tools.models,
    playback.copies,
    tools.lab,
    staff.staff,
    ledger.ledger,
    backup.backup,
)


class _Commands(click.Group):
    """A group whose commands end as the project's errors ask: one line and status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ReviewError as error:
            refuse(str(error))
        except (BrokenPipeError, KeyboardInterrupt):
            sys.exit(130)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Review remotely proctored exams: one timeline, flags, decisions, reports."""


for command in COMMANDS:
    main.add_command(command)
