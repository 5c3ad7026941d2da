"""CSV (docs/reference/builtins.md 12.2)."""

from __future__ import annotations

import re

from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import thrown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm


def _delimiter(name: str, options: dict[str, Any] | None) -> str:
    delimiter = (options or {}).get("delimiter")
    if delimiter is None:
        return ","
    if type(delimiter) is not str or len(delimiter) != 1 or delimiter in '"\r\n':
        raise thrown(f"{name}: delimiter must be a single character")
    return delimiter


def _has_headers(options: dict[str, Any] | None) -> bool:
    return (options or {}).get("headers") is True


def _records(text: str, delimiter: str) -> list[list[str]]:
    """The rows of a text; lines with nothing on them do not count."""
    stop = re.escape(delimiter)
    field = re.compile(rf'(?:"((?:[^"]|"")*)(?:"|\Z))?([^{stop}\r\n]*)({stop}|\r\n|\r|\n|\Z)')
    records: list[list[str]] = []
    record: list[str] = []
    position = 0
    while position < len(text) or record:
        found = field.match(text, position)
        assert found is not None
        quoted, plain, end = found.groups()
        blank = not record and quoted is None and not plain and end != delimiter
        if not blank:
            record.append(("" if quoted is None else quoted.replace('""', '"')) + plain)
        position = found.end()
        if end != delimiter:
            if record:
                records.append(record)
                record = []
            if not end:
                break
    return records


@builtin("csv_parse(text: string, options?: dict) -> list", area="csv")
def csv_parse(_vm: Vm, text: str, options: dict[str, Any] | None = None) -> list[Any]:
    """The rows of a CSV text as lists, or as dicts with the option ``headers``."""
    records: list[Any] = _records(text, _delimiter("csv_parse", options))
    if not _has_headers(options) or not records:
        return records
    headers, *rows = records
    return [dict(zip(headers, row + [""] * (len(headers) - len(row)), strict=False)) for row in rows]


@builtin("csv_stringify(rows: list, options?: dict) -> string", area="csv")
def csv_stringify(_vm: Vm, rows: list[Any], options: dict[str, Any] | None = None) -> str:
    """Rows of lists or dicts as CSV; a first line of column names with the option ``headers``."""
    delimiter = _delimiter("csv_stringify", options)
    kinds = {type(row) for row in rows}
    if dict in kinds and len(kinds) > 1:
        raise thrown("csv_stringify: mixed list/dict rows are not supported")
    if kinds - {list, dict}:
        raise thrown("csv_stringify: each row must be a list of cells (or use dict rows)")
    table = rows
    if dict in kinds:
        columns = sorted({key for row in rows for key in row})
        table = [[row.get(column, "") for column in columns] for row in rows]
        if _has_headers(options):
            table.insert(0, columns)
    elif _has_headers(options) and type((options or {}).get("columns")) is list:
        table = [(options or {})["columns"], *rows]
    needs_quotes = re.compile(f'[{re.escape(delimiter)}"\r\n]')
    return "".join(_line([display(cell) for cell in row], delimiter, needs_quotes) for row in table)


def _line(cells: list[str], delimiter: str, needs_quotes: re.Pattern[str]) -> str:
    if cells == [""]:
        return '""\n'
    quoted = ['"' + cell.replace('"', '""') + '"' if needs_quotes.search(cell) else cell for cell in cells]
    return delimiter.join(quoted) + "\n"
