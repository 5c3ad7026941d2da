"""Builds statements, declarations and the program (see ``build_expressions.py`` for how builders work)."""

from __future__ import annotations

from typing import Any, Final

from harnlite.records import evolve
from harnlite.source import Span
from harnlite.syntax import tree
from harnlite.syntax.build_expressions import Builder, Parts, string_value
from harnlite.syntax.strings import duration_value, integer_value

__all__ = ["STATEMENTS"]


def _optional_second(parts: Parts, _span: Span) -> Any:
    return parts[1] if parts else None


def _every_second(parts: Parts, _span: Span) -> tuple[Any, ...]:
    return tuple(parts[::2])


def _names(parts: Parts, _span: Span) -> tuple[str, ...]:
    return tuple(token.text for token in parts[::2])


# --- bindings and patterns -----------------------------------------------------------------------


def _binding(parts: Parts, span: Span) -> tree.Binding:
    name = tree.NamePattern(Span(parts[1].start, parts[1].end), parts[1].text)
    return tree.Binding(span, parts[0].text, name, parts[2], parts[4])


def _pattern_content(parts: Parts) -> tuple[tuple[tree.PatternField, ...], str | None]:
    """Give the fields and the rest of a pattern; the grammar lets the rest stand last only."""
    items = parts[1:-1:2]
    if items and isinstance(items[-1], str):
        return tuple(items[:-1]), items[-1]
    return tuple(items), None


def _for(parts: Parts, span: Span) -> tree.For:
    return tree.For(span, parts[1], parts[3], parts[4])


def _select(parts: Parts, span: Span) -> tree.Select:
    cases = tuple(part for part in parts[2:-1] if isinstance(part, tree.SelectCase))
    timeout = next((part for part in parts if isinstance(part, tree.SelectTimeout)), None)
    default = next((part for part in parts if isinstance(part, tree.Block)), None)
    return tree.Select(span, cases, timeout, default)


def _return(parts: Parts, span: Span) -> tree.Return:
    return tree.Return(span, parts[1] if len(parts) == 2 else None)


def _yield(parts: Parts, span: Span) -> tree.Yield:
    return tree.Yield(span, parts[1] if len(parts) == 2 else None)


def _assignment(parts: Parts, span: Span) -> tree.Assignment:
    return tree.Assignment(span, parts[0], parts[1].text[:-1], parts[2])


# --- attributes and `pub` ------------------------------------------------------------------------


def _public(parts: Parts, span: Span) -> Any:
    declaration = parts[1]
    declaration.public = True
    declaration.span = span
    return declaration


def _attributed(parts: Parts, span: Span) -> Any:
    declaration = parts[1]
    declaration.attributes = parts[0]
    declaration.span = span
    return declaration


def _attributed_public(parts: Parts, span: Span) -> Any:
    return _attributed([parts[0], _public(parts[1:], span)], span)


def _attribute(parts: Parts, span: Span) -> tree.Attribute:
    return tree.Attribute(span, parts[1].text, parts[2])


def _attribute_argument(parts: Parts, _span: Span) -> tuple[str | None, Any]:
    return (parts[0].text, parts[2]) if len(parts) == 3 else (None, parts[0])


def _attribute_literal(parts: Parts, _span: Span) -> Any:
    token = parts[0]
    kind = token.kind
    if kind in ("STRING", "RAW_STRING"):
        return string_value(token)
    if kind == "INT":
        return integer_value(token.text)
    if kind == "FLOAT":
        return float(token.text)
    if kind == "DURATION":
        return duration_value(token.text)
    return {"NIL": None, "TRUE": True, "FALSE": False}.get(kind, token.text)


def _attribute_entry(parts: Parts, _span: Span) -> tuple[str, Any]:
    key = parts[0]
    return key.text if key.kind == "NAME" else string_value(key), parts[2]


# --- declarations --------------------------------------------------------------------------------


