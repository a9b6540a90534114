#!/usr/bin/env python3
"""Talks to a running `quarry serve` with the official OpenAI client, as it comes from PyPI.

Usage: check-openai-client.py BASE_URL     (for example http://127.0.0.1:8707/v1)

Prints what it got; ends with 1 and the reason when something is not as the client's users may expect.
"""

import sys

import openai

QUESTION = "How much oil does the lamp burn?"


def check(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


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

    for name, wrong, request in [
        ("unknown model", openai.NotFoundError, {"model": "no-such-model", "messages": [{"role": "user", "content": "?"}]}),
        ("empty question", openai.BadRequestError, {"model": "quarry", "messages": [{"role": "user", "content": " "}]}),
        ("no messages", openai.BadRequestError, {"model": "quarry", "messages": []}),
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
