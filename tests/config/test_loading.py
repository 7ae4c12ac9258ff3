from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from riboswitch.config import loading, strict_yaml
from riboswitch.errors import ConfigError

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["data"],
    "$defs": {
        "share": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.25},
        "part": {
            "type": "object",
            "additionalProperties": False,
            "required": ["path"],
            "properties": {"path": {"type": "string"}, "weight": {"type": "number", "default": 1.0}},
        },
    },
    "properties": {
        "data": {
            "type": "object",
            "additionalProperties": {
                "oneOf": [
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["kind", "path"],
                        "properties": {"kind": {"const": "file"}, "path": {"type": "string"}},
                    },
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["kind", "url", "sha256"],
                        "properties": {
                            "kind": {"const": "web"},
                            "url": {"type": "string"},
                            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                            "tries": {"type": "integer", "default": 3},
                        },
                    },
                ]
            },
        },
        "train": {
            "type": "object",
            "default": {},
            "additionalProperties": False,
            "properties": {
                "epochs": {"type": "integer", "minimum": 1, "default": 30},
                "rate": {"type": "number", "default": 0.001},
                "cell": {"type": "string", "enum": ["gru", "lstm"], "default": "gru"},
                "device": {"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 0}, {"type": "null"}]},
                "shuffle": {"type": "boolean", "default": True},
                "tag": {"type": "string"},
                "level": {"enum": [1, 2, 3]},
                "layers": {"type": "array", "minItems": 1, "items": {"type": "integer", "maximum": 512}},
                "validation": {"$ref": "#/$defs/share"},
            },
        },
        "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
        "species": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {"^[a-z_]+$": {"$ref": "#/$defs/part"}},
        },
        "optional": {"type": "object", "properties": {"depth": {"type": "integer", "default": 2}}},
    },
}
GOOD: dict[str, Any] = {"data": {"genes": {"kind": "file", "path": "genes.fsa"}}}


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return path


# --- laws

WORDS = ["gru", "1e-3", "x"]
VALUES = st.none() | st.booleans() | st.integers(-3, 600) | st.floats(-1, 2) | st.sampled_from(WORDS)
SECTIONS = SCHEMA["properties"]
KEYS = st.sampled_from([*SECTIONS, *SECTIONS["train"]["properties"], "kind", "path", "trian"])
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=st.dictionaries(KEYS, TREES, max_size=4))
def test_validate_agrees_with_jsonschema_and_says_one_line(tree: dict[str, Any], schema: Path) -> None:
    try:
        loading.validate(tree, schema)
        refused = ""
    except ConfigError as error:
        refused = str(error)
    assert bool(refused) != Draft202012Validator(SCHEMA).is_valid(tree)
    assert "\n" not in refused
    assert not refused or refused.startswith("config: ")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=st.dictionaries(KEYS, TREES, max_size=4))
def test_defaults_only_add_and_settle(tree: dict[str, Any], schema: Path) -> None:
    before = copy.deepcopy(tree)
    filled = loading.defaults(tree, schema)
    assert tree == before
    assert _contains(filled, tree)
    assert loading.defaults(filled, schema) == filled


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(k in whole and _contains(whole[k], v) for k, v in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(_contains, whole, part))
    return bool(whole == part)


# --- every message of validate


def with_train(**train: Any) -> dict[str, Any]:
    return {**GOOD, "train": train}


def web(**keys: Any) -> dict[str, Any]:
    return {"data": {"genes": {"kind": "web", **keys}}}


