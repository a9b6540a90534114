#!/usr/bin/env python3
"""Talks to a running `quarry serve` with the official OpenAI client, as it comes from PyPI.

Usage: check-openai-client.py BASE_URL     (for example http://127.0.0.1:8707/v1)

Prints what it got; ends with 1 and the reason when something is not as the client's users may expect.
"""

import json
import sys

import openai

QUESTION = "How much oil does the lamp burn?"


def check(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


SCHEMA = {
    "type": "object",
    "properties": {
        "colour": {"enum": ["red", "green", "blue"]},
        "litres": {"type": "integer", "minimum": 1, "maximum": 99},
        "lit": {"type": "boolean"},
    },
    "required": ["colour", "litres", "lit"],
    "additionalProperties": False,
}


def check_schema(client, model):
    """A text held to a schema parses and fits."""
    messages = [{"role": "user", "content": "Describe a lamp in JSON: its colour, its litres of oil, and whether it is lit."}]
    for temperature in (0, 1):
        completion = client.chat.completions.create(
            model=model, messages=messages, max_tokens=200, temperature=temperature, seed=5,
            response_format={"type": "json_schema", "json_schema": {"name": "lamp", "schema": SCHEMA, "strict": True}})
        choice = completion.choices[0]
        print(f"{model}, by a schema: {choice.message.content!r}")
        check(choice.finish_reason == "stop", "the object is whole")
        lamp = json.loads(choice.message.content)
        check(sorted(lamp) == ["colour", "lit", "litres"], "it has the schema's members")
        check(lamp["colour"] in ("red", "green", "blue"), "one of the listed values")
        check(isinstance(lamp["litres"], int) and 1 <= lamp["litres"] <= 99, "a number within its bounds")
        check(isinstance(lamp["lit"], bool), "true or false")


def check_probabilities(client, model):
    """Log-probabilities are of OpenAI's form, and the same in a stream."""
    messages = [{"role": "user", "content": QUESTION}]
    request = dict(model=model, messages=messages, max_tokens=12, temperature=0, logprobs=True, top_logprobs=4)
    choice = client.chat.completions.create(**request).choices[0]
    tokens = choice.logprobs.content
    text = b"".join(bytes(token.bytes) for token in tokens).decode()
    print(f"{model}, with log-probabilities: {text!r} {[round(token.logprob, 2) for token in tokens]}")
    check(text == choice.message.content, "the tokens make the text")
    for token in tokens:
        likeliest = [top.logprob for top in token.top_logprobs]
        check(token.logprob <= 0 and all(value <= 0 for value in likeliest), "no probability is above 1")
        check(len(likeliest) == 4 and likeliest == sorted(likeliest, reverse=True), "the likeliest come first")
        check(token.logprob == likeliest[0] and token.bytes == token.top_logprobs[0].bytes, "a greedy choice is the likeliest token")
    streamed = []
    for chunk in client.chat.completions.create(stream=True, **request):
        for part in chunk.choices:
            if part.logprobs:
                streamed += part.logprobs.content
    check(streamed == tokens, "a stream has the same ones")


def check_sampling(client, model):
    """What the fields do to the words."""
    messages = [{"role": "user", "content": QUESTION}]

    def words(**fields):
        completion = client.chat.completions.create(model=model, messages=messages, max_tokens=16, seed=3, **fields)
        return completion.choices[0].message.content

    greedy = words(temperature=0)
    check(words(temperature=1, extra_body={"top_k": 1}) == greedy, "one candidate is the greedy one")
    check(words(temperature=1, top_p=0) == greedy, "so is the smallest nucleus")
    check(words(temperature=1, extra_body={"min_p": 1}) == greedy, "so is what is as likely as the likeliest")
    print(f"{model}, greedy: {greedy!r}")
    only = words(temperature=0, logit_bias={"40": 100})
    check(only != greedy and len(set(only)) <= 2, f"a bias of 100 makes one token the only one: {only!r}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    # The service asks for no key, the client wants one.
    client = openai.OpenAI(base_url=sys.argv[1], api_key="unused", max_retries=0, timeout=120)

    models = [model.id for model in client.models.list()]
    print("models:", models)
    check(models and models[0] == "quarry", "the first model is quarry")
    check(client.models.retrieve("quarry").id == "quarry", "a model can be asked for by name")

    for model in models:
        messages = [{"role": "user", "content": QUESTION}]
        completion = client.chat.completions.create(model=model, messages=messages, max_tokens=24, temperature=0, seed=1)
        choice = completion.choices[0]
        print(f"{model}: {choice.message.content!r} ({choice.finish_reason})")
        print(f"{model}:", completion.usage)
        check(choice.message.role == "assistant", "the answer is the assistant's")
        check(choice.message.content, "there is an answer")
        check(choice.finish_reason in ("stop", "length"), "it ended for a known reason")
        usage = completion.usage
        check(usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, "the usage adds up")
        check(usage.prompt_tokens_details.cached_tokens >= 0, "the cached tokens are told")
        if model == "quarry":
            check(completion.model_extra.get("sources") is not None, "the sources come with it")

        streamed, reasons, last = "", [], None
        stream = client.chat.completions.create(
            model=model, messages=messages, max_tokens=24, temperature=0, seed=1, stream=True, stream_options={"include_usage": True})
        for chunk in stream:
            last = chunk
            for part in chunk.choices:
                streamed += part.delta.content or ""
                if part.finish_reason:
                    reasons.append(part.finish_reason)
        print(f"{model}, streamed: {streamed!r} ({reasons})")
        check(streamed == choice.message.content, f"the stream says the same: {streamed!r}")
        check(reasons == [choice.finish_reason], "it ends once, and as before")
        check(last is not None and not last.choices and last.usage is not None, "the last chunk has the usage and no choices")
        check(last.usage.total_tokens == usage.total_tokens, "and the same one")

    parts = [{"type": "text", "text": QUESTION}]
    completion = client.chat.completions.create(model="quarry", messages=[{"role": "user", "content": parts}])
    check(completion.choices[0].message.content, "a question in parts is answered")

    generator = models[1]
    check_schema(client, generator)
    check_probabilities(client, generator)
    check_sampling(client, generator)

    for name, wrong, request in [
        ("unknown model", openai.NotFoundError, {"model": "no-such-model", "messages": [{"role": "user", "content": "?"}]}),
        ("empty question", openai.BadRequestError, {"model": "quarry", "messages": [{"role": "user", "content": " "}]}),
        ("no messages", openai.BadRequestError, {"model": "quarry", "messages": []}),
        ("a token that there is not", openai.BadRequestError, {"model": generator, "messages": messages, "logit_bias": {"9999999": 1}}),
        ("a schema that cannot be kept", openai.BadRequestError, {
            "model": generator, "messages": messages,
            "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "string", "pattern": "a+"}}}}),
        ("a schema for the documents", openai.BadRequestError, {
            "model": "quarry", "messages": messages, "response_format": {"type": "json_object"}}),
    ]:
        for stream in (False, True):
            try:
                client.chat.completions.create(stream=stream, **request)
            except wrong as error:
                print(f"{name}: {error}")
                check(isinstance(error.body, dict) and error.body.get("code"), f"{name}: the error has a code")
            else:
                sys.exit(f"failed: {name}: no error")
    print("all as it should be")


if __name__ == "__main__":
    main()
