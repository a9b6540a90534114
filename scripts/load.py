#!/usr/bin/env python3
"""The load run: many clients against a `quarry serve` whose memory for keys and values is far too small (`make soak-serving`).

  load.py --quarry PROGRAM [--minutes 10] [--clients 200] [--seed 1] [--out .build/bench/load.json]
          [--option=--kv-memory=64 …] [--questions 240] [--lone 1000]

Each client asks one thing after another: short and long prompts, shared and distinct ones, greedy and drawn with a seed, streamed and whole,
some read slowly, some broken off at a random moment, and some that are no requests at all. What it demands:
  · every finished answer is, to the letter, that of the same request alone on a server started for it that has read nothing, guesses nothing
    and computes with one thread; an answer broken off is the beginning of it;
  · whatever is refused has a status and a body with code and message that say why, 429 a Retry-After as well; nothing else goes wrong;
  · the server lives, /healthz answers within a second, and memory and open files do not grow after the first two minutes;
  · afterwards it still answers, and SIGTERM ends it.
Exit status 1 if one of these is broken. Python's standard library only.
"""
import argparse
import asyncio
import collections
import json
import os
import random
import shutil
import socket
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench"))
from load_requests import bad_requests, pick, questions, request_bytes  # noqa: E402
from load_responses import body_of, error_of, first_difference, streamed_text, whole_text  # noqa: E402
from serving_server import Quarry, default_model, machine_description, remark  # noqa: E402

# Options of `quarry serve`: under load, and for the lone runs.
LOADED = ["--kv-memory", "64", "--kv-disk", "256"]
LONE = ["--kv-disk", "0", "--no-speculation"]
HEALTH_SECONDS = 1.0        # the slowest answer of /healthz that is fine
HANG_SECONDS = 180.0        # the server's own deadline is 120
WARM_UP_SECONDS = 120.0     # memory may grow until then
GROWTH_BYTES = 16 << 20     # what counts as growth after it
MANNERS = (("streamed", 52), ("whole", 22), ("broken off", 15), ("slow", 6), ("bad", 5))


