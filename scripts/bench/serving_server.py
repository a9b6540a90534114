"""Servers as processes of their own, and one chat request to one of them, timed: what serving.py and ../load.py measure with."""
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Reply:
    """An answer as it came. Seconds count from sending the request; the first token is the first piece of text that is not empty."""
    text: str = ""
    first_seconds: float = 0.0
    last_seconds: float = 0.0
    seconds: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    finish_reason: str = ""
    usage: dict = field(default_factory=dict)

    @property
    def decode_seconds(self):
        """From the first piece of text to the last."""
        return self.last_seconds - self.first_seconds

    @property
    def rate(self):
        return (self.completion_tokens - 1) / self.decode_seconds if self.decode_seconds > 0 else 0.0


class Server:
    """A process that says on its standard output where it listens, as a line with http:// and the port."""
    name = model = None

    def __init__(self, log):
        self.log, self.process, self.port = log, None, None
        self.environment = {}

    def command(self):
        raise NotImplementedError

    def start(self, timeout=120):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env=os.environ | self.environment)
        # A server that says nothing must not hold this up for ever.
        watchdog = threading.Timer(timeout, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                if "http://" in line:
                    self.port = urllib.parse.urlsplit(line[line.index("http://"):].split()[0]).port
                    return self
        finally:
            watchdog.cancel()
        self.process.wait()
        with open(self.log, errors="replace") as log:
            tail = "".join(log.readlines()[-10:])
        raise SystemExit(f"error: {self.name}'s server did not start\nwhy: its process ended with {self.process.returncode}: {tail}")

    def stop(self, timeout=30):
        """SIGTERM; the exit status, or None when it had to be killed."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None
        finally:
            process.stdin.close()
            process.stdout.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def chat(self, prompt, tokens, **fields):
        """One user message, streamed, greedy; ends with SystemExit when the server refuses it."""
        body = {"model": self.model, "messages": [{"role": "user", "content": prompt}], "max_tokens": tokens, "temperature": 0, "stream": True,
                "stream_options": {"include_usage": True}, **fields}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1200)
        connection.connect()
        payload, reply = json.dumps(body).encode(), Reply()
        start = time.perf_counter()
        try:
            connection.request("POST", "/v1/chat/completions", payload, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                raise SystemExit(f"error: {self.name}'s server answered {response.status}\nwhy: {response.read(2000).decode(errors='replace')}")
            for line in response:
                if not line.startswith(b"data: "):
                    continue
                if line.strip() == b"data: [DONE]":
                    break
                self.take(json.loads(line[6:]), reply, time.perf_counter() - start)
            reply.seconds = time.perf_counter() - start
        finally:
            connection.close()
        return reply

    def take(self, event, reply, seconds):
        if "error" in event:
            raise SystemExit(f"error: {self.name}'s server broke off an answer\nwhy: {json.dumps(event['error'])}")
        for choice in event.get("choices", []):
            text = choice["delta"].get("content")
            if text:
                reply.text += text
                reply.first_seconds = reply.first_seconds or seconds
                reply.last_seconds = seconds
            reply.finish_reason = choice.get("finish_reason") or reply.finish_reason
        if usage := event.get("usage"):
            reply.usage = usage
            reply.prompt_tokens, reply.completion_tokens = usage["prompt_tokens"], usage["completion_tokens"]
            reply.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


class Quarry(Server):
    """`quarry serve` over an index of one line: what is measured is the generator. Its disk tier lies in the index's folder."""
    name = "Quarry"

    def __init__(self, program, model_path, folder, options=(), threads=None):
        super().__init__(os.path.join(folder, "serve.log"))
        if threads:
            self.environment["QUARRY_THREADS"] = str(threads)
        self.program, self.model_path, self.index, self.options = program, model_path, os.path.join(folder, "index"), list(options)
        if not os.path.exists(self.index):
            text = os.path.join(folder, "text.md")
            with open(text, "w") as file:
                file.write("This index has one line.\n")
            done = subprocess.run([program, "ingest", text, "--index", self.index, "--quiet"], capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"error: no index could be made\nwhy: {(done.stdout + done.stderr).strip()}")

    def command(self):
        return [self.program, "serve", "--index", self.index, "--port", "0", "--generator", self.model_path, *self.options]

    def start(self, timeout=120):
        super().start(timeout)
        names = [model["id"] for model in json.loads(self.get("/v1/models")[1])["data"]]
        self.model = next(name for name in names if name != "quarry")
        return self


class Peer(Server):
    """llama.cpp's server as serving_peer.py starts it."""
    name = "llama.cpp"
    model = "peer"

    def __init__(self, python, model_path, folder, threads):
        super().__init__(os.path.join(folder, "peer.log"))
        self.python, self.model_path, self.threads = python, model_path, threads

    def command(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "serving_peer.py")
        return [self.python, script, self.model_path, "--threads", str(self.threads)]


def default_model():
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(os.environ.get("QUARRY_MODELS") or os.path.join(data, "quarry/models"), "SmolLM2-135M-Instruct.Q4_1.gguf")


def machine_description():
    """Processor, cores and memory, from what Linux says: the first words of every benchmark's description."""
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    with open("/proc/meminfo") as file:
        kibibytes = int(file.readline().split()[1])
    return f"{names[0] if names else 'unknown processor'}, {len(os.sched_getaffinity(0))} cores, {kibibytes >> 20} GiB"


def remark(text):
    print(text, file=sys.stderr, flush=True)
