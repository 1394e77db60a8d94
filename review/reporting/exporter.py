"""What was made of a sitting becomes files, and an entry of the ledger about them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from review.ledger.payloads import Exported
from review.reporting.write import write_bytes, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from review.ledger import Author, Ledger
    from review.reporting.drafting import Content, Order


class Exporter:
    """Writes files and records who took them out.

    Parameters
    ----------
    author
        Who exports; every sitting's files are an entry of the ledger.

    Raises
    ------
    RenderError
        If the author may not make such a copy.
    LedgerError
        If the ledger does not know the author.
    """

    def __init__(self, order: Order, *, ledger: Ledger, author: Author) -> None:
        order.privacy.admit(author, ledger)
        self.order = order
        self._ledger, self._author = ledger, author

    def export(self, contents: Sequence[Content], key: tuple[str | None, ...]) -> None:
        """Write files and record that they left the workspace; unrecorded, they do not stay."""
        if not contents:
            return
        written: list[Path] = []
        try:
            for path, content in contents:
                if isinstance(content, bytes):
                    write_bytes(path, content)
                else:
                    write_text(path, content)
                written.append(path)
            self._record(written, key)
        except BaseException:
            # One that could not be written is still there as it was before.
            for path in written:
                path.unlink(missing_ok=True)
            raise

    def _record(self, paths: Sequence[Path], key: tuple[str | None, ...]) -> None:
        kinds = " ".join(dict.fromkeys(path.suffix.lstrip(".") for path in paths))
        entry = Exported(
            what=f"report ({kinds}; {self.order.privacy.name})",
            file=paths[0].relative_to(self.order.out).as_posix(),
            sha256=digest_of(paths),
        )
        self._ledger.record(entry, sitting_key=key, author=self._author)


def digest_of(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of a file, or of what ``sha256sum`` prints for several by their names.

    ``sha256sum theory.html theory.pdf | sha256sum`` gives the same, in the files' folder.
    """
    listed = list(paths)
    hashes = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in listed]
    if len(hashes) == 1:
        return hashes[0][1]
    lines = "".join(f"{value}  {name}\n" for name, value in hashes)
    return hashlib.sha256(lines.encode()).hexdigest()
