"""Schemas: checking values, converting and combining schemas (docs/reference/builtins.md 15)."""

from __future__ import annotations

from harnlite.builtins.patterns import Patterns
from harnlite.builtins.registry import builtin
from harnlite.builtins.schema_forms import canonical, exported, without_required
from harnlite.builtins.schema_rules import Validator
from harnlite.values.display import display, type_name
from harnlite.values.errors import thrown
from harnlite.values.types import EnumValue, err, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

_NOT_A_SCHEMA = "schema must be a dict"


def _validated(vm: Vm, value: Any, schema: Any, *, apply_defaults: bool = False) -> tuple[Any, list[str]]:
    """The value, perhaps with defaults, and what is wrong with it."""
    if type(schema) is not dict:
        return value, [_NOT_A_SCHEMA]
    form = canonical(schema)

    def search(pattern: str, text: str) -> bool:
        return vm.service(Patterns).compile(pattern).matches(text)

    validator = Validator(form, search, apply_defaults=apply_defaults)
    result = validator.check(value, form)
    return result, validator.errors


def _result(vm: Vm, value: Any, schema: Any, *, apply_defaults: bool) -> EnumValue:
    result, errors = _validated(vm, value, schema, apply_defaults=apply_defaults)
    if not errors:
        return ok(result)
    report: dict[str, Any] = {"errors": errors, "message": errors[0]}
    if type(schema) is dict:
        report["value"] = value
    return err(report)


@builtin("schema_check(value: any, schema: any) -> Result", area="schemas")
def schema_check(vm: Vm, value: Any, schema: Any) -> EnumValue:
    """Ok(value), or Err with the list of errors."""
    return _result(vm, value, schema, apply_defaults=False)


@builtin("schema_parse(value: any, schema: any) -> Result", area="schemas")
def schema_parse(vm: Vm, value: Any, schema: Any) -> EnumValue:
    """Ok(value with defaults filled in), or Err with the list of errors."""
    return _result(vm, value, schema, apply_defaults=True)


@builtin("schema_is(value: any, schema: any) -> bool", area="schemas", aliases=("is_type",))
def schema_is(vm: Vm, value: Any, schema: Any) -> bool:
    """Whether a value fits a schema."""
    return not _validated(vm, value, schema)[1]


@builtin("schema_expect(value: any, schema: any, apply_defaults?: bool) -> any", area="schemas")
def schema_expect(vm: Vm, value: Any, schema: Any, apply_defaults: bool | None = None) -> Any:
    """The value, or all errors thrown as one text."""
    result, errors = _validated(vm, value, schema, apply_defaults=apply_defaults is True)
    if errors:
        raise thrown("; ".join(errors))
    return result


@builtin("json_validate(value: any, schema: any) -> bool", area="schemas")
def json_validate(vm: Vm, value: Any, schema: Any) -> bool:
    """True, or all errors thrown as one text."""
    schema_expect(vm, value, schema)
    return True


@builtin("schema_of(alias: any) -> dict", area="schemas")
def schema_of(_vm: Vm, alias: Any) -> dict[str, Any]:
    """The schema of a type alias; the compiler puts it in the alias's place."""
    if type(alias) is not dict:
        raise thrown(f"schema_of: expected a type alias or schema dict, got {type_name(alias)}")
    return alias


def _form(schema: Any) -> dict[str, Any]:
    if type(schema) is not dict:
        raise thrown(_NOT_A_SCHEMA)
    form: dict[str, Any] = canonical(schema)
    return form


@builtin("schema_to_json_schema(schema: any) -> dict", area="schemas")
def schema_to_json_schema(_vm: Vm, schema: Any) -> Any:
    """A schema in the words of JSON Schema."""
    return exported(_form(schema), openapi=False)


@builtin("schema_to_openapi_schema(schema: any) -> dict", area="schemas")
def schema_to_openapi_schema(_vm: Vm, schema: Any) -> Any:
    """A schema in the words of OpenAPI."""
    return exported(_form(schema), openapi=True)


@builtin("schema_from_json_schema(schema: any) -> dict", area="schemas", aliases=("schema_from_openapi_schema",))
def schema_from_json_schema(_vm: Vm, schema: Any) -> dict[str, Any]:
    """A JSON or OpenAPI schema in our own words."""
    return _form(schema)


@builtin("schema_extend(base: any, other: any) -> dict", area="schemas")
def schema_extend(_vm: Vm, base: Any, other: Any) -> dict[str, Any]:
    """Two schemas merged key by key; the second wins."""
    return _form(base) | _form(other)


@builtin("schema_partial(schema: any) -> dict", area="schemas")
def schema_partial(_vm: Vm, schema: Any) -> Any:
    """A schema in which every property may be missing, at every level."""
    return without_required(_form(schema))


def _reduced(schema: Any, keys: Any, *, keep: bool) -> dict[str, Any]:
    form = _form(schema)
    if type(keys) is not list:
        raise thrown(f"schema keys must be a list, got {type_name(keys)}")
    named = {display(key) for key in keys}
    if type(form.get("properties")) is dict:
        form["properties"] = {name: inner for name, inner in form["properties"].items() if (name in named) is keep}
    if type(form.get("required")) is list:
        form["required"] = [name for name in form["required"] if (display(name) in named) is keep]
    return form


@builtin("schema_pick(schema: any, keys: any) -> dict", area="schemas")
def schema_pick(_vm: Vm, schema: Any, keys: Any) -> dict[str, Any]:
    """A schema with only these properties."""
    return _reduced(schema, keys, keep=True)


@builtin("schema_omit(schema: any, keys: any) -> dict", area="schemas")
def schema_omit(_vm: Vm, schema: Any, keys: Any) -> dict[str, Any]:
    """A schema without these properties."""
    return _reduced(schema, keys, keep=False)
