"""Read a rulebook file and say everything that is wrong in it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from review import words
from review.errors import RulebookError
from review.rules import model
from review.rules.tabled import Table
from review.session import PLATFORMS, STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.resources.abc import Traversable

#: The format that this version reads.
FORMAT: Final = 1


def shipped_rulebooks() -> tuple[str, ...]:
    """Return the names of the rulebooks that come with the package."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_rulebook(name_or_path: str | Path, *, folder: Path | None = None) -> model.Rulebook:
    """Load a shipped rulebook by its name, or any by its path.

    Parameters
    ----------
    folder
        What a relative path is relative to: a session's folder; if not given, the current one.

    Raises
    ------
    RulebookError
        If there is none, or naming everything that is wrong in it: clause, expected, found.
    """
    text = str(name_or_path)
    if text in shipped_rulebooks():
        return parse(_folder().joinpath(f"{text}.toml").read_text(encoding="utf-8"), where=text)
    path = Path(name_or_path) if folder is None else folder / name_or_path
    if not path.is_file():
        raise RulebookError(
            "no such rulebook",
            where=text,
            expected=f"the path of a file, or one of {', '.join(shipped_rulebooks())}",
        )
    try:
        return parse(path.read_text(encoding="utf-8"), where=path)
    except (OSError, UnicodeDecodeError) as error:
        raise RulebookError("the rulebook cannot be read", where=path, found=str(error)) from error


def parse(text: str, *, where: str | Path = "rulebook") -> model.Rulebook:
    """Make a rulebook from the text of a file; see :func:`load_rulebook`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError("not a TOML file", where=where, found=str(error)) from error
    problems: list[str] = []
    book = _rulebook(Table(raw, "rulebook", problems))
    _check_references(book, problems)
    if problems:
        raise RulebookError(
            f"{len(problems)} thing(s) wrong in the rulebook",
            where=where,
            found="; ".join(problems),
            todo="mend the file; docs/rulebooks.md explains every key",
        )
    return book


def _folder() -> Traversable:
    return files("review.rules").joinpath("rulebooks")


def _rulebook(top: Table) -> model.Rulebook:
    if top.get("format", int, f"{FORMAT}", default=0) != FORMAT:
        top.wrong("format", f"{FORMAT}")
    parameters = _parameters(top.table("parameters"))
    clauses = tuple(_clause(t, parameters) for t in top.tables("clauses", "id"))
    book = model.Rulebook(
        id=top.text("id"),
        platform=top.choice("platform", PLATFORMS),
        name=top.both("name"),
        source=top.both("source"),
        clauses=clauses,
        required_streams=top.names("required_streams"),
        parameters=MappingProxyType(parameters),
        thresholds=_thresholds(top, parameters),
        conflicts=tuple(_conflict(t) for t in top.tables("conflicts", "id")),
        omitted=tuple(_omitted(t) for t in top.tables("omitted", "number")),
    )
    top.done()
    return book


def _thresholds(
    top: Table, parameters: Mapping[str, model.Parameter]
) -> Mapping[str, Mapping[str, Any]]:
    # Which detectors and options there are is known to the registry alone: detectors may come
    # from outside, so review.detectors.registry.resolve checks the names.
    found = top.get("thresholds", dict, "a table", default={})
    for name, options in found.items():
        if not isinstance(options, dict):
            top.problems.append(f"thresholds: {name}: expected a table, found {options!r}")
    return MappingProxyType(
        {
            name: MappingProxyType({o: _value(v, parameters) for o, v in options.items()})
            for name, options in found.items()
            if isinstance(options, dict)
        }
    )


def _value(value: Any, parameters: Mapping[str, model.Parameter]) -> Any:
    """Return what a value stands for: a text that is the name of a parameter, for its value."""
    known = isinstance(value, str) and value in parameters
    return parameters[value].value if known else value


def _parameters(table: Table) -> dict[str, model.Parameter]:
    made = {}
    for name in table.raw:
        entry = table.table(name)
        value = entry.get("value", (bool, int, float, str), "a value")
        choices = tuple(entry.get("choices", list, "a list", default=[]))
        if choices and value not in choices:
            entry.wrong("value", f"one of {', '.join(map(repr, choices))}")
        if "assumed" not in entry.raw:
            entry.wrong("assumed", "true where the source leaves it open, else false")
        made[name] = model.Parameter(
            name=name,
            value=value,
            assumed=entry.flag("assumed"),
            summary=entry.both("summary"),
            choices=choices,
            unit=entry.get("unit", str, "a text", default=""),
        )
        entry.done()
    return made


def _clause(table: Table, parameters: Mapping[str, model.Parameter]) -> model.Clause:
    clause = model.Clause(
        id=table.text("id"),
        number=table.both("number"),
        outcome=table.choice("outcome", model.OUTCOME_CLASSES),
        summary=table.both("summary"),
        labels=MappingProxyType(_labels(table.table("labels"))),
        weight=table.number("weight", 0, 100),
        penalty=_optional(table, "penalty", _penalty),
        signers=_signers(table),
        warning_first=_settled(table, "warning_first", parameters),
        warning_in_act=table.flag("warning_in_act"),
        evidence_kept=_settled(table, "evidence_kept", parameters),
        note_required=table.flag("note_required"),
        permission_excuses=table.flag("permission_excuses"),
        organiser_decides=_settled(table, "organiser_decides", parameters),
        limits=MappingProxyType(_limits(table.table("limits"), parameters)),
        sanctioned_by=table.names("sanctioned_by"),
        follows=_optional(table, "follows", _follows),
    )
    if clause.outcome != "note" and clause.penalty is None:
        table.wrong("penalty", "{ kind = ... }, since the outcome is no note")
    if clause.penalty is not None and not clause.signers:
        table.wrong("signers", "lists of roles, since there is a penalty")
    table.done()
    return clause


def _settled(table: Table, key: str, parameters: Mapping[str, model.Parameter]) -> bool:
    """Return true or false, which may be said by a parameter's name."""
    value = table.get(key, (bool, str), "true, false or the name of a parameter", default=False)
    value = _value(value, parameters)
    if not isinstance(value, bool):
        table.wrong(key, "true, false, or the name of a parameter that is one of them")
        return False
    return value


