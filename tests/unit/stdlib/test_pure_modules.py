"""The standard modules written in Harn: builtins.md 18, more.md 9. Each row is an expression and what it shows."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from harnlite.engine import RunOptions, run_source
from harnlite.modules import STDLIB_DIRECTORY
from harnlite.source import Source
from harnlite.syntax.formatter import format_source
from harnlite.testing import SimulatedHost

PURE = (
    "ansi async calendar cli coerce collections config diff fs io json json/stream jsonl math os path poll schema "
    "settled table testing text"
).split()

NUMBERS = "items must contain only numbers"
SPEC = (
    '{name: "greet", options: [{name: "count", short: "c", type: "int", default: 1, help: "How often."}, '
    '{name: "loud", short: "l", type: "bool"}, {name: "tag", multiple: true}, {name: "mode", choices: ["a", "b"]}], '
    'positionals: [{name: "who", required: true}, {name: "more", multiple: true}]}'
)

TABLES: dict[str, list[tuple[str, str]]] = {
    "math": [
        ("[avg([]), avg([1, 2]), avg([1, 3])]", "[0, 1.5, 2.0]"),
        ("[sum([]), sum([1, 2]), sum([1, 2.5])]", "[0, 3, 3.5]"),
        ("try { sum([1, true]) }", f"Result.Err({NUMBERS})"),
        ("try { mean([]) }", "Result.Err(items must not be empty)"),
        ("[clamp(2, 3, 1), clamp(5, 0, 3), clamp(-1, 0, 3), clamp(2, 0, 3)]", "[3, 3, 0, 2]"),
        ("[median([3, 1, 2]), median([1, 2])]", "[2, 1.5]"),
        ("try { median([]) }", "Result.Err(items must not be empty)"),
        ("[percentile([1, 2, 3, 4], 90), percentile([1, 2, 3], 50)]", "[3.7, 2]"),
        ("try { percentile([1], 101) }", "Result.Err(percentile must be between 0 and 100)"),
        ("[lerp(0, 10, 0.25), map_range(5, 0, 10, 0, 1)]", "[2.5, 0.5]"),
        ("[round(rad_to_deg(pi)), deg_to_rad(0)]", "[180, 0.0]"),
        ("[argsort([3, 1, 2]), argsort([\"bb\", \"a\"], { s -> len(s) })]", "[[1, 2, 0], [1, 0]]"),
        ("[top_k([3, 1, 3, 2], 2), top_k([\"a\", \"bb\", \"cc\"], 2, { s -> len(s) })]", "[[3, 3], [bb, cc]]"),
        ("[variance([1, 2, 3, 4]), variance([1, 2, 3, 4], true)]", "[1.25, 1.6666666666666667]"),
        ("try { variance([1], true) }", "Result.Err(sample variance requires at least 2 values)"),
        ("[stddev([2, 4]), minmax_scale([1, 2, 3]), minmax_scale([5, 5])]", "[1.0, [0.0, 0.5, 1.0], [0.0, 0.0]]"),
        ("zscore([1, 3])", "[-1.0, 1.0]"),
        ("[weighted_mean([1, 3], [1, 3]), weighted_choice([\"a\", \"b\"], [0, 1])]", "[2.5, b]"),
        ("try { weighted_mean([1], [0]) }", "Result.Err(weights must not sum to zero)"),
        ("softmax([1, 1])", "[0.5, 0.5]"),
        ("[round(normal_pdf(0) * 1000), round(normal_cdf(1.96) * 1000)]", "[399, 975]"),
        ("[normal_quantile(0.5), round(normal_quantile(0.975) * 100), round(normal_quantile(0.001) * 100)]", "[0.0, 196, -309]"),
        ("[dot([1, 2], [3, 4]), vector_norm([3, 4]), vector_normalize([0, 2])]", "[11, 5.0, [0.0, 1.0]]"),
        ("try { dot([1], [1, 2]) }", "Result.Err(vectors must have the same length)"),
        ("try { vector_normalize([0]) }", "Result.Err(cannot normalize a zero vector)"),
        ("[euclidean_distance([0, 0], [3, 4]), manhattan_distance([0, 0], [3, 4]), chebyshev_distance([0, 0], [3, 4])]", "[5.0, 7, 4]"),
        ("[round(cosine_similarity([1, 0], [1, 1]) * 1000), covariance([1, 2], [1, 2]), correlation([1, 2], [2, 4])]", "[707, 0.25, 1.0]"),
        ("[moving_avg([1, 2, 3], 2), ema([1, 2, 3], 0.5)]", "[[1.5, 2.5], [1.0, 1.5, 2.25]]"),
        ("try { moving_avg([1], 2) }", "Result.Err(window must not exceed the number of items)"),
        ("kmeans([[0, 0], [0, 1], [9, 9], [9, 8]], 2).centroids.sort_by({ c -> c[0] })", "[[0.0, 0.5], [9.0, 8.5]]"),
        ("try { kmeans([[0]], 0) }", "Result.Err(k must be at least 1)"),
    ],
    "text": [
        ('truncate_head_tail("a\\nb\\nc\\nd\\ne", 1)', "a\n... (3 lines omitted) ...\ne"),
        ('truncate_head_tail("a\\nb", 1)', "a\nb"),
        ('truncate_head_tail("a\\nb", -1)', "\n... (2 lines omitted) ...\n"),
        ('[int_to_string("5"), int_to_string(2.9), float_to_string("1.5")]', "[5, 2, 1.5]"),
        ('try { int_to_string("x") }', "Result.Err(int_to_string expects an integer-compatible value)"),
        ('[parse_int_or(" 7 ", 1), parse_int_or("x", 1), parse_float_or("2.5", 0.0), parse_int_or(nil, 3)]', "[7, 1, 2.5, 3]"),
        ('extract_paths("see src/a.py, b.txt or /x/y.rs and src/a.py")', "[src/a.py, b.txt, /x/y.rs]"),
        ('parse_cells("x\\n```py main\\nf()\\n```\\ny").map({ c -> [c.lang, c.info, c.content] })', "[[py, py main, f()\n]]"),
        ('filter_test_cells(parse_cells("```\\nassert x\\n```\\n```\\nx = 1\\n```")).count', "1"),
        ('[truncate_text("abcdef", 4, "~"), truncate_middle("abcdefghij", 7), truncate_text("ab", 4)]', "[abc~, ab...ij, ab]"),
        ('[single_line_or(" a\\n b ", "x"), single_line_or(nil, "x")]', "[a b, x]"),
        ('[prefix_lines("a\\nb", "> "), indent("a\\n\\nb")]', "[> a\n> b,   a\n\n  b]"),
        ('[detect_compile_error("x.c:1:2: error: no"), detect_compile_error("fine")]', "[true, false]"),
        ('[has_got_want("got 1, want 2"), has_got_want("got 1")]', "[true, false]"),
        ('format_test_errors("ok 1\\nFAIL two\\nok 3")', "FAIL two"),
    ],
    "collections": [
        ('filter_nil({a: nil, b: "", c: "null", d: 0, e: false, f: [], g: "NULL"})', "{d: 0, e: false, f: [], g: NULL}"),
        ('pick_keys({a: nil, b: 1}, ["a", "b", "z"])', "{a: nil, b: 1}"),
        ('pick_keys({a: nil, b: 1}, ["a", "b"], {drop_nil: true})', "{b: 1}"),
        ('[store_stale("k", 60), store_refresh("k", 60, { -> 5 }), store_refresh("k", 60, { -> 6 }), store_stale("k", 60)]', "[true, 5, 5, false]"),
    ],
    "json": [
        ("pretty([1.0])", "[\n  1.0\n]"),
        ('[safe_parse("[1]"), safe_parse("{"), safe_parse(nil), safe_parse("null")]', "[[1], nil, nil, nil]"),
        ("[merge({a: 1, b: 1}, {b: 2}), pick({a: 1, b: nil}, [\"a\", \"b\", \"c\"])]", "[{a: 1, b: 2}, {a: 1}]"),
        ('omit({a: 1, b: nil, c: 2}, ["c", "z"])', "{a: 1, b: nil}"),
        ('try { omit(json_parse("null"), []) }', "Result.Err(Type error: parameter 'data': expected dict or struct, got nil)"),
    ],
    "json/stream": [
        ('stream_validator({type: "dict"}).state().status', "incomplete"),
        ('stream_validator({type: "dict"}).push("{\\"a\\": 1}").value', "{a: 1}"),
        ('stream_validator({type: "dict"}).push("[]").errors', "[at root: expected type 'dict', got 'list']"),
        ('stream_validator({type: "dict"}).push("{x").status', "invalid"),
    ],
    "path": [
        ('[list_files(cwd()), list_dirs(cwd())]', '[[], []]'),
        ('[ext("a/b.tar.gz"), ext("x"), stem("a/b.txt"), normalize("a\\\\b/../c"), is_absolute("C:/")]', "[gz, , b, a/b/../c, true]"),
        ('[workspace_normalize("/w/a", "/w"), workspace_info("a", "/w").absolute]', "[a, /w/a]"),
    ],
    "coerce": [
        ('["YES", "n", "", "maybe", nil, 0, 0.5, [], [0], {}, {a: 1}, 5s].map({ v -> to_bool_or(v, true) })', "[true, false, true, true, true, false, true, false, true, false, true, true]"),
        ('[to_int_or(" 5 ", 1), to_int_or("x", 1), to_int_or(2.9), to_float_or("1e2"), to_float_or(nil, 1.5)]', "[5, 1, 2, 100.0, 1.5]"),
        ('[to_string_lossy(nil), to_string_lossy(["a", [1]]), to_string_lossy({a: 1}), to_string_lossy(1.0)]', '[, a 1, {"a":1}, 1.0]'),
        ('[to_string_list("a"), to_string_list([1, nil, " "], 5), to_string_list(nil), to_string_list(["a", "b"], 1)]', "[[a], [1], [], [a]]"),
        ('[dict_path_ci({A: {bC: 1}}, "a.BC"), dict_path_ci({}, "a.b"), dict_path_ci({a: 1}, ["a"])]', "[1, nil, 1]"),
        ('[first_non_nil([nil, false, 1]), first_present({a: "", b: 2}, ["a", "b"]), first_present({}, ["a"], 9)]', "[false, 2, 9]"),
    ],
    "settled": [
        ("oks([Ok(1), Err(2), 3, Ok(nil)])", "[1, nil]"),
        ("errs([Ok(1), Err(2), 3])", "[2]"),
        ("[count_oks([Ok(1)]), count_errs([Ok(1)])]", "[1, 0]"),
        ("partition([Ok(1), Err(2)])", "{err_count: 1, errs: [2], ok_count: 1, oks: [1]}"),
        ('map_settled([1, 0], { x -> 6 / x }).map(is_ok)', "[true, false]"),
        ("tally_by([Ok(1), Ok(3), Err(1)], { x -> x % 2 })", "{1: 2, err: 1}"),
        ('enumerate_settled([Ok(1), Err("e")])[1]', "{error: e, index: 1, ok: false, value: nil}"),
        ("summary(parallel settle [1, 0] { x -> 6 / x })", "1 ok, 1 failed"),
    ],
    "async": [
        ("[wait_for(30, 10, { -> false }), wait_for(30, 10, { -> 7 })]", "[Result.Err(timeout), Result.Ok(7)]"),
        ("[retry_until(2, { -> nil }), retry_until(2, { -> 7 })]", "[Result.Err(exhausted), Result.Ok(7)]"),
        ("retry_predicate_with_backoff(2, 1, { -> 0 })", "Result.Err(exhausted)"),
        ('[circuit_call("a", { -> 5 }), circuit_call("a", { -> throw "x" })]', "[Result.Ok(5), Result.Err(x)]"),
        ('circuit_open_example()', "Result.Err(circuit_open)"),
    ],
    "poll": [
        ("[poll_until({ -> 5 }), poll_until({ -> nil }, {max_attempts: 2, interval_ms: 1})]", "[5, nil]"),
        ("poll_until({ -> nil }, {timeout_ms: 20, interval_ms: 10, initial_delay_ms: 1})", "nil"),
        ('wait_for_status({ -> {status: "done", n: 1} }, ["done", "failed"])', "{n: 1, status: done}"),
        ('retry_with_result({ n -> n < 3 ? unwrap(Err("x")) : n }, {interval_ms: 1}).value', "3"),
        ('retry_with_result({ n -> throw "x" }, {interval_ms: 1, max_attempts: 2}).error', "x"),
    ],
    "jsonl": [
        ('parse_jsonl("{\\"a\\":1}\\r\\n\\nbad\\n 5 ")', "[{a: 1}, 5]"),
        ('parse_jsonl("1\\n2\\n3", {max_records: 2})', "[1, 2]"),
        ('try { parse_jsonl("bad", {strict: true}) }', "Result.Err({error: json_parse_failed, line: bad, reason: JSON parse error: expected value at line 1 column 1})"),
        ('parse_jsonl("bad", {on_error: { line, reason -> println(line) }})', "bad\n[]"),
        ('[write_jsonl("f.jsonl", [{b: 1}, 2]), append_jsonl("f.jsonl", 3), read_jsonl("f.jsonl")]', "[nil, nil, [{b: 1}, 2, 3]]"),
        ('fold_jsonl("f.jsonl", 0, { n, record -> n + 1 })', "3"),
    ],
    "schema": [
        ('[schema_array(schema_int()), schema_openapi({type: "int"}), from_openapi_schema({type: "integer"})]', '[{items: {type: int}, type: list}, {type: integer}, {type: int}]'),
        ('schema_partial_deep({type: "dict", required: ["a"], properties: {a: {type: "dict", required: ["b"]}}})', '{properties: {a: {type: dict}}, type: dict}'),
        ("schema_object({a: schema_string(), b: schema_field(schema_int({min: 0}), false)})", "{properties: {a: {type: string}, b: {min: 0, type: int}}, required: [a], type: dict}"),
        ("[schema_nullable(schema_bool()), schema_default(schema_any(), 1), schema_literal(1), schema_enum([1])]", "[{nullable: true, type: bool}, {default: 1, type: any}, {const: 1}, {enum: [1]}]"),
        ("[schema_list(schema_int()), schema_dict(schema_nil()), schema_union([schema_float()]), schema_all_of([])]", "[{items: {type: int}, type: list}, {additional_properties: {type: nil}, type: dict}, {union: [{type: float}]}, {all_of: []}]"),
        ("get_typed_result({}, schema_object({a: schema_default(schema_int(), 3)}))", "Result.Ok({a: 3})"),
        ("try { get_typed_value(5, schema_string()) }", "Result.Err({category: generic, message: at root: expected type 'string', got 'int'})"),
        ("[is_type(5, schema_int()), schema_json(schema_int()), from_json_schema({type: \"integer\"})]", "[true, {type: integer}, {type: int}]"),
        ("[schema_pick_keys({properties: {a: {}, b: {}}}, [\"a\"]), schema_omit_keys({properties: {a: {}}}, [\"a\"])]", "[{properties: {a: {}}}, {properties: {}}]"),
    ],
    "table": [
        ('render_table([{b: 1, a: "x"}, {a: "yyyy", b: nil}])', "a    | b  \n-----+----\nx    | 1  \nyyyy |    "),
        ('render_table([[1, "a|b"], [2, "c\\nd"]], {headers: ["n", "t"], format: "markdown"})', "| n   | t    |\n| --- | ---- |\n| 1   | a\\|b  |\n| 2   | c\\nd |"),
        ('render_table(["abcdefgh", [1]], {max_cell_width: 5, header: false})', "ab...\n1    "),
        ('render_table([{a: 1.5, b: [1]}], {columns: [{key: "a", align: "right", width: 5}, "b"]})', "    a | b  \n------+----\n  1.5 | [1]"),
        ('render_markdown_table([[1]], {columns: [{header: "h", align: "center"}]})', "|  h  |\n| :-: |\n|  1  |"),
        ('[render_table([]), render_table([], {empty: "none"})]', "[, none]"),
        ("render_kv_table({x: {z: 2}})", 'key | value  \n----+--------\nx   | {"z":2}'.replace("value  ", "value  ")),
    ],
    "diff": [
        ('diff_lines("a\\nb", "a\\nc")', '[{kind: equal, text: a}, {kind: delete, text: b}, {kind: insert, text: c}]'),
        ('unified_diff("a\\nb\\nc", "a\\nx\\nc\\nd", {path: "f"})', "--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n a\n-b\n+x\n c\n+d"),
        ('unified_diff("a\\nb\\nc\\nd\\ne", "a\\nb\\nc\\nd\\nX", {context: 1})', "--- before\n+++ after\n@@ -1,5 +1,5 @@\n...\n d\n-e\n+X"),
        ('unified_diff("", "a\\n")', "--- before\n+++ after\n@@ -1,1 +1,2 @@\n+a\n "),
        ('unified_diff("same", "same") == ""', "true"),
        ('unified_diff("a", "b", {from_label: "x", to_label: "y"}).split("\\n").take(2)', "[--- x, +++ y]"),
        ('diff_summary("a\\nb", "b\\nc")', "{added: 1, changed: true, removed: 1, unchanged: 1}"),
        ('render_diff_stat("a", "b", "f")', "f | 2 +1 -1"),
        ('colorize_diff("+a")', "+a"),
    ],
    "ansi": [
        ('[ansi_success, ansi_warn, ansi_error, ansi_info, ansi_muted, ansi_dim, ansi_underline].map({ f -> json_stringify(colored({ -> f("x") })) })', '["\\u001b[32mx\\u001b[0m", "\\u001b[33mx\\u001b[0m", "\\u001b[31mx\\u001b[0m", "\\u001b[36mx\\u001b[0m", "\\u001b[90mx\\u001b[0m", "\\u001b[2mx\\u001b[0m", "\\u001b[4mx\\u001b[0m"]'),
        ('[ansi_bold("x"), ansi_enabled(), ansi_link("a", "u"), ansi_style("x", {bold: true})]', "[x, false, a (u), x]"),
        ('ansi_strip(ansi_escape("1;31") + "x" + ansi_reset())', "x"),
        ('ansi_visible_len(ansi_escape("1") + "héy")', "3"),
        ('[ansi_truncate("hello", 3), ansi_truncate("hi", 3), ansi_truncate("hello", 4, "..")]', "[he…, hi, he..]"),
        ('json_stringify(colored({ -> ansi_style("x", {color: "red", bold: true}) + ansi_bg("y", 200) }))', '"\\u001b[1;31mx\\u001b[0m\\u001b[48;5;200my\\u001b[0m"'),
    ],
    "os": [
        ('[env_bool("FLAG"), env_bool("NO", true), env_int("N"), env_int("NO", 4), env_list("L")]', "[true, true, 7, 4, [a, b]]"),
        ('try { require_env("NO") }', "Result.Err(environment variable NO is required)"),
        ('[require_env("N"), os_info().platform == platform(), command_exists("no-such-command-zz")]', "[7, true, false]"),
    ],
    "config": [
        ('[env_str("N"), env_str("NO", "d"), env_float("N"), env_int("L", 3), env_bool("FLAG"), env_list("NO", ["x"])]', "[7, d, 7.0, 3, true, [x]]"),
        ('[parse_model_id("openai/gpt-4"), parse_model_id("gpt", "p")]', "[{model: gpt-4, provider: openai}, {model: gpt, provider: p}]"),
        ('[write_file("c.toml", "[s]\\na = 1"), load_config("c.toml", "s"), load_config("none.yaml")]', "[nil, {a: 1}, {}]"),
    ],
    "fs": [
        ('[write_json("d/a.json", {k: 1.0}), read_json("d/a.json"), read_file("d/a.json"), read_json("none", 5)]', '[nil, {k: 1.0}, {\n  "k": 1.0\n}\n, 5]'),
        ('[write_yaml("y", [1]), read_yaml("y"), write_toml("t", {a: 1}), read_toml("t"), write_csv("c", [[1, 2]]), read_csv("c")]', "[nil, [1], nil, {a: 1}, nil, [[1, 2]]]"),
        ('[write_lines("l", ["a", 1]), append_line("l", "b"), read_file("l"), touch("e/f"), file_size("e/f")]', "[nil, nil, a\n1\nb\n, nil, 0]"),
        ('[is_file("l"), is_dir("l"), is_dir("e"), is_file("none"), find_files("*.json").map(basename)]', "[true, false, true, false, [a.json]]"),
        ('relative_path("/a/b", "/a")', "b"),
    ],
    "io": [
        ('[write_stderr("e")]', '[nil]'),
        ("read_line()", "{ok: true, status: ok, value: first}"),
        ('read_line({default: "d"})', "{ok: true, status: empty, value: d}"),
        ("read_line({required: true})", "{ok: false, status: empty, value: }"),
        ("read_line({trim: false})", "{ok: true, status: ok, value:  last }"),
        ("read_password()", "{ok: true, status: ok, value: secret}"),
        ("read_line()", "{ok: false, status: eof, value: nil}"),
    ],
    "cli": [
        (f'parse_args(["-lc3", "bob", "--tag=a", "--tag", "b", "--", "-x"], {SPEC})', "{help: false, options: {count: 3, loud: true, mode: nil, tag: [a, b]}, positionals: {more: [-x], who: bob}, rest: []}"),
        (f'parse_args(["--no-loud", "-5"], {SPEC}).positionals.who', "-5"),
        (f'parse_args(["--help"], {SPEC}).help', "true"),
        (f'try {{ parse_args(["--nope"], {SPEC}) }}', "Result.Err(unknown option --nope)"),
        (f'try {{ parse_args([], {SPEC}) }}', "Result.Err(argument who is required)"),
        (f'try {{ parse_args(["--count", "x"], {SPEC}) }}', "Result.Err(option --count expects an int, got 'x')"),
        (f'try {{ parse_args(["--count"], {SPEC}) }}', "Result.Err(option --count needs a value)"),
        (f'try {{ parse_args(["--mode", "c", "x"], {SPEC}) }}', "Result.Err(option --mode must be one of a, b)"),
        (f"help_text({SPEC})", "Usage: greet [options] <who> [more...]\n\nArguments:\n  <who>\n  [more...]\n\nOptions:\n  -c, --count <int>    How often. (default: 1)\n  -l, --loud\n      --tag <string>\n      --mode <string>"),
    ],
    "calendar": [
        ('[start_of_month, end_of_month, start_of_quarter, end_of_quarter].map({ f -> date_format(f(date_parse("2024-02-29"))) })', '[2024-02-01 00:00:00, 2024-02-29 23:59:59, 2024-01-01 00:00:00, 2024-03-31 23:59:59]'),
        ('[start_of_year, end_of_year, end_of_day].map({ f -> date_format(f(date_parse("2024-02-29"))) })', '[2024-01-01 00:00:00, 2024-12-31 23:59:59, 2024-02-29 23:59:59]'),
        ('[start_of_week, end_of_week].map({ f -> date_format(f(date_parse("2024-02-29"))) })', '[2024-02-26 00:00:00, 2024-03-03 23:59:59]'),
        ('iso_week(date_parse("2024-12-30"))', "{week: 1, weekday: 1, year: 2025}"),
        ('[iso_week(date_parse("2021-01-03")).week, quarter(date_parse("2024-04-01")), day_of_year(date_parse("2024-12-31"))]', "[53, 2, 366]"),
        ('["day", "week", "month", "quarter", "year"].map({ u -> date_format(boundaries(date_parse("2024-05-15T12:00:00Z"), u).start, "%F") })', "[2024-05-15, 2024-05-13, 2024-05-01, 2024-04-01, 2024-01-01]"),
        ('["day", "week", "month", "quarter", "year"].map({ u -> date_format(boundaries(date_parse("2024-05-15T12:00:00Z"), u).end) }).map({ t -> t[:10] })', "[2024-05-15, 2024-05-19, 2024-05-31, 2024-06-30, 2024-12-31]"),
        ('date_to_zone(start_of_day(date_parse("2024-03-31T12:00:00Z"), "Europe/Berlin"), "Europe/Berlin")', "2024-03-31T00:00:00+01:00"),
        ('[is_leap_year(1900), is_leap_year(2000), days_in_month(2023, 2), days_in_month(2024, 2)]', "[false, true, 28, 29]"),
        ('date_format(add_months(date_parse("2024-01-31"), 1), "%F")', "2024-02-29"),
        ('date_range(0, 172800).count', "3"),
        ('[date_format(next_weekday(0, 4), "%F"), date_format(next_weekday(0, 0), "%F")]', "[1970-01-08, 1970-01-04]"),
        ('[2024, 2025].map({ y -> date_format(easter(y), "%F") })', "[2024-03-31, 2025-04-20]"),
        ('holidays(2024).map({ h -> h.date }).skip(8)', "[2024-11-11, 2024-11-28, 2024-12-25]"),
        ('date_format(add_business_days(date_parse("2024-07-03"), 1, {region: "US"}), "%F")', "2024-07-05"),
        ('[is_business_day(date_parse("2024-07-06")), business_days_between(date_parse("2024-07-05"), date_parse("2024-07-09"))]', "[false, 2]"),
    ],
    "testing": [
        ('assert_golden_transcript("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 took 12ms (x)", "id <uuid> took <ms> (<any>)")', "nil"),
        ('try { assert_golden_transcript("a\\nb", "a\\nc") }', "Result.Err(line 2: expected 'c', got 'b')"),
        ('try { assert_golden_transcript("a", "a\\nb") }', "Result.Err(line 2: expected 'b', got the end)"),
        ('assert_throws({ -> throw "boom" }, "oo")', "boom"),
        ("try { assert_throws({ -> 1 }) }", "Result.Err(expected an error, but none was thrown)"),
        ("[assert_equal(1, 1.0), assert_close(0.1 + 0.2, 0.3), assert_contains(\"abc\", \"b\")]", "[nil, nil, nil]"),
        ('try { assert_equal(1, 2, "m") }', "Result.Err(m: expected 2, got 1)"),
        ('[assert_receipt_field({a: {b: 1}}, "a.b", 1), try { assert_receipt_field({}, "a.b", 1) }]', "[nil, Result.Err(receipt field a.b: expected 1, got nil)]"),
        ("with_mock_time(5000, { -> now_ms() })", "5000"),
        ('with_stdin("typed\\n", { -> read_line() })', "typed"),
        ('json_stringify(capture_stderr({ -> eprint("q") }))', '"q"'),
    ],
}  # fmt: skip

#: Functions that rows use and that need statements.
HELPERS = {
    "async": """
