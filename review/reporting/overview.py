"""A session as a whole: the supervisor's report, and the certificate of what was reviewed how."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

from review.detectors.registry import detectors
from review.errors import ReviewError
from review.figures.palette import COVERAGE, QUIET, label_colour
from review.ledger.decisions import standing
from review.reporting.plots import bars, histogram
from review.reporting.voice import Voice, percent
from review.rules import load_rulebook

if TYPE_CHECKING:
    from markupsafe import Markup

    from review.ledger import Ledger
    from review.reporting.drafting import Order
    from review.reporting.model import SittingSummary
    from review.reporting.render import Renderer
    from review.session import Session, Sitting
    from review.workspace import Workspace

_RISK_STEP: Final = 10
#: More streams or labels than this are no plot any more.
_MOST_BARS: Final = 24


class Overview:
    """Gathers what the pages about a session say, one sitting after the other."""

    def __init__(self, session: Session, workspace: Workspace, ledger: Ledger) -> None:
        self._session, self._space, self._ledger = session, workspace, ledger
        self._rows: list[dict[str, Any]] = []
        self._failed: list[tuple[str, str, str]] = []
        self._labels: Counter[str] = Counter()
        self._sittings_with: Counter[str] = Counter()
        self._verdicts: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._coverage: dict[str, list[float]] = defaultdict(list)
        self._clocks: Counter[str] = Counter()
        self._uncertain: list[float] = []
        self._versions: set[str] = set()
        self._hashes: list[str] = []
        self._unhashed = 0

    def add(self, summary: SittingSummary) -> None:
        """Add a sitting."""
        labels = Counter(flag.label for flag in summary.flags)
        self._labels += labels
        self._sittings_with.update(labels.keys())
        for flag in summary.flags:
            stand = flag.standing
            name = "undecided" if stand is None else stand.verdict
            self._verdicts["disputed" if stand and stand.disputed else name] += 1
        conclusion = summary.conclusion
        if conclusion is not None and conclusion.outcome:
            self._outcomes[conclusion.outcome] += 1
        for stream in summary.streams:
            if stream.required and summary.window is not None:
                self._coverage[stream.stream].append(stream.recorded_share)
        for clock in summary.clocks:
            self._clocks[clock.state] += 1
            if clock.uncertainty_s is not None:
                self._uncertain.append(clock.uncertainty_s)
        self._versions.add(summary.version)
        self._hashes.append(summary.originals_sha256)
        self._unhashed += bool(summary.files) and not summary.originals_sha256
        self._rows.append(
            {
                "candidate_id": summary.person.candidate_id,
                "subject": summary.exam.subject_name,
                "flags": len(summary.flags),
                "decided": sum(f.standing is not None for f in summary.flags),
                "risk": summary.risk,
                "unseen": summary.unseen,
                "outcome": conclusion.outcome if conclusion else "",
            }
        )

    def add_failed(self, sitting: Sitting, reason: str) -> None:
        """Add a sitting of which there is no report."""
        self._failed.append((sitting.candidate.id, sitting.subject.name, reason))

    def pages(self, renderer: Renderer, order: Order) -> dict[str, str]:
        """Return the pages ``session`` and ``certificate``."""
        voice = Voice.of(order.language)
        given = {
            "session": self._session,
            "made": order.made.isoformat(timespec="seconds"),
            "numbers": self._numbers(voice),
            "people": self._people(),
            "failed": self._failed,
        }
        ranked = sorted(self._rows, key=lambda row: -(row["risk"] or 0.0))
        return {
            "session": renderer.other(
                "session.html", voice, **given, rows=ranked, plots=self._plots(voice)
            ),
            "certificate": renderer.other(
                "certificate.html", voice, **given, how=self._how(), head=self._head()
            ),
        }

    def _numbers(self, voice: Voice) -> list[tuple[str, str]]:
        flags = sum(self._labels.values())
        decided = flags - self._verdicts["undecided"]
        found = [
            ("n_candidates", str(len({row["candidate_id"] for row in self._rows}))),
            ("n_sittings", str(len(self._rows))),
            ("n_failed", str(len(self._failed))),
            ("n_flags", str(flags)),
            ("n_decided", f"{decided} ({percent(decided / flags)})" if flags else "0"),
            ("n_disputed", str(self._verdicts["disputed"])),
        ]
        found += [
            ("n_outcome", f"{voice.name('outcome', name)}: {count}")
            for name, count in sorted(self._outcomes.items())
        ]
        return found

    def _people(self) -> list[dict[str, Any]]:
        """Return who did what: readings, outcomes, time played, from the ledger."""
        entries = standing(self._ledger.entries(self._session.id))
        people: dict[tuple[str, str], Counter[str]] = {}
        watched: dict[tuple[str, str], float] = defaultdict(float)
        for row in entries[["author", "role", "kind", "payload"]].to_dict("records"):
            who = (row["author"], row["role"])
            people.setdefault(who, Counter())[row["kind"]] += 1
            if row["kind"] == "watched":
                start_s, end_s = row["payload"].get("start_s"), row["payload"].get("end_s")
                watched[who] += max((end_s or 0.0) - (start_s or 0.0), 0.0)
        return [
            {
                "who": who,
                "role": role,
                "readings": kinds["decision"] + kinds["own_flag"],
                "outcomes": kinds["outcome"],
                "sign_offs": kinds["sign_off"],
                "watched_s": float(watched[(who, role)]),
            }
            for (who, role), kinds in sorted(people.items())
            if kinds["decision"] + kinds["own_flag"] + kinds["outcome"] + kinds["sign_off"]
            or watched[(who, role)]
        ]

    def _plots(self, voice: Voice) -> dict[str, Markup]:
        labels = self._labels.most_common(_MOST_BARS)
        total = max(len(self._rows), 1)
        bins = Counter(min(int(r["risk"] // _RISK_STEP), 9) for r in self._rows
                       if r["risk"] is not None)  # fmt: skip
        steps = [f"{n * _RISK_STEP}\u2013{(n + 1) * _RISK_STEP}" for n in range(10)]
        streams = list(self._coverage.items())[:_MOST_BARS]
        say = voice.plain
        return {
            "labels": bars(
                [
                    (
                        voice.name("label", label),
                        count,
                        f"{count} · {self._sittings_with[label]}/{total}",
                        label_colour(label),
                    )
                    for label, count in labels
                ],
                title=say("report.plot_labels"),
                ident="plot-labels",
            ),
            "risk": histogram(
                [bins[n] for n in range(10)],
                steps,
                title=say("report.plot_risk"),
                ident="plot-risk",
                colour=QUIET,
            ),
            "coverage": bars(
                [
                    (
                        voice.name("stream", stream),
                        sum(shares) / len(shares),
                        f"{percent(sum(shares) / len(shares))} · ≥ {percent(min(shares))}",
                        COVERAGE["recorded"][0],
                    )
                    for stream, shares in streams
                ],
                title=say("report.plot_coverage"),
                ident="plot-coverage",
                most=1.0,
            ),
        }

    def _how(self) -> dict[str, Any]:
        try:
            book = load_rulebook(self._session.rulebook, folder=self._session.folder)
            source = {"en": book.source["en"], "zh": book.source["zh"]}
        except ReviewError:
            source = {"en": self._session.rulebook, "zh": self._session.rulebook}
        hashed = "\n".join(sorted(h for h in self._hashes if h))
        return {
            "versions": sorted(self._versions),
            "detectors": [d.name for d in detectors(self._session.platform)],
            "rulebook": source,
            "clocks": dict(self._clocks),
            "uncertainty_s": max(self._uncertain, default=None),
            "originals": hashlib.sha256(hashed.encode()).hexdigest() if hashed else "",
            "unhashed": self._unhashed,
        }

    def _head(self) -> str:
        head = self._ledger.head()
        return "" if head is None else f"{head.seq} {head.hash}"
