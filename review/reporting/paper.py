"""Pages as PDF: the same HTML, set on paper by its print rules."""

from __future__ import annotations

import logging

from review.errors import RenderError


class Paper:
    """Sets pages on paper; made once for many pages, since reading the system's fonts takes time.

    Raises
    ------
    RenderError
        If the libraries that set type (Pango) are not installed.
    """

    def __init__(self) -> None:
        try:
            from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415  # needs Pango
        except OSError as error:
            raise RenderError(
                "PDF files cannot be made here",
                expected="the library Pango",
                found=str(error).splitlines()[0],
                todo="run scripts/system.sh, or leave the format pdf out",
            ) from error
        # What they say about rules that only a screen knows, and about fonts, is no news.
        for name in ("weasyprint", "fontTools"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._fonts = FontConfiguration()

    def pdf(self, html: str) -> bytes:
        """Return a page as PDF: paged, with header, page numbers, outline and document title.

        Raises
        ------
        RenderError
            If the page asks for anything that is not in it: a report holds all that it shows, and
            a template reads no files and no network.
        """
        from weasyprint import HTML  # noqa: PLC0415
        from weasyprint.urls import FatalURLFetchingError, URLFetcher  # noqa: PLC0415

        only_own = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
        try:
            made = HTML(string=html, url_fetcher=only_own).write_pdf(font_config=self._fonts)
        except FatalURLFetchingError as error:
            raise RenderError(
                "a page may load nothing from elsewhere",
                found=str(error)[:200],
                todo="put pictures and styles into the template itself, as data: addresses",
            ) from error
        return bytes(made or b"")
