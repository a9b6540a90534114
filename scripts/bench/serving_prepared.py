"""First tokens of answers from passages that were prepared when they were ingested, for serving.py: the same questions to servers over one index."""
import http.client
import json
import os
import statistics
import subprocess
import time

from serving_server import Quarry, remark

METHODS = ("epic", "cacheblend")
PASSAGE_CHARACTERS = 1060  # about as long as Quarry makes passages
WARM_TOKENS = 320  # more than the instructions; a question with more in the cache is not cold


class PreparedIndex:
    """An index of passages of one length, each a document, with keys and values of all of them in its disk tier."""

    def __init__(self, program, model_path, folder, source):
        self.program, self.model_path, self.path = program, model_path, os.path.join(folder, "prepared-index")
        documents = os.path.join(folder, "prepared-documents")
        os.makedirs(documents)
        self.questions = []
        # In an order of their own, so that neighbours in an article are not neighbours in a prompt.
        for number, (text, questions) in enumerate(source.passages):
            with open(os.path.join(documents, f"{number * 7919 % 10007:05}.txt"), "w", encoding="utf-8") as file:
                file.write(text[:PASSAGE_CHARACTERS].rsplit(" ", 1)[0])
            self.questions += questions[:1]
        self.disk = ["--kv-disk", "8192"]
        done = subprocess.run([program, "ingest", documents, "--index", self.path, "--prepare-kv", "--generator", model_path, *self.disk, "--json", "--quiet"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"error: no index could be made\nwhy: {done.stderr.strip()}")
        self.preparation = json.loads(done.stdout)["prepared"]

    def serve(self, *options):
        server = Quarry(self.program, self.model_path, os.path.dirname(self.path), options)
        server.index = self.path
        return server


def ask(server, question):
    """A generated answer, streamed: seconds until its first text, and its usage."""
    body = json.dumps({"question": question, "answer": "generate", "passages": 4, "max_tokens": 8, "stream": True}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.connect()
    start, first, kind = time.perf_counter(), None, ""
    try:
        connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
        for line in connection.getresponse():
            if line.startswith(b"event: "):
                kind = line[7:].strip().decode()
            elif line.startswith(b"data: ") and kind == "text" and first is None:
                first = time.perf_counter() - start
            elif line.startswith(b"data: ") and kind == "answer":
                return first, json.loads(line[6:])["usage"]
    finally:
        connection.close()
    raise SystemExit(f"error: no answer came to {question!r}")


def measure(index, count):
    """Medians of seconds to the first text: {"exact": …, method: …}, over questions that are cold for the exact server and whose passages are moved."""
    seconds = {name: [] for name in ("exact", *METHODS)}
    prefill = {name: [] for name in seconds}
    servers = {"exact": index.serve("--kv-disk", "0"), **{method: index.serve("--prepared-kv", method, *index.disk) for method in METHODS}}
    lengths, moved = [], []
    try:
        # One after the other, so that each finds the same machine; the disk tier has one owner at a time.
        for name, server in servers.items():
            with server:
                ask(server, index.questions[0])
                for question in index.questions[1:]:
                    if len(seconds[name]) == count and name == "exact":
                        break
                    if name != "exact" and question not in chosen:
                        continue
                    first, usage = ask(server, question)
                    if first is None or name == "exact" and usage["cached_tokens"] > WARM_TOKENS:
                        continue
                    if name == "exact":
                        lengths.append(usage["prompt_tokens"])
                    else:
                        moved.append(usage["prepared_tokens"])
                    seconds[name].append((question, first))
                    prefill[name].append(usage["prefill_seconds"])
            if name == "exact":
                chosen = {question for question, _ in seconds[name]}
    finally:
        for server in servers.values():
            server.stop()
    if not lengths:
        raise SystemExit("error: no question was cold")
    remark(f"{len(lengths)} questions with prompts of {min(lengths)} to {max(lengths)} tokens, of which {min(moved)} to {max(moved)} were moved")
    remark("seconds of reading the prompt: " + ", ".join(f"{name} {statistics.median(values):.3f}" for name, values in prefill.items()))
    return {name: statistics.median(first for _, first in values) for name, values in seconds.items()}