fn circuit_open_example() {
  circuit_breaker("b", 1, 60000)
  circuit_record_failure("b")
  return circuit_call("b", { -> 5 })
}
""",
    "ansi": """
fn colored(f) {
  set_color_mode("always")
  let text = f()
  set_color_mode("never")
  return text
}
""",
}


@pytest.mark.parametrize("module", TABLES)
def test_module(module: str, tmp_path: Path) -> None:
    """All rows of a module run in one program, in order."""
    rows = TABLES[module]
    lines = "\n".join(f'  println({expression})\n  println("===")' for expression, _ in rows)
    # Under a mocked clock, sleeping takes no time.
    clock = "  mock_time(0)\n" if module in ("async", "poll") else ""
    text = f'import "std/{module}"\n{HELPERS.get(module, "")}\npipeline default(task) {{\n{clock}{lines}\n}}\n'
    host = SimulatedHost(environment={"FLAG": "yes", "N": "7", "L": "a, b,"}, input_text="first\n\n\n last \nsecret\n")
    host.working_directory = str(tmp_path)
    path = str(tmp_path / "main.harn")
    outcome = run_source(Source(path, text), path, RunOptions(use_cache=False, event_log="memory"), host=host)
    assert outcome.exit_code == 0, (outcome, host.errors)
    shown = host.output.split("\n===\n")
    assert dict(zip([expression for expression, _ in rows], shown, strict=False)) == dict(rows)
    assert len(shown) == len(rows) + 1


def test_every_pure_module_has_a_table() -> None:
    assert sorted(TABLES) == sorted(PURE)


@pytest.mark.parametrize("module", PURE)
def test_source_is_formatted_and_documented(module: str) -> None:
    """The modules are in the formatter's style, and every function they export says what it does."""
    text = Path(STDLIB_DIRECTORY, *f"{module}.harn".split("/")).read_text("utf-8")
    assert format_source(Source(f"{module}.harn", text)) == text
    for found in re.finditer(r"^pub fn (\w+)", text, re.MULTILINE):
        before = text[: found.start()].rstrip("\n").rpartition("\n")[2]
        assert before.startswith("///"), found[1]


def test_module_files_are_where_the_loader_looks() -> None:
    for module in PURE:
        assert os.path.exists(os.path.join(STDLIB_DIRECTORY, *f"{module}.harn".split("/")))
