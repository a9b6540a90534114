"""What the clients of load.py ask: a fixed set of requests, each with the same answer every time, and bad ones with the status they deserve."""
import glob
import json
import os
import random
from dataclasses import dataclass, field

# Codes with which a good request may be turned away.
BUSY = {"busy": 429, "deadline_exceeded": 504}
TOO_LONG = {"prompt_too_long": 400, "context_too_small": 400, "kv_memory_too_small": 400}


@dataclass
class Question:
    """A request that is answered: greedy, or with a seed."""
    key: str
    kind: str
    prompt: str
    tokens: int
    fields: dict = field(default_factory=dict)

    def body(self, model, streams):
        message = {"role": "user", "content": self.prompt}
        return {"model": model, "messages": [message], "max_tokens": self.tokens, "temperature": 0, "stream": streams, **self.fields}

    @property
    def allowed_refusals(self):
        """Long ones may not fit into a pool that is far too small."""
        return BUSY | TOO_LONG if self.kind == "long" else BUSY


@dataclass
class BadRequest:
    """A request as bytes that must be refused with one of these statuses."""
    name: str
    payload: bytes
    statuses: set


def paragraphs(folder):
    texts = []
    for path in sorted(glob.glob(os.path.join(folder, "*.md"))):
        with open(path, encoding="utf-8") as file:
            texts += [text.strip() for text in file.read().split("\n\n") if len(text.split()) >= 12]
    if len(texts) < 40:
        raise SystemExit(f"error: there is too little text to ask about\nwhy: {folder} has {len(texts)} paragraphs of Markdown")
    return texts


def questions(folder, count, seed):
    """`count` questions: half short, a quarter with shared passages, a sixth with passages of their own, the rest long up to 7,500 tokens."""
    source, texts, made = random.Random(seed), paragraphs(folder), []

    def passages(words):
        chosen, length = [], 0
        while length < words:
            chosen.append(source.choice(texts))
            length += len(chosen[-1].split())
        return "Answer from these passages.\n\n" + "\n\n".join(chosen)

    shared = [passages(source.choice((300, 600, 850))) for _ in range(6)]
    wishes = ("Explain the first passage.", "What is the most important point?", "Repeat the second passage word for word.", "List the names in it.",
              "Which numbers stand there?", "Write a short poem about it.", "What should a reader do next?", "Summarise it in one sentence.")
    subjects = ("rivers", "clocks", "bread", "bridges", "lighthouses", "maps", "violins", "glaciers", "ink", "harbours", "chess", "salt")
    for number in range(count):
        share, tokens, wish = number / count, source.choice((4, 16, 32, 64)), source.choice(wishes)
        if share < 0.5:
            kind, prompt = "short", f"Note {number}. Tell me about {source.choice(subjects)} and {source.choice(subjects)}."
        elif share < 0.75:
            kind, prompt = "shared", f"{source.choice(shared)}\n\nNote {number}. {wish}"
        elif share < 0.93:
            kind, prompt = "distinct", f"Note {number}. {passages(source.choice((200, 600, 900)))}\n\n{wish}"
        else:
            kind, prompt = "long", f"Note {number}. {passages(source.randint(1500, 4500))}\n\n{wish}"
        fields = {}
        if source.random() < 0.3:
            fields = {"temperature": source.choice((0.5, 1.0)), "seed": source.randrange(1 << 31), "top_p": source.choice((1, 0.9))}
        made.append(Question(f"{kind}-{number}", kind, prompt, tokens, fields))
    return made


def pick(source, made):
    """Short ones often, long ones rarely: by kind first, so that the set's shares are not the load's."""
    kind = source.choices(("short", "shared", "distinct", "long"), (60, 25, 12, 3))[0]
    return source.choice([question for question in made if question.kind == kind] or made)


def request_bytes(body, headers=(), path="/v1/chat/completions", method="POST"):
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Length: {len(payload)}", *headers]
    if not any(header.startswith("Content-Type") for header in headers):
        lines.append("Content-Type: application/json")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


def bad_requests(model):
    message, endless = [{"role": "user", "content": "Hello."}], [{"role": "user", "content": "word " * 20_000}]
    return [
        BadRequest("not JSON", request_bytes(b'{"model": '), {400}),
        BadRequest("no messages", request_bytes({"model": model}), {400}),
        BadRequest("empty messages", request_bytes({"model": model, "messages": []}), {400}),
        BadRequest("unknown model", request_bytes({"model": "nobody", "messages": message}), {404}),
        BadRequest("temperature 9", request_bytes({"model": model, "messages": message, "temperature": 9}), {400}),
        BadRequest("no tokens", request_bytes({"model": model, "messages": message, "max_tokens": 0}), {400}),
        BadRequest("longer than the context", request_bytes({"model": model, "messages": endless}), {400, 413}),
        BadRequest("wrong type", request_bytes({"model": model, "messages": message}, ["Content-Type: text/plain"]), {415}),
        BadRequest("GET", request_bytes(b"", method="GET"), {405}),
        BadRequest("no such place", request_bytes({}, path="/v1/nowhere"), {404}),
        BadRequest("another site", request_bytes({"model": model, "messages": message}, ["Origin: http://example.org"]), {403}),
        # Only the head says that it is too large: whether a client that sends on sees the answer is TCP's affair.
        BadRequest("too large", request_bytes(b"").replace(b"Content-Length: 0", b"Content-Length: 9000000"), {413}),
    ]