def _optional(table: Table, key: str, make: Callable[[Table], Any]) -> Any:
    if key not in table.raw:
        table.asked.add(key)
        return None
    return make(table.table(key))


def _labels(table: Table) -> dict[str, float]:
    known = {key.removeprefix("label.") for key in words.table() if key.startswith("label.")}
    for label in table.raw:
        if label not in known:
            table.problems.append(f"{table.name}: no such flag label: {label}")
    return {label: table.number(label, 0, 1) for label in table.raw}


def _limits(table: Table, parameters: Mapping[str, model.Parameter]) -> dict[str, float]:
    limits = {}
    for name in table.raw:
        value = table.get(name, (int, float, str), "a number or the name of a parameter")
        value = _value(value, parameters)
        if isinstance(value, (str, bool)):
            table.wrong(name, "a number, or the name of a parameter that is one")
            continue
        limits[name] = float(value)
    return limits


def _penalty(table: Table) -> model.Penalty:
    penalty = model.Penalty(
        kind=table.choice("kind", model.PENALTIES), ban_years=int(table.number("ban_years", 0, 99))
    )
    table.done()
    return penalty


def _follows(table: Table) -> model.Follows:
    follows = model.Follows(
        penalty=table.choice("penalty", model.PENALTIES), count=int(table.number("count", 1, 99))
    )
    table.done()
    return follows


def _signers(table: Table) -> tuple[tuple[str, ...], ...]:
    found = table.get("signers", list, "lists of roles", default=[])
    good = all(
        isinstance(group, list) and group and all(role in model.SIGNER_ROLES for role in group)
        for group in found
    )
    if not good:
        table.wrong("signers", f"lists of roles out of {', '.join(model.SIGNER_ROLES)}")
        return ()
    return tuple(tuple(group) for group in found)


def _conflict(table: Table) -> model.Conflict:
    conflict = model.Conflict(
        id=table.text("id"),
        clauses=table.names("clauses"),
        summary=table.both("summary"),
        parameter=table.get("parameter", str, "the name of a parameter", default="") or None,
    )
    table.done()
    return conflict


def _omitted(table: Table) -> model.Omitted:
    omitted = model.Omitted(number=table.text("number"), reason=table.text("reason"))
    table.done()
    return omitted


def _check_references(book: model.Rulebook, problems: list[str]) -> None:
    ids = [clause.id for clause in book.clauses]
    problems.extend(
        f"clauses {i}: the id is there twice" for i in sorted(set(ids)) if _twice(i, ids)
    )
    problems.extend(
        f"required_streams: no such stream: {stream}"
        for stream in book.required_streams
        if stream not in STREAMS
    )
    cited = [("clauses", c.id, c.sanctioned_by) for c in book.clauses]
    cited += [("conflicts", c.id, c.clauses) for c in book.conflicts]
    problems.extend(
        f"{kind} {name}: no such clause: {other}"
        for kind, name, others in cited
        for other in others
        if other not in ids
    )
    problems.extend(
        f"conflicts {c.id}: no such parameter: {c.parameter}"
        for c in book.conflicts
        if c.parameter is not None and c.parameter not in book.parameters
    )
    if not ids:
        problems.append("clauses: expected at least one [[clauses]], found nothing")


def _twice(item: str, items: list[str]) -> bool:
    return items.count(item) > 1