MESSAGES = [
    ({**GOOD, "trian": {}}, "unknown key trian. Did you mean train?"),
    (with_train(epoch=3), "unknown key train.epoch. Did you mean epochs?"),
    ({"date": {}}, "unknown key date. Did you mean data?"),  # not: lacks the key data
    (
        {**GOOD, "zzz": 1},
        "unknown key zzz. Known here: data, optional, parts, species, train.",
    ),
    (
        {**GOOD, "species": {"E coli": {"path": "x"}}},
        "unknown key species.E coli. Known here: names of the form ^[a-z_]+$.",
    ),
    ({}, "the configuration lacks the key data"),
    ({**GOOD, "parts": [{"path": "a"}, {"weight": 2}]}, "parts[1] lacks the key path"),
    (with_train(epochs="ten"), "train.epochs must be a whole number, found the text 'ten'"),
    (with_train(epochs=2.5), "train.epochs must be a whole number, found 2.5"),
    (with_train(epochs=True), "train.epochs must be a whole number, found true"),
    (with_train(epochs=None), "train.epochs must be a whole number, found nothing"),
    (with_train(epochs=0), "train.epochs must be 1 or more, found 0"),
    (
        with_train(rate="1e-3"),
        "train.rate must be a number, found the text '1e-3'. "
        "YAML takes this for text; write 0.001 without quotes.",
    ),
    (
        with_train(rate="1e-9"),
        "train.rate must be a number, found the text '1e-9'. "
        "YAML takes this for text; write 1.0e-09 without quotes.",
    ),
    (with_train(rate=[1, 2]), "train.rate must be a number, found a list of 2"),
    (with_train(shuffle="yes"), "train.shuffle must be true or false, found the text 'yes'"),
    (with_train(cell="gur"), "train.cell must be gru or lstm, found the text 'gur'. Did you mean gru?"),
    (with_train(cell="zz"), "train.cell must be gru or lstm, found the text 'zz'"),
    (with_train(cell=3), "train.cell must be gru or lstm, found 3"),
    (with_train(level=4), "train.level must be one of 1, 2, 3, found 4"),
    (
        with_train(tag=False),
        "train.tag must be text, found false. Put it in quotes, for YAML reads it as no text.",
    ),
    (with_train(tag={}), "train.tag must be text, found an empty section"),
    (
        with_train(tag={"a": 1, "b": 2}),
        "train.tag must be text, found a section with the keys a, b",
    ),
    (with_train(layers=[]), "train.layers must have 1 items or more, found a list of 0"),
    (with_train(layers=[64, 1000]), "train.layers[1] must be 512 or less, found 1000"),
    (with_train(validation=1), "train.validation must be less than 1, found 1"),
    (
        with_train(device="autp"),
        "train.device must be one of auto, a whole number, empty, found the text 'autp'. Did you mean auto?",
    ),
    (with_train(device=-1), "train.device must be 0 or more, found -1"),
    ({**GOOD, "train": [1]}, "train must be a section of keys, found a list of 1"),
    ({"data": {"genes": "x.fsa"}}, "data.genes must be a section of keys, found the text 'x.fsa'"),
    ({"data": {"genes": {"kind": "file"}}}, "data.genes lacks the key path"),
    (web(), "data.genes lacks the keys url, sha256"),
    (web(url="u", sha="0"), "unknown key data.genes.sha. Did you mean sha256?"),
    (
        web(url="u", sha256="0"),
        "data.genes.sha256 must be text of the form ^[0-9a-f]{64}$, found the text '0'",
    ),
    (
        {"data": {"genes": {"kind": "webb", "url": "u", "sha256": "0" * 64}}},
        "data.genes.kind must be file or web, found the text 'webb'. Did you mean web?",
    ),
    (with_train(rate=float("nan")), "train.rate must be a finite number, found nan"),
    ({**GOOD, "species": {1: {}}}, "species has the key 1, which is not text; put it in quotes"),
]