def _function(parts: Parts, span: Span) -> tree.FunctionDeclaration:
    _, name, type_parameters, _, parameters, _, result, where, body = parts
    return tree.FunctionDeclaration(span, name.text, parameters, body, type_parameters, result, where)


def _generator(parts: Parts, span: Span) -> tree.FunctionDeclaration:
    return evolve(_function(parts[1:], span), generator=True)


def _parameter(parts: Parts, span: Span) -> tree.Parameter:
    rest, name, annotation, default = parts
    return tree.Parameter(span, name.text, annotation, default, rest)


def _type_parameter(parts: Parts, span: Span) -> tree.TypeParameter:
    return tree.TypeParameter(span, parts[-1].text, parts[0].text if len(parts) == 2 else "")


def _tool(parts: Parts, span: Span) -> tree.ToolDeclaration:
    _, name, _, parameters, _, result, opening, description, statements, closing = parts
    body = tree.Block(Span(opening.start, closing.end), statements)
    return tree.ToolDeclaration(span, name.text, parameters, result, description, body)


def _description(parts: Parts, _span: Span) -> str | None:
    return string_value(parts[1]) if parts else None


def _named_entry(parts: Parts, _span: Span) -> tuple[str, tree.Expression]:
    return parts[0].text, parts[-1]


def _pipeline(parts: Parts, span: Span) -> tree.PipelineDeclaration:
    _, name, _, parameters, _, result, parent, body = parts
    return tree.PipelineDeclaration(span, name.text, parameters, result, parent, body)


def _override(parts: Parts, span: Span) -> tree.OverrideDeclaration:
    return tree.OverrideDeclaration(span, parts[1].text, parts[3], parts[5])


def _struct_field(parts: Parts, span: Span) -> tree.StructField:
    return tree.StructField(span, parts[0].text, parts[1], parts[2])


def _interface(parts: Parts, span: Span) -> tree.InterfaceDeclaration:
    members = parts[4:-1]
    methods = tuple(member for member in members if isinstance(member, tree.InterfaceMethod))
    types = tuple(member for member in members if isinstance(member, tree.AssociatedType))
    return tree.InterfaceDeclaration(span, parts[1].text, parts[2], methods, types)


def _interface_method(parts: Parts, span: Span) -> tree.InterfaceMethod:
    return tree.InterfaceMethod(span, parts[1].text, parts[2], parts[4], parts[6])


