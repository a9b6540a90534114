#!/usr/bin/env python3
"""Writes Tests/Golden/schemas/schemas.json: JSON schemas with texts that fit them and texts that do not, by `jsonschema` 4.26.

  venv/bin/python scripts/golden/schemas.py      (environment: jsonschema==4.26.0 rfc3339-validator==0.1.4)

The texts that fit are compact, in the one form that Quarry writes (see Sources/Inference/Sampling/Grammar). Those that do not are written by hand, and
made of the ones that fit by taking out, doubling or changing characters; `jsonschema` says of every text whether it fits.
"""
import json, pathlib, random

from jsonschema import Draft202012Validator

out = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/schemas"

ADDRESS = {"type": "object", "properties": {"street": {"type": "string", "minLength": 1}, "number": {"type": "integer", "minimum": 1, "maximum": 9999}},
           "required": ["street"], "additionalProperties": False}
TREE = {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {
    "value": {"type": "integer"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["value"], "additionalProperties": False}}}
SHAPES = {"oneOf": [
    {"type": "object", "properties": {"kind": {"const": "circle"}, "radius": {"type": "number", "exclusiveMinimum": 0}},
     "required": ["kind", "radius"], "additionalProperties": False},
    {"type": "object", "properties": {"kind": {"const": "box"}, "sides": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}},
     "required": ["kind", "sides"], "additionalProperties": False}]}