@pytest.mark.parametrize(("wrong", "message"), MESSAGES, ids=[str(m) for _, m in MESSAGES])
def test_message(wrong: dict[str, Any], message: str, schema: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loading.validate(wrong, schema)
    assert str(caught.value) == f"config: {message}"


def test_good_config_passes_and_where_is_named(schema: Path) -> None:
    loading.validate(GOOD, schema)
    with pytest.raises(ConfigError, match=r"^my\.yaml: the configuration lacks the key data$"):
        loading.validate({}, schema, where="my.yaml")


def test_the_first_mistake_in_the_file_is_reported(schema: Path) -> None:
    for first, second in [("epochs", "rate"), ("rate", "epochs")]:
        with pytest.raises(ConfigError, match=rf"train\.{first} must be"):
            loading.validate(with_train(**{first: "x", second: "x"}), schema)


@pytest.mark.parametrize(
    ("rules", "value", "message"),
    [
        ({"maximum": 3}, 4, "x must be 3 or less, found 4"),
        ({"exclusiveMinimum": 0}, 0, "x must be more than 0, found 0"),
        ({"multipleOf": 8}, 9, "x must be a multiple of 8, found 9"),
        ({"minLength": 2}, "a", "x must be 2 characters long or longer, found the text 'a'"),
        ({"maxLength": 2}, "abc", "x must be 2 characters long or shorter, found the text 'abc'"),
        ({"maxItems": 1}, [1, 2], "x must have 1 items or fewer, found a list of 2"),
        ({"uniqueItems": True}, [1, 1], "x must not hold the same item twice, found a list of 2"),
        ({"minProperties": 1}, {}, "x must have 1 keys or more, found an empty section"),
        ({"type": ["string", "null"]}, [], "x must be text or empty, found a list of 0"),
        ({"const": 1}, 2, "x must be 1, found 2"),
        ({"propertyNames": {"maxLength": 1}}, {"bb": 1},
         "every key of x must be 1 characters long or shorter, found the text 'bb'"),
        ({"not": {"type": "null"}}, None, "x breaks the schema's rule 'not', found nothing"),
        (
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
            3,
            "x must be a or empty, found 3",
        ),
    ],
)  # fmt: skip
def test_message_of_a_single_rule(rules: dict[str, Any], value: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps({"properties": {"x": rules}}))
    with pytest.raises(ConfigError) as caught:
        loading.validate({"x": value}, path)
    assert str(caught.value) == f"config: {message}"


# --- defaults


def test_defaults_reach_every_depth(schema: Path) -> None:
    given_ = {
        "data": {"genes": {"kind": "web", "url": "u", "sha256": "0" * 64}, "more": GOOD["data"]["genes"]},
        "parts": [{"path": "a"}, {"path": "b", "weight": 5.0}],
        "species": {"coli": {"path": "c"}},
    }
    loading.validate(given_, schema)
    filled = loading.defaults(given_, schema)
    assert filled["train"] == {
        "epochs": 30,
        "rate": 0.001,
        "cell": "gru",
        "shuffle": True,
        "validation": 0.25,
    }
    assert filled["parts"] == [{"path": "a", "weight": 1.0}, {"path": "b", "weight": 5.0}]
    assert filled["species"] == {"coli": {"path": "c", "weight": 1.0}}
    assert filled["data"]["genes"]["tries"] == 3
    assert filled["data"]["more"] == GOOD["data"]["genes"]
    assert "optional" not in filled
    loading.validate(filled, schema)


def test_defaults_do_not_share_with_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    part = {"properties": {"a": {"default": []}}}
    path.write_text(
        json.dumps({"additionalProperties": part, "allOf": [{"properties": {"z": {"default": {}}}}]})
    )
    filled = loading.defaults({"x": {}, "y": {}}, path)
    filled["x"]["a"].append(1)
    assert filled["y"] == {"a": []}


def test_an_optional_section_given_empty_gets_its_defaults(schema: Path) -> None:
    assert loading.defaults({**GOOD, "optional": {}}, schema)["optional"] == {"depth": 2}


# --- load


def test_load_reads_keys_and_merges(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("base: &base {a: 1, b: 2}\nmine:\n  <<: *base\n  a: 3\n", "utf-8")
    assert loading.load(path) == {"base": {"a": 1, "b": 2}, "mine": {"a": 3, "b": 2}}
    path.write_text("# nothing yet\n")
    assert loading.load(path) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", " line 3: the key a is given twice; found 'a: 3'"),
        ("x:\n  a: 1\n  a: 1\n", " line 3: the key a is given twice; found 'a: 1'"),
        ("a: b: c\n", " line 1: mapping values are not allowed here; found 'a: b: c'. "
         "Look at the indentation (spaces, no tabs), colons and quotes."),
        ("a: [1, 2\n", " line 2: expected ',' or ']', but got '<stream end>'; found 'the end of the file'. "
         "Look at the indentation (spaces, no tabs), colons and quotes."),
        ("- 1\n- 2\n", ": a configuration has keys; this is a list of 2. "
         "Write lines of the form `key: value`."),
        ("hello\n", ": a configuration has keys; this is the text 'hello'. "
         "Write lines of the form `key: value`."),
        ("a: 2024-13-45\n", ": not readable as YAML; found 'month must be in 1..12'"),
        ("a: &a [*a]\n", " line 1: the section &a holds itself (*a); found 'a: &a [*a]'"),
        ("a: &a\n  b: *a\n", " line 2: the section &a holds itself (*a); found 'b: *a'"),
        ("a:\n  __use_yte__: true\n", " line 2: the key __use_yte__ makes a program of a configuration; this "
         "one is not run; found '__use_yte__: true'"),
        ("seed: 010\n", " line 1: 010 stands for 8 in YAML; write 8, or put it in quotes; found 'seed: 010'"),
        ("a: 1:30\n", " line 1: 1:30 stands for 90 in YAML; write 90, or put it in quotes; found 'a: 1:30'"),
        ("a: 1_000\n", " line 1: 1_000 stands for 1000 in YAML; write 1000, or put it in quotes; "
         "found 'a: 1_000'"),
        ("a: 0x10\n", " line 1: 0x10 stands for 16 in YAML; write 16, or put it in quotes; found 'a: 0x10'"),
        ("a: 1_0.5\n", " line 1: 1_0.5 stands for 10.5 in YAML; write 10.5, or put it in quotes; "
         "found 'a: 1_0.5'"),
    ],
)  # fmt: skip
def test_load_names_file_and_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        loading.load(path)
    assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize(
    "text", ["a: !!python/object/apply:os.system [ls]\n", "? [a, b]\n: 1\n", "a: 1\n---\nb: 2\n", "\x01"]
)
def test_load_refuses_yaml_that_is_not_plain(text: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        loading.load(path)


def test_load_refuses_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        loading.load(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        loading.load(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        loading.load(tmp_path / "latin.yaml")


def test_import_is_light() -> None:
    heavy = "[m for m in ('torch', 'pandas', 'numpy') if m in sys.modules]"
    code = f"import sys, riboswitch.config.loading; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        loading.load(path)
    return str(caught.value)


@pytest.mark.parametrize("depth", [41, 1000, 200_000])
@pytest.mark.parametrize("form", ["a: {}\n", "{}\n"])
def test_nesting_of_any_depth_is_one_line(tmp_path: Path, form: str, depth: int) -> None:
    assert "more than 40 lists and sections within each other" in refusal(tmp_path, form.format("[" * depth))


def test_nesting_that_a_configuration_needs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("a: " + "[" * 39 + "]" * 39)
    assert isinstance(loading.load(path)["a"], list)


def test_aliases_that_multiply_are_refused_before_they_are_built(tmp_path: Path) -> None:
    layers = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    told = refusal(tmp_path, "\n".join(["a0: &a0 [x, x]", *layers]))
    assert "line 6: aliases make more than 100,000 values of it" in told


def test_an_alias_is_read_as_what_it_stands_for(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2.5e-3}\n")
    assert loading.load(path) == {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 0.0025}}


@given(st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_is_read_is_the_number_that_stands_there(number: float) -> None:
    assert strict_yaml.read(yaml.safe_dump({"a": number}))["a"] == number


@settings(deadline=None)
@given(st.text("aA&*[]{}:,-?!|>#'\"%@` \n\t0_x.~<é\x85\u2028", max_size=30))
def test_any_text_is_read_or_refused_as_yaml(text: str) -> None:
    try:
        strict_yaml.read(text)
    except (yaml.YAMLError, ValueError) as error:
        assert str(error)