STATEMENTS: Final[dict[str, Builder]] = {
    "program": lambda parts, span: tree.Program(span, tuple(parts[::2])),
    "statements": _every_second,
    "block": lambda parts, span: tree.Block(span, parts[1]),
    "binding": _binding,
    "destructuring": lambda parts, span: tree.Binding(span, parts[0].text, parts[1], None, parts[3]),
    "annotation": _optional_second,
    "default": _optional_second,
    "dict_pattern": lambda parts, span: tree.DictPattern(span, *_pattern_content(parts)),
    "list_pattern": lambda parts, span: tree.ListPattern(span, *_pattern_content(parts)),
    "pattern_field": lambda parts, span: tree.PatternField(span, parts[0].text, None, parts[1]),
    "aliased_field": lambda parts, span: tree.PatternField(span, parts[0].text, parts[2].text, parts[3]),
    "pattern_rest": lambda parts, _span: parts[1].text,
    "for": _for,
    "name_pattern": lambda parts, span: tree.NamePattern(span, parts[0].text),
    "pair_pattern": lambda parts, span: tree.PairPattern(span, parts[1].text, parts[3].text),
    "while": lambda parts, span: tree.While(span, parts[1], parts[2]),
    "while_in_parentheses": lambda parts, span: tree.While(span, parts[2], parts[4]),
    "guard": lambda parts, span: tree.Guard(span, parts[1], parts[3]),
    "require": lambda parts, span: tree.Require(span, parts[1], parts[2]),
    "require_message": _optional_second,
    "select": _select,
    "select_case": lambda parts, span: tree.SelectCase(span, parts[0].text, parts[2], parts[3]),
    "select_timeout": lambda parts, span: tree.SelectTimeout(span, parts[1], parts[2]),
    "select_default": lambda parts, _span: parts[1],
    "mutex": lambda parts, span: tree.Mutex(span, parts[1]),
    "defer": lambda parts, span: tree.Defer(span, parts[1]),
    "return": _return,
    "throw": lambda parts, span: tree.Throw(span, parts[1]),
    "yield": _yield,
    "emit": lambda parts, span: tree.Emit(span, parts[1]),
    "break": lambda _parts, span: tree.Break(span),
    "continue": lambda _parts, span: tree.Continue(span),
    "assignment": _assignment,
    "expression_statement": lambda parts, span: tree.ExpressionStatement(span, parts[0]),
    "public": _public,
    "attributed": _attributed,
    "attributed_public": _attributed_public,
    "attributes": lambda parts, _span: tuple(parts),
    "attribute": _attribute,
    "attribute_arguments": lambda parts, _span: tuple(parts[1:-1:2]),
    "attribute_argument": _attribute_argument,
    "attribute_value": lambda parts, _span: parts[0],
    "attribute_literal": _attribute_literal,
    "attribute_negative": lambda parts, span: -_attribute_literal(parts[1:], span),
    "attribute_name": lambda parts, _span: ".".join(token.text for token in parts[::2]),
    "attribute_call": lambda parts, _span: ("call", parts[0], tuple(parts[2:-1:2])),
    "attribute_list": lambda parts, _span: parts[1:-1:2],
    "attribute_dict": lambda parts, _span: dict(parts[1:-1:2]),
    "attribute_entry": _attribute_entry,
    "import_all": lambda parts, span: tree.Import(span, string_value(parts[1]), None),
    "import_names": lambda parts, span: tree.Import(span, string_value(parts[5]), parts[2]),
    "import_from_path": lambda parts, span: tree.Import(span, "/".join(parts[1]), parts[5]),
    "import_path": lambda parts, _span: [parts[0].text] if len(parts) == 1 else [*parts[0], parts[3].text],
    "names": _names,
    "function": _function,
    "generator": _generator,
    "parameters": _every_second,
    "parameter": _parameter,
    "rest": lambda parts, _span: bool(parts),
    "result": _optional_second,
    "where": lambda parts, _span: tuple(parts[1::2]),
    "where_bound": lambda parts, span: tree.WhereBound(span, parts[0].text, parts[2].text),
    "type_parameters": lambda parts, _span: tuple(parts[1:-1:2]),
    "type_parameter": _type_parameter,
    "tool": _tool,
    "description": _description,
    "skill": lambda parts, span: tree.SkillDeclaration(span, parts[1].text, parts[3]),
    "eval_pack": lambda parts, span: tree.EvalPackDeclaration(span, parts[1].text, parts[3]),
    "entries": _every_second,
    "named_entry": _named_entry,
    "pipeline": _pipeline,
    "extends": lambda parts, _span: parts[1].text if parts else None,
    "override": _override,
    "type_declaration": lambda parts, span: tree.TypeDeclaration(span, parts[1].text, parts[2], parts[4]),
    "enum": lambda parts, span: tree.EnumDeclaration(span, parts[1].text, parts[2], tuple(parts[4:-1:2])),
    "variant": lambda parts, span: tree.Variant(span, parts[0].text, parts[1]),
    "variant_parameters": lambda parts, _span: parts[1] if parts else (),
    "struct": lambda parts, span: tree.StructDeclaration(span, parts[1].text, parts[2], tuple(parts[4:-1:2])),
    "struct_field": _struct_field,
    "optional": lambda parts, _span: bool(parts),
    "interface": _interface,
    "interface_method": _interface_method,
    "associated_type": lambda parts, span: tree.AssociatedType(span, parts[1].text, parts[2]),
    "associated": _optional_second,
    "impl": lambda parts, span: tree.ImplDeclaration(span, parts[1].text, tuple(parts[3:-1])),
}
"""The builder of each alternative that is a statement or part of one."""
