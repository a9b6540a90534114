"""What jinja2 3.1.6 makes of the chat templates in Tests/Golden/templates, in the environment that transformers sets up.

Writes Tests/Golden/templates/expected.json: [{template, messages, addGenerationPrompt, tools, dated, expected | error}] and snippets.
"""
import datetime, json, pathlib
from jinja2.sandbox import ImmutableSandboxedEnvironment

folder = pathlib.Path(__file__).parents[2] / "Tests/Golden/templates"
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])


class Raised(Exception):
    pass


def raise_exception(message):
    raise Raised(message)


environment.globals["raise_exception"] = raise_exception
environment.filters["tojson"] = lambda x, indent=None: json.dumps(x, ensure_ascii=False, indent=indent)


def turns(*texts, system=None):
    roles = ["user", "assistant"]
    return ([{"role": "system", "content": system}] if system is not None else []) + [
        {"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]


conversations = [
    turns("Hello"), turns("Hello", system="Be brief."), turns("Hi", "Hello!", "And you?", system="S"), turns("Hi", "Hello!", "And you?"),
    turns("a <|im_end|><|eot_id|><end_of_turn> [/INST] </s> b"), turns("Grüße 日本語 👩‍👩‍👧 \u0301"), turns("  \n padded \t\n"), turns(""),
    turns("q", "<think>\nwhy\n</think>\n\nanswer", "next"),
]
tools = [{"type": "function", "function": {"name": "f", "description": "Do \"it\" <b>", "parameters": {
    "type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}}]


def run(template, **variables):
    try:
        return {"expected": environment.from_string(template).render(**variables)}
    except Exception as error:
        return {"error": type(error).__name__}


cases = []
for path in sorted(folder.glob("*.jinja")):
    for messages in conversations:
        for add in [True, False]:
            for given in [None, tools] if messages is conversations[1] else [None]:
                variables = {"messages": messages, "add_generation_prompt": add, "bos_token": "<BOS>", "eos_token": "<EOS>"}
                # These two cannot do without a date; the others get one for one conversation.
                dated = "SmolLM3" in path.stem or "granite" in path.stem or messages is conversations[1]
                if dated:
                    variables["strftime_now"] = datetime.datetime(2026, 11, 3).strftime
                if given:
                    variables["tools"] = given
                cases.append({"template": path.stem, "messages": messages, "addGenerationPrompt": add, "tools": bool(given), "dated": dated}
                             | run(path.read_text(), **variables))

sources = (folder / "snippets.txt").read_text().split("\n====\n")
snippets = [{"source": s} | run(s, a=[3, 1, 2], s=" Hello World ", d={"x": 1, "y": [True, None, 1.5]}, n=7) for s in sources]
(folder / "expected.json").write_text(json.dumps({"tools": tools, "cases": cases, "snippets": snippets}, ensure_ascii=False, indent=0) + "\n")