class Load:
    def __init__(self, arguments, server):
        self.arguments, self.server = arguments, server
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Corpora/manual")
        self.questions = questions(folder, arguments.questions, arguments.seed)
        self.bad = bad_requests(server.model)
        self.counts, self.violations, self.violation_count = collections.Counter(), [], 0
        self.finished, self.broken_off = collections.defaultdict(collections.Counter), collections.defaultdict(set)
        self.seconds, self.health, self.memory = collections.defaultdict(list), [], []

    def violate(self, what):
        self.violation_count += 1
        self.counts["violations"] += 1
        if len(self.violations) < 40:
            self.violations.append(what)
            remark(f"VIOLATION: {what}")

    # One request

    async def connect(self, slow):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        if slow:
            # Small buffers all the way, so that the server feels that nobody reads.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.server.port))
            return await asyncio.open_connection(sock=connection, limit=256 if slow else 1 << 16)
        except BaseException:
            connection.close()
            raise

    async def exchange(self, payload, received, slow_seconds=0.0):
        """Sends and reads until the server closes; what came so far is in `received` also when this is cancelled."""
        reader, writer = await self.connect(slow_seconds > 0)
        try:
            writer.write(payload)
            await writer.drain()
            slow_until = time.monotonic() + slow_seconds
            while data := await reader.read(24 if time.monotonic() < slow_until else 1 << 16):
                received += data
                if time.monotonic() < slow_until:
                    await asyncio.sleep(1)
        finally:
            # Without waiting: a client that breaks off is gone at once.
            writer.transport.abort()

    async def request(self, source):
        manner = source.choices([name for name, _ in MANNERS], [share for _, share in MANNERS])[0]
        received, start = bytearray(), time.monotonic()
        question = bad = None
        if manner == "bad":
            bad = source.choice(self.bad)
            payload = bad.payload
        else:
            question = pick(source, self.questions)
            payload = request_bytes(question.body(self.server.model, streams=manner != "whole"))
        # Some are gone before the first token, most in the middle.
        patience = source.choice((0.02, 1, 5, 20, 60)) * source.random() if manner == "broken off" else HANG_SECONDS
        name = bad.name if bad else question.key
        try:
            await asyncio.wait_for(self.exchange(payload, received, slow_seconds=source.uniform(5, 25) if manner == "slow" else 0), patience)
        except asyncio.TimeoutError:
            if manner != "broken off":
                self.violate(f"{name} ({manner}) had no end after {HANG_SECONDS:.0f} s; {len(received)} bytes came")
                return None
            self.counts["broken off"] += 1
            text = streamed_text(body_of(received)[2])[0]
            if text:
                self.broken_off[question.key].add(text)
            return None
        except OSError as error:
            self.violate(f"{name} ({manner}): {type(error).__name__}: {error} after {time.monotonic() - start:.1f} s, {len(received)} bytes")
            return None
        try:
            return self.judge(bytes(received), manner, question, bad, time.monotonic() - start)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            self.violate(f"{name} ({manner}): the answer has another form: {error!r}: {bytes(received[-200:])!r}")
            return None

    def judge(self, received, manner, question, bad, seconds):
        """Books an answer that came to its end; gives the seconds to wait before the next when the server says so."""
        name = bad.name if bad else question.key
        status, headers, body, complete = body_of(received)
        if status is None or not complete:
            self.violate(f"{name} ({manner}): the answer stops in its midst after {len(received)} bytes: {bytes(received[-80:])!r}")
            return None
        if status == 200 and not bad:
            text, error, ended = streamed_text(body) if manner != "whole" else whole_text(body)
            if error is None and ended:
                self.counts["finished"] += 1
                self.finished[question.key][text] += 1
                self.seconds[question.kind].append(seconds)
                return None
            if error is None:
                self.violate(f"{name} ({manner}): status 200 without an end: {body[-200:]!r}")
                return None
        elif status == 200:
            self.violate(f"bad request answered: {name}")
            return None
        else:
            error = error_of(body)
        if not error or not error.get("code") or not error.get("message"):
            self.violate(f"{name} ({manner}): status {status} without code and message: {body[:200]!r}")
        elif bad:
            self.counts[f"bad request refused: {status}"] += 1
            if status not in bad.statuses | {429}:
                self.violate(f"bad request {name}: status {status} {error['code']}, not one of {sorted(bad.statuses)}")
        else:
            self.counts[f"refused: {status if status != 200 else 'in the stream'} {error['code']}"] += 1
            allowed = question.allowed_refusals.get(error["code"])
            if allowed is None or status not in (allowed, 200):
                self.violate(f"{name} ({manner}): status {status} {error['code']}: {error['message']}")
        if status == 429:
            retry = headers.get("retry-after", "")
            if not retry.isdigit():
                self.violate(f"{name}: 429 without Retry-After")
                return 1.0
            return float(retry)
        return None

    # Everybody

    async def client(self, number, until):
        source = random.Random(self.arguments.seed * 100_003 + number)
        await asyncio.sleep(source.random() * 2)
        while time.monotonic() < until:
            wait = await self.request(source)
            await asyncio.sleep(min(wait, 10) * source.uniform(1, 1.5) if wait else source.random() * 0.2)

    async def watch_health(self, stop):
        while not stop.is_set():
            received, start = bytearray(), time.monotonic()
            try:
                await asyncio.wait_for(self.exchange(request_bytes(b"", path="/healthz", method="GET"), received), 30)
                seconds = time.monotonic() - start
                self.health.append(seconds)
                if body_of(received)[0] != 200:
                    self.violate(f"/healthz answered {bytes(received[:60])!r}")
                elif seconds > HEALTH_SECONDS:
                    self.violate(f"/healthz took {seconds:.2f} s")
            except (OSError, asyncio.TimeoutError) as error:
                self.violate(f"/healthz: {type(error).__name__} after {time.monotonic() - start:.1f} s")
            await pause(stop, 1)

    async def watch_memory(self, stop):
        start = time.monotonic()
        while not stop.is_set():
            sample = memory_of(self.server.process.pid)
            if sample is None:
                self.violate(f"the server died after {time.monotonic() - start:.0f} s")
                return
            self.memory.append((time.monotonic() - start, *sample))
            await pause(stop, 1)

    async def run(self):
        until, stop = time.monotonic() + 60 * self.arguments.minutes, asyncio.Event()
        watchers = [asyncio.create_task(self.watch_health(stop)), asyncio.create_task(self.watch_memory(stop)), asyncio.create_task(self.tell(stop))]
        await asyncio.gather(*(self.client(number, until) for number in range(self.arguments.clients)))
        stop.set()
        await asyncio.gather(*watchers)

    async def tell(self, stop):
        while not stop.is_set():
            await pause(stop, 30)
            remark(", ".join(f"{name}: {count}" for name, count in sorted(self.counts.items())))

    # Afterwards

    def check_memory(self):
        """Start, most, end in MiB and the slope after the first two minutes in MiB a minute; None of the last when the run was too short."""
        after = [sample for sample in self.memory if sample[0] >= WARM_UP_SECONDS]
        figures = {"start": self.memory[0][1] / 2**20, "max": max(sample[1] for sample in self.memory) / 2**20, "end": self.memory[-1][1] / 2**20,
                   "files_start": self.memory[0][2], "files_end": self.memory[-1][2]} if self.memory else {}
        if len(after) >= 60:
            fifth = len(after) // 5
            growth = statistics.median(s[1] for s in after[-fifth:]) - statistics.median(s[1] for s in after[:fifth])
            slope, _ = statistics.linear_regression([s[0] for s in after], [s[1] for s in after])
            figures |= {"growth": growth / 2**20, "slope_per_minute": 60 * slope / 2**20}
            if growth > GROWTH_BYTES:
                self.violate(f"memory grew by {growth / 2**20:.0f} MiB after the first two minutes")
        return figures

    def check_open_files(self):
        time.sleep(2)
        sample = memory_of(self.server.process.pid) if self.server.process.poll() is None else None
        if sample and self.memory and sample[1] > self.memory[0][2] + 20:
            self.violate(f"{sample[1]} files are open after the load, {self.memory[0][2]} before")

    def check_alone(self, make):
        """Every answer against a lone run; gives how many requests and answers were compared, and how many answers differ."""
        by_key = {question.key: question for question in self.questions}
        keys = sorted(set(self.finished) | set(self.broken_off))
        if len(keys) > self.arguments.lone:
            remark(f"only {self.arguments.lone} of {len(keys)} requests are run alone (--lone)")
            keys = random.Random(self.arguments.seed).sample(keys, self.arguments.lone)
        compared = differing = 0
        for number, key in enumerate(keys):
            if number % 20 == 0:
                remark(f"run alone: {number} of {len(keys)}")
            question = by_key[key]
            with make() as server:
                truth = server.chat(question.prompt, question.tokens, **question.fields).text
            for text, times in self.finished[key].items():
                compared += times
                if text != truth:
                    differing += times
                    self.violate(f"{key}: answered {times} times otherwise than alone: {first_difference(text, truth)}")
            for text in self.broken_off[key]:
                compared += 1
                if not truth.startswith(text):
                    differing += 1
                    self.violate(f"{key}: broken off, it does not begin as alone: {first_difference(text, truth)}")
        return len(keys), compared, differing