# name, schema, texts that fit, texts that do not
CASES = [
    ("anything", True, ["{}", "[]", "null", "-1.5e-3", '"x"', '{"a":[1,{"b":null}]}', '{"a": 1, "b": 2}'], ["", "{", "nul", "01", "[1,]", '{"a"}', '{1:2}', "'x'"]),
    ("null", {"type": "null"}, ["null"], ["true", "0", "nulll", '"null"']),
    ("boolean", {"type": "boolean"}, ["true", "false"], ["True", "0", "null"]),
    ("integer", {"type": "integer"}, ["0", "7", "-1", "120", "-9007199254740991", "9007199254740991"], ["1.5", "01", "-", "+1", "1e2.", '"1"', "--1"]),
    ("integer range", {"type": "integer", "minimum": -12, "maximum": 205}, ["-12", "-9", "-1", "0", "9", "10", "199", "200", "205"],
     ["-13", "-20", "-100", "206", "210", "300", "1000", "00"]),
    ("integer above", {"type": "integer", "exclusiveMinimum": 7}, ["8", "10", "70", "8000000"], ["7", "0", "-8", "07"]),
    ("integer below", {"type": "integer", "exclusiveMaximum": -7}, ["-8", "-10", "-71"], ["-7", "0", "8"]),
    ("integer between fractions", {"type": "integer", "minimum": 1.5, "maximum": 4.5}, ["2", "3", "4"], ["1", "5", "2.5"]),
    ("one integer", {"type": "integer", "minimum": 42, "maximum": 42}, ["42"], ["4", "2", "43", "420"]),
    ("number", {"type": "number"}, ["0", "0.5", "-3.25", "1e5", "1E-7", "12.5e+10", "-0.001"], [".5", "1.", "1e", "-", "0x1", "NaN", "Infinity"]),
    ("number range", {"type": "number", "minimum": -0.5, "maximum": 2.75}, ["-0.5", "-0.25", "0", "0.0", "1", "2.7", "2.75", "2.750", "2.0001"],
     ["-0.6", "-1", "2.76", "2.7500001", "3", "10", "-0.51"]),
    ("number exclusive", {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, ["0.5", "0.001", "0.999", "0.10"], ["0", "1", "0.0", "1.0", "0.00", "-0.5", "1.5"]),
    ("number far", {"type": "number", "minimum": 1000.25}, ["1000.25", "1000.3", "1001", "20000", "1000.250"], ["1000", "1000.2", "999", "1000.24999", "-1001"]),
    ("number small", {"type": "number", "minimum": 1e-3, "maximum": 2.5e-3}, ["0.001", "0.002", "0.0025"], ["0.0009", "0.0026", "0", "1"]),
    ("number negative", {"type": "number", "minimum": -20.5, "maximum": -3}, ["-3", "-3.0", "-20.5", "-10.75", "-4"], ["-2.9", "-20.6", "-21", "3", "-2", "0"]),
    ("string", {"type": "string"}, ['""', '"a b"', '"é🦊\u2028"', r'"\"\\\/\b\f\n\r\t"', r'"\u00e9\ud83e\udd8a\uD7ff"'],
     ['"', '"a', "a", '"\n"', r'"\x"', r'"\u12"', r'"\u12g4"', '"a"b"']),
    ("string length", {"type": "string", "minLength": 2, "maxLength": 4}, ['"ab"', '"éé🦊é"', r'"\n\u00e9"', r'"a\ud83e\udd8ab"'],
     ['""', '"a"', '"abcde"', '"🦊"', r'"\ud83e\udd8a"', r'"\n\n\n\n\n"']),
    ("empty string", {"type": "string", "maxLength": 0}, ['""'], ['"a"', '" "']),
    ("enum", {"enum": ["red", "green", "greenish", 1, 12, 1.5, True, None, ["a", 1], {"k": "v"}]},
     ['"red"', '"green"', '"greenish"', "1", "12", "1.5", "true", "null", '["a",1]', '{"k":"v"}'],
     ['"re"', '"greenis"', "2", "121", "1.6", "false", '["a"]', '{"k":"w"}', "{}", '"Red"']),
    ("enum of a type", {"type": ["string", "null"], "enum": ["a", None, 3, False]}, ['"a"', "null"], ["3", "false", '"b"']),
    ("enum of odd strings", {"enum": ["", "\"", "\\", "\n", "é", "\u0001", "a/b"]}, ['""', r'"\""', r'"\\"', r'"\n"', '"é"', r'"\u0001"', '"a/b"'], ['"e"', '"a"', '"/"']),
    ("const", {"const": {"a": [1, None]}}, ['{"a":[1,null]}'], ['{"a":[1]}', "{}", '{"a":[1,null],"b":1}']),
    ("types", {"type": ["integer", "string"]}, ["1", '"1"'], ["null", "1.5", "[]", "true"]),
    ("untyped", {"minLength": 2, "minimum": 5, "maxItems": 1}, ['"ab"', "5", "[1]", "null", "{}", "true"], ['"a"', "4", "[1,2]"]),
    ("nothing more", {"type": "object", "additionalProperties": False}, ["{}"], ['{"a":1}', "[]"]),
    ("any object", {"type": "object"}, ["{}", '{"":0}', '{"a":{"b":[]},"c":"d"}', r'{"\n\u0001\"":1}'], ["[]", '"{}"', "{]", '{"a":}', '{,}']),
    ("address", ADDRESS, ['{"street":"x"}', '{"street":"x","number":1}', '{"number":9999,"street":"é"}', '{"street": "x", "number": 12}'],
     ["{}", '{"number":1}', '{"street":""}', '{"street":"x","number":0}', '{"street":"x","number":10000}', '{"street":"x","other":1}', '{"streets":"x"}',
      '{"street":"x",}', '{"stree":"x"}']),
    ("names alike", {"type": "object", "properties": {"a": {"const": 1}, "ab": {"const": 2}, "abc": {"const": 3}, "b\"": {"const": 4}, "\u0007é": {"const": 5}},
                     "additionalProperties": {"type": "boolean"}},
     ['{"a":1,"ab":2,"abc":3}', '{"abc":3,"a":1}', '{"abcd":true,"":false,"aa":true}', r'{"b\"":4,"\u0007é":5,"b":true,"b\"\"":false,"\u0007":true}'],
     ['{"a":2}', '{"ab":1}', '{"abc":true}', '{"abcd":1}', r'{"b\"":true}', r'{"\u0007é":true}', '{"b":4}']),
    ("others typed", {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"], "additionalProperties": {"type": "string"}},
     ['{"id":1}', '{"x":"y","id":1}', '{"id":1,"idx":"2","i":"3"}'], ["{}", '{"x":"y"}', '{"id":"1"}', '{"id":1,"x":2}']),
    ("required unlisted", {"type": "object", "required": ["a", "b"], "additionalProperties": {"type": "null"}}, ['{"a":null,"b":null}', '{"c":null,"b":null,"a":null}'],
     ["{}", '{"a":null}', '{"a":1,"b":null}']),
    ("forbidden name", {"type": "object", "properties": {"x": False}}, ["{}", '{"y":1}', '{"xx":1}'], ['{"x":1}', '{"y":1,"x":null}']),
    ("array", {"type": "array", "items": {"type": "integer"}}, ["[]", "[1]", "[1,-2,30]", "[1, 2]"], ['["1"]', "[1.5]", "[1,]", "[,1]", "[1 2]"]),
    ("array size", {"type": "array", "items": {"type": "null"}, "minItems": 1, "maxItems": 3}, ["[null]", "[null,null]", "[null,null,null]"],
     ["[]", "[null,null,null,null]", "[1]"]),
    ("no items", {"type": "array", "maxItems": 0}, ["[]"], ["[1]", "[[]]"]),
    ("tuple", {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False}, ["[]", "[1]", '[1,"a"]'], ['["a"]', '[1,2]', '[1,"a",null]']),
    ("tuple and rest", {"type": "array", "prefixItems": [{"const": "x"}], "items": {"type": "boolean"}, "minItems": 3}, ['["x",true,false]', '["x",true,true,true]'],
     ['["x",true]', '["x"]', '[true,true,true]', '["x",true,1]']),
    ("tree", TREE, ['{"value":1}', '{"value":1,"children":[]}', '{"children":[{"value":2},{"value":3,"children":[{"value":4}]}],"value":1}'],
     ["{}", '{"children":[]}', '{"value":1,"children":[{}]}', '{"value":1,"children":[2]}', '{"value":1,"x":2}']),
    ("list by reference to the root", {"type": ["null", "object"], "properties": {"next": {"$ref": "#"}}, "required": ["next"], "additionalProperties": False},
     ["null", '{"next":null}', '{"next":{"next":{"next":null}}}'], ["{}", '{"next":{}}', '{"next":1}']),
    ("pointer", {"type": "object", "properties": {"a/b~c %": {"type": "integer"}, "d": {"$ref": "#/properties/a~1b~0c%20%25"}}, "additionalProperties": False},
     ['{"a/b~c %":1,"d":2}', "{}"], ['{"d":"x"}', '{"a":1}']),
    ("anyOf", {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "integer", "minimum": 10}, {"type": "null"}]}, ['"ab"', "10", "null"], ['"abc"', "9", "true"]),
    ("anyOf overlapping", {"anyOf": [ADDRESS, {"type": "object", "properties": {"street": {"const": ""}, "city": {"type": "string"}}, "required": ["city"],
                                                "additionalProperties": False}]},
     ['{"street":"x"}', '{"street":"","city":"y"}', '{"city":"y","street":""}'], ['{"street":""}', '{"street":"x","city":"y"}', '{"street":"","number":1}']),
    ("oneOf", SHAPES, ['{"kind":"circle","radius":1.5}', '{"radius":2,"kind":"circle"}', '{"sides":[1,2],"kind":"box"}'],
     ['{"kind":"circle","sides":[1,2]}', '{"kind":"box","radius":1}', '{"kind":"box","sides":[1]}', '{"kind":"circle","radius":0}', '{"kind":"cone"}']),
    ("allOf of one", {"allOf": [{"$ref": "#/$defs/x"}], "description": "as pydantic writes it", "$defs": {"x": {"type": "integer"}}}, ["1"], ['"1"']),
    ("optional, as pydantic writes it", {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Person", "type": "object", "properties": {
        "name": {"title": "Name", "type": "string"}, "age": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}], "default": None, "title": "Age"},
        "tags": {"default": [], "items": {"type": "string"}, "type": "array", "uniqueItems": False}}, "required": ["name"]},
     ['{"name":"A"}', '{"name":"A","age":null,"tags":["x"]}', '{"age":3,"name":"","more":{}}'], ["{}", '{"name":1}', '{"name":"A","age":-1}', '{"name":"A","tags":[1]}']),
    ("date", {"type": "string", "format": "date"}, ['"2024-01-31"', '"1999-12-01"', '"2023-02-28"', '"2024-04-30"'],
     ['"2024-13-01"', '"2024-00-10"', '"2024-04-31"', '"2023-02-29"', '"2024-1-1"', '"24-01-01"', '"2024-01-32"', '""']),
    ("date-time", {"type": "string", "format": "date-time"}, ['"2024-01-31T23:59:00Z"', '"2024-06-15T00:00:59.123+02:00"'],
     ['"2024-01-31"', '"2024-01-31T24:00:00Z"', '"2024-01-31T23:60:00Z"', '"2024-01-31T23:59:00"']),
    ("time", {"type": "string", "format": "time"}, ['"23:59:00Z"', '"00:00:59.123-11:30"'], ['"24:00:00Z"', '"12:00"', '"12:00:00"']),
    ("uuid", {"type": "string", "format": "uuid"}, ['"123e4567-e89b-12d3-A456-426614174000"'], ['"123e4567e89b12d3a456426614174000"', '"123e4567-e89b-12d3-a456-42661417400g"', '""']),
]


def fits(validator, text):
    try:
        return validator.is_valid(json.loads(text, parse_constant=lambda name: 1 / 0))
    except (ValueError, ZeroDivisionError, RecursionError):
        return False


def changed(texts, numbers):
    """Texts with one character out, one twice, or one in the place of another."""
    for text in texts:
        for position in range(len(text)):
            yield text[:position] + text[position + 1:]
            yield text[:position] + text[position] + text[position:]
            yield text[:position] + numbers.choice('{}[]",:019-.eau\\') + text[position + 1:]


def main():
    numbers = random.Random(1)
    cases = []
    for name, schema, valid, invalid in CASES:
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for text in valid:
            assert fits(validator, text), (name, text)
        for text in invalid:
            assert not fits(validator, text), (name, text)
        more = sorted({text for text in changed(valid, numbers) if not fits(validator, text)} - set(invalid))
        cases.append({"name": name, "schema": json.dumps(schema, ensure_ascii=False), "valid": valid, "invalid": invalid + numbers.sample(more, min(60, len(more)))})
    (out / "schemas.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n")


main()
