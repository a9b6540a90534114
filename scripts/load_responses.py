"""Responses of `quarry serve` as load.py reads them: all bytes until the connection closed, or what came until it was broken off."""
import json


def body_of(received):
    """Status, headers, body and whether all of it came, of an HTTP/1.1 response; the status is None without a whole head."""
    head, separator, rest = bytes(received).partition(b"\r\n\r\n")
    if not separator:
        return None, {}, b"", False
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(first.split()[1])
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return status, headers, rest, len(rest) >= int(headers.get("content-length", 0))
    body = bytearray()
    while True:
        size, separator, rest = rest.partition(b"\r\n")
        if not separator:
            return status, headers, bytes(body), False
        length = int(size.split(b";")[0], 16)
        if length == 0:
            return status, headers, bytes(body), True
        body += rest[:length]
        if len(rest) < length + 2:
            return status, headers, bytes(body), False
        rest = rest[length + 2 :]


def streamed_text(body):
    """The text of an event stream, the error in it if there is one, and whether it came to its end."""
    text, error, ended = "", None, False
    for line in body.split(b"\n\n")[:-1]:
        if line == b"data: [DONE]":
            ended = True
        elif line.startswith(b"data: "):
            event = json.loads(line[6:])
            error = event.get("error") or error
            text += "".join(choice["delta"].get("content") or "" for choice in event.get("choices", []))
    return text, error, ended


def whole_text(body):
    return json.loads(body)["choices"][0]["message"]["content"], None, True


def error_of(body):
    try:
        return json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return None


def first_difference(text, truth):
    at = next((i for i, (a, b) in enumerate(zip(text, truth)) if a != b), min(len(text), len(truth)))
    return f"at character {at}: {text[max(0, at - 20) : at + 40]!r}, not {truth[max(0, at - 20) : at + 40]!r}"
