"""Templates: builtins.md 16."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnlite.values.equality import make_set
from harnlite.values.types import RangeValue
from tests.unit.builtins.library_fixture import Library

RENDERED: list[tuple[str, dict[str, Any], str]] = [
    ("Hi {{ name }} {{ missing }} {{ a.b }}!", {"name": "Bob"}, "Hi Bob {{missing}} !"),
    ("{{nil}} {{ true }}", {}, "{{nil}} {{true}}"),
    ("{{ x }}{{ y }}", {"x": None, "y": [1, None]}, "[1, nil]"),
    ('{{ xs[0] }}{{ xs[-1] }}{{ xs[9] }}{{ d["k"] }}', {"xs": [1, 2], "d": {"k": 3}}, "123"),
    ("{{ if x }}yes{{ elif y }}mid{{ else }}no{{ end }}", {"x": " ", "y": 1}, "mid"),
    ("{{ if s }}t{{ end }}{{ if e }}f{{ end }}", {"s": make_set([]), "e": []}, "t"),
    (
        "{{ for x in xs }}{{ loop.index }}:{{ x }}{{ if not loop.last }}, {{ end }}{{ end }}",
        {"xs": ["a", "b"]},
        "1:a, 2:b",
    ),
    ("{{ for k, v in d }}{{ k }}={{ v }};{{ else }}none{{ end }}", {"d": {"b": 1, "a": 2}}, "a=2;b=1;"),
    ("{{ for k, v in d }}{{ k }}{{ else }}none{{ end }}", {"d": {}}, "none"),
    (
        "{{ for i in r }}{{ i }}{{ loop.index0 }}{{ loop.first }}{{ end }}",
        {"r": RangeValue(5, 6, False)},
        "50true61false",
    ),
    ("{{ for x in n }}{{ else }}none{{ end }}", {"n": None}, "none"),
    ("{{ a and b }} {{ z or b }} {{ !a }} {{ not z }}", {"a": 1, "b": 2, "z": 0}, "2 2 false true"),
    ("{{ 1 < 2 && 2 >= 2 }} {{ x == true }} {{ x != nil }}", {"x": True}, "true true true"),
    ('{{ (z or "q") | upper }}', {"z": ""}, "Q"),
    ("{{ \"a}}b\" }}{{ 'c\\n' }}", {}, "a}}bc\n"),
    ('{{ xs | join: ", " | upper }}', {"xs": ["a", None, "b"]}, "A, , B"),
    ('{{ n | default: "anon" }}', {"n": "  "}, "anon"),
    ("{{ d | json }}", {"d": {"b": 1.0, "a": [None]}}, '{"a":[null],"b":1.0}'),
    ("{{ d | json: true }}", {"d": [1]}, "[\n  1\n]"),
    ("{{ s | capitalize }} {{ s | title }} {{ s | length }}", {"s": "hELLO wORLD"}, "Hello world Hello World 11"),
    ("{{ s | first }}{{ s | last }}{{ s | reverse }}", {"s": "abc"}, "accba"),
    ("{{ s | trim | lower }}", {"s": " A "}, "a"),
    ("{{ s | indent: 2 }}|{{ s | indent: 2, true }}", {"s": "a\nb"}, "a\n  b|  a\n  b"),
    ("{{ s | lines | length }}", {"s": "a\r\nb\n"}, "2"),
    ('{{ s | escape_md }}{{ s | replace: "*", "-" }}', {"s": "a*b"}, "a\\*ba-b"),
    ("{{# c {{ }} #}}x{{ raw }}{{ y }}{{ endraw }}", {}, "x{{ y }}"),
    ("a\n{{- x -}}\nb", {"x": 1}, "a1b"),
    ("a\n\n  {{- x -}}  \n\nb", {"x": 1}, "a\n1\nb"),
    ("{{- x }} {{ x -}}", {"x": 1}, "1 1"),
    ("{ { x } }", {"x": 1}, "{ { x } }"),
]

MISTAKES: list[tuple[str, str]] = [
    ("{{ x | nope }}", "at 1:1: unknown filter `nope`"),
    (
        'a {{ section "x" }}{{ end }}',
        "at 1:3: `{{ section }}` is not supported: its form depends on the language model",
    ),
    ("a\n b{{ x ", "at 2:3: unterminated directive"),
    ("{{# x", "at 1:1: unterminated comment"),
    ("{{ raw }}x", "at 1:1: `{{ raw }}` missing matching `{{ endraw }}`"),
    ("{{ if x }}", "at 1:1: `{{ if }}` missing matching `{{ end }}`"),
    ("{{ for x in xs }}{{ if x }}{{ end }}", "at 1:1: `{{ for }}` missing matching `{{ end }}`"),
    ("{{ for x in 5 }}{{ end }}", "at 1:1: cannot iterate over int — expected list, dict, set, or range"),
    ("{{ }}", "at 1:1: expected expression"),
    ("{{ x == }}", "at 1:1: expected expression"),
    ("{{ x | join: 1, 2 }}", "at 1:1: filter `join` got wrong number of arguments"),
    ("{{ end }}", "at 1:1: unexpected `{{ end }}`"),
    ("{{ if x }}{{ else }}{{ else }}{{ end }}", "at 1:21: unexpected `{{ else }}`"),
    ("{{ 1 + 2 }}", "at 1:1: unexpected character `+`"),
    ("{{ x y }}", "at 1:1: unexpected `y`"),
    ("{{ for 1 in x }}{{ end }}", "at 1:1: expected identifier"),
    ("{{ 5 | join }}", "at 1:1: filter `join` expects a list, got int"),
    ("{{ " + "(" * 500 + " }}", "at 1:1: expression is nested too deeply"),
    ("{{ if x }}" * 500, "at 1:1011: template is nested too deeply"),
]


@pytest.mark.parametrize(("template", "bindings", "expected"), RENDERED)
def test_render_string(template: str, bindings: dict[str, Any], expected: str) -> None:
    assert Library().run("render_string", template, bindings) == expected


@pytest.mark.parametrize(("template", "message"), MISTAKES)
def test_mistakes(template: str, message: str) -> None:
    assert Library().show("render_string", template, {}) == f"!! {message}"


def test_files_and_includes(tmp_path: Path) -> None:
    library = Library(str(tmp_path))
    (tmp_path / "sub").mkdir()
    (tmp_path / "main.txt").write_text('{{ include "sub/part.txt" with { y: x, z: 2 } }}!', "utf-8")
    (tmp_path / "sub" / "part.txt").write_text('{{ x }}{{ y }}{{ z }}{{ include "leaf.txt" }}', "utf-8")
    (tmp_path / "sub" / "leaf.txt").write_text("{{ y | upper }}", "utf-8")
    assert library.run("render", "main.txt", {"x": "a"}) == "aa2A!"
    assert library.run("render_prompt", "main.txt", {"x": "a"}) == "aa2A!"
    missing = "No such file or directory (os error 2)"
    assert library.show("render", "none.txt") == f"!! Failed to read template {tmp_path}/none.txt: {missing}"
    shown = library.show("render_string", '{{ include "none.txt" }}')
    assert shown == f"!! at 1:1: failed to read included template {tmp_path}/none.txt: {missing}"


def test_includes_end(tmp_path: Path) -> None:
    library = Library(str(tmp_path))
    (tmp_path / "a.txt").write_text('{{ include "b.txt" }}', "utf-8")
    (tmp_path / "b.txt").write_text('\n {{ include "a.txt" }}', "utf-8")
    shown = library.show("render", "a.txt")
    assert shown.startswith(f"!! {tmp_path}/b.txt at 2:2: include cycle: {tmp_path}/a.txt -> {tmp_path}/b.txt")
    for number in range(40):
        (tmp_path / f"n{number}.txt").write_text(f'{{{{ include "n{number + 1}.txt" }}}}', "utf-8")
    assert library.show("render", "n0.txt").endswith("includes are nested deeper than 32")


def test_a_template_outside_the_policy_is_refused(tmp_path: Path) -> None:
    shown = Library(str(tmp_path)).show("render_string", '{{ include "/etc/hostname" }}')
    assert shown == "!! Error [tool_rejected]: the sandbox policy does not allow reading /etc/hostname"


@given(st.text(alphabet='{}#-|: ifelsndor"x.[]1,()!=\n', max_size=40))
def test_any_template_renders_or_is_refused_in_words(template: str) -> None:
    shown = Library().show("render_string", template, {"x": [1, {"x": "s"}], "i": 1})
    assert not shown.startswith("!! ") or shown.startswith("!! at ") or template.startswith("!! ")