async def pause(stop, seconds):
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except asyncio.TimeoutError:
        pass


def memory_of(process_id):
    """Resident bytes and open files; None when the process is gone."""
    try:
        with open(f"/proc/{process_id}/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["VmRSS"].split()[0]) * 1024, len(os.listdir(f"/proc/{process_id}/fd"))
    except (OSError, KeyError):
        return None


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quarry", required=True, help="the program")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--questions", type=int, default=240, help="how many different ones the clients ask")
    parser.add_argument("--lone", type=int, default=1000, help="how many of them are run alone afterwards, at most")
    parser.add_argument("--model", default=default_model())
    parser.add_argument("--out", default=".build/bench/load.json")
    parser.add_argument("--option", dest="options", action="append", help=f"options of `quarry serve`; without any: {' '.join(LOADED)}")
    arguments = parser.parse_args()
    arguments.quarry = os.path.abspath(arguments.quarry)
    return arguments


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="quarry-load-") as folder:
        os.mkdir(f"{folder}/loaded")
        os.mkdir(f"{folder}/lone")
        server = Quarry(arguments.quarry, arguments.model, f"{folder}/loaded", arguments.options or LOADED).start()
        try:
            load = Load(arguments, server)
            remark(f"{arguments.clients} clients for {arguments.minutes:g} minutes …")
            asyncio.run(load.run())
            memory = load.check_memory()
            if server.process.poll() is None:
                load.check_open_files()
                if not server.chat("Say hello.", 8).text:
                    load.violate("after the load the server answers nothing")
        finally:
            status = server.stop(timeout=30)
        if status != 0:
            load.violate(f"SIGTERM: the server's exit status is {status}")
        if load.violation_count:
            os.makedirs(os.path.dirname(arguments.out) or ".", exist_ok=True)
            shutil.copy(server.log, arguments.out + ".log")
            remark(f"the server's log: {arguments.out}.log")
        requests, compared, differing = load.check_alone(lambda: Quarry(arguments.quarry, arguments.model, f"{folder}/lone", LONE, threads=1))
    report(load, arguments, memory, requests, compared, differing)
    sys.exit(1 if load.violation_count else 0)


