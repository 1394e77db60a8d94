"""A table of a TOML file that is read key by key, noting everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review.rules import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Table:
    """One table of the file; what it cannot give is noted as a problem and replaced.

    Parameters
    ----------
    raw
        The table as TOML gives it.
    name
        How messages name it.
    problems
        Gets every problem, of this table and of those in it.
    """

    def __init__(self, raw: Mapping[str, Any], name: str, problems: list[str]) -> None:
        self.raw = raw
        self.name = name
        self.problems = problems
        self.asked: set[str] = set()

    def wrong(self, key: str, expected: str) -> None:
        """Note that a key's value is not what it should be."""
        found = repr(self.raw[key]) if key in self.raw else "nothing"
        self.problems.append(f"{self.name}: {key}: expected {expected}, found {found}")

    def get(
        self, key: str, kind: type | tuple[type, ...], expected: str, *, default: Any = None
    ) -> Any:
        """Return a value of a type; without a default the key must be there."""
        self.asked.add(key)
        if key not in self.raw and default is not None:
            return default
        value = self.raw.get(key)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.wrong(key, expected)
            return default if default is not None else _blank(kind)
        return value

    def text(self, key: str) -> str:
        """Return a text that must be there."""
        value: str = self.get(key, str, "a text")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; false if the key is not there."""
        value: bool = self.get(key, bool, "true or false", default=False)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Return a number within its limits; 0 if the key is not there."""
        value = self.get(key, (int, float), f"a number from {low:g} to {high:g}", default=0.0)
        if not low <= value <= high:
            self.wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def choice(self, key: str, choices: Iterable[str]) -> str:
        """Return a text that is one of some."""
        known = tuple(choices)
        value = self.get(key, str, f"one of {', '.join(known)}")
        if key in self.raw and isinstance(value, str) and value not in known:
            self.wrong(key, f"one of {', '.join(known)}")
        return str(value)

    def both(self, key: str) -> model.Text:
        """Return a text in both languages."""
        value = self.get(key, dict, "{ zh = ..., en = ... }")
        good = set(value) == {"zh", "en"} and all(
            isinstance(v, str) and v.strip() for v in value.values()
        )
        if key in self.raw and not good:
            self.wrong(key, "{ zh = ..., en = ... }, both of them texts")
        return model.Text(zh=str(value.get("zh", "")), en=str(value.get("en", "")))

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty if the key is not there."""
        value = self.get(key, list, "a list of texts", default=[])
        if not all(isinstance(v, str) for v in value):
            self.wrong(key, "a list of texts")
            return ()
        return tuple(value)

    def table(self, key: str) -> Table:
        """Return a table in this one; empty if the key is not there."""
        return Table(
            self.get(key, dict, "a table", default={}), f"{self.name}: {key}", self.problems
        )

    def tables(self, key: str, identity: str) -> list[Table]:
        """Return an array of tables, each named by its ``identity``."""
        found = self.get(key, list, f"a list of [[{key}]]", default=[])
        if not all(isinstance(v, dict) for v in found):
            self.wrong(key, f"a list of [[{key}]]")
            return []
        return [
            Table(raw, f"{key} {raw.get(identity, f'number {n}')}", self.problems)
            for n, raw in enumerate(found, start=1)
        ]

    def done(self) -> None:
        """Note the keys that nobody asked for."""
        self.problems.extend(
            f"{self.name}: unknown key {key}; known: {', '.join(sorted(self.asked))}"
            for key in self.raw
            if key not in self.asked
        )


def _blank(kind: type | tuple[type, ...]) -> Any:
    return (kind[0] if isinstance(kind, tuple) else kind)()