def report(load, arguments, memory, requests, compared, differing):
    rows = sorted(load.counts.items())
    rows.append(("answers compared with lone runs", f"{compared}, of {requests} requests; {differing} differ"))
    for kind, seconds in sorted(load.seconds.items()):
        rows.append((f"seconds until done, {kind}", f"{statistics.median(seconds):.1f} in the middle, {max(seconds):.1f} at most"))
    if load.health:
        ordered = sorted(load.health)
        rows.append(("/healthz, ms", f"{1000 * ordered[len(ordered) // 2]:.0f} in the middle, "
                                     f"{1000 * ordered[len(ordered) * 99 // 100]:.0f} at 99 %, {1000 * ordered[-1]:.0f} at most"))
    if memory:
        rows.append(("memory, MiB", f"{memory['start']:.0f} at first, {memory['max']:.0f} at most, {memory['end']:.0f} at the end"))
        rows.append(("memory after two minutes", f"{memory['growth']:+.1f} MiB, {memory['slope_per_minute']:+.2f} MiB a minute" if "growth" in memory
                     else "not judged: the run was too short"))
        rows.append(("open files", f"{memory['files_start']} at first, {memory['files_end']} at the end"))
    machine = f"{machine_description()}; {arguments.clients} clients, {arguments.minutes:g} minutes, seed {arguments.seed}, " \
              f"serve {' '.join(arguments.options or LOADED)}"
    width = max(len(name) for name, _ in rows)
    print(machine + "\n" + "".join(f"{name.ljust(width)}  {value}\n" for name, value in rows), end="")
    print("every demand is met" if not load.violation_count else f"{load.violation_count} VIOLATIONS, the first: {load.violations[0]}")
    os.makedirs(os.path.dirname(arguments.out) or ".", exist_ok=True)
    with open(arguments.out, "w") as file:
        json.dump({"machine": machine, "holds": not load.violation_count, "counts": load.counts, "requests_run_alone": requests,
                   "answers_compared": compared, "answers_that_differ": differing, "memory_mib": memory, "violations": load.violations,
                   "memory_samples": load.memory, "health_seconds": load.health}, file)


if __name__ == "__main__":
    main()
