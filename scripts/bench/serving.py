#!/usr/bin/env python3
"""Measures `quarry serve` from outside, over HTTP, against its bars and llama.cpp's server: `make bench-serving`.

  serving.py --quarry PROGRAM [--peers FOLDER] [--eval ../shared/eval] [--out .build/bench/serving.json]
             [--only cold,warm,restart,prepared,same,different,identical,speculation] [--quick] [--no-peer]

Prompts are four passages of squad2-a, about 1,280 tokens with their question; every run has passages of its own, so that nothing is warm by
accident, and a run that was is an error. Both servers have the same GGUF file, all cores and prompt caching on; they take turns, each idle
while the other is measured; a figure is the median of its runs. Time to the first token is from sending the request to the first piece of
text. Answers are greedy. Python's standard library only; llama.cpp comes from the environment of `make bench-peers`.
"""
import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time

from report import Report
from serving_prepared import PreparedIndex, measure as measure_prepared
from serving_prompts import PassageSource, spec_bench
from serving_server import Peer, Quarry, default_model, machine_description, remark

SECTIONS = ("cold", "warm", "restart", "prepared", "same", "different", "identical", "speculation")
PEER = "llama.cpp"
CONCURRENT, ANSWER_TOKENS = 8, 48
# Options of `quarry serve`. The disk tier is off where it is not measured: writing pages must not disturb what is.
NO_DISK = ["--kv-disk", "0"]
PLAIN, SPECULATING = ["--no-speculation"], ["--speculation"]


def together(server, prompts, tokens):
    """All prompts at once, each on a connection of its own: seconds until the last answer is there, and the answers."""
    replies, failures = [None] * len(prompts), []
    barrier = threading.Barrier(len(prompts) + 1)

    def ask(index):
        barrier.wait()
        try:
            replies[index] = server.chat(prompts[index], tokens)
        except (Exception, SystemExit) as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(prompts))]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - start, replies


def quoted_share(answer, prompt, length=5):
    """The share of an answer's runs of five words that stand in the prompt."""
    words, source = answer.split(), " ".join(prompt.split())
    runs = [" ".join(words[i : i + length]) for i in range(len(words) - length + 1)]
    return sum(run in source for run in runs) / len(runs) if runs else 0.0


class ServingBenchmark:
    def __init__(self, arguments, folder):
        self.arguments, self.folder, self.count = arguments, folder, 0
        self.source = PassageSource(arguments.eval)
        threads = len(os.sched_getaffinity(0))
        machine = f"{machine_description()}; {os.path.basename(arguments.model)}"
        self.peer_python = None
        if arguments.peer:
            if os.path.exists(os.path.join(arguments.peers, "complete")):
                self.peer_python, self.threads = os.path.join(arguments.peers, "bin/python"), threads
                machine += f"; {PEER}'s server with {threads} threads and {CONCURRENT} slots"
            else:
                remark(f"{PEER} is left out: {arguments.peers} is not complete (make bench-peers)")
        self.report = Report(machine, PEER)

    def runs(self, count):
        return 1 if self.arguments.quick else count

    def quarry(self, *options, folder=None):
        """A server with an index of its own, not started yet."""
        self.count += 1
        folder = folder or os.path.join(self.folder, f"quarry-{self.count}")
        os.makedirs(folder, exist_ok=True)
        return Quarry(self.arguments.quarry, self.arguments.model, folder, [*options, *self.arguments.options])

    def measure(self):
        sections = self.arguments.only
        peer = None
        try:
            if self.peer_python and set(sections) & {"cold", "warm", "same", "different", "identical"}:
                peer = Peer(self.peer_python, self.arguments.model, self.folder, self.threads).start()
            if set(sections) & {"cold", "warm", "same", "different", "identical"}:
                with self.quarry(*NO_DISK) as ours:
                    servers = [ours] + ([peer] if peer else [])
                    for server in servers:
                        server.chat(self.source.fresh().ask(0), 8)  # pages, threads and connections are there before it counts
                    if {"cold", "warm"} & set(sections):
                        self.first_tokens(servers)
                    together_runs = self.concurrent(servers)
            if "restart" in sections:
                self.restart()
            if "prepared" in sections:
                self.prepared()
            if "identical" in sections:
                self.identical(together_runs, peer)
        finally:
            if peer:
                peer.stop()
        if "speculation" in sections:
            self.speculation()
        return self.report

    def first_tokens(self, servers):
        remark("measuring first tokens …")
        seconds = {(what, server.name): [] for server in servers for what in ("cold", "warm")}
        lengths = []
        for _ in range(self.runs(5)):
            passages = self.source.fresh()
            for server in servers:
                cold, warm = server.chat(passages.ask(0), 8), server.chat(passages.ask(1), 8)
                self.check(cold, warm, server)
                seconds["cold", server.name].append(cold.first_seconds)
                seconds["warm", server.name].append(warm.first_seconds)
                lengths.append(cold.prompt_tokens)
        remark(f"prompts of {min(lengths)} to {max(lengths)} tokens")
        for what, name, bar in (("cold", "first token, cold", 1.8), ("warm", "first token, same passages, new question", 0.05)):
            if what in self.arguments.only:
                medians = [statistics.median(seconds[what, server.name]) for server in servers]
                self.report.add(name, medians[0], bar=bar, peer=medians[1] if len(medians) > 1 else None)

    @staticmethod
    def check(cold, warm, server):
        """That the cache was as the figure's name says: only the template's opening is shared by different passages."""
        if cold.cached_tokens > 64:
            raise SystemExit(f"error: a prompt meant to be cold was warm\nwhy: {server.name} had {cold.cached_tokens} of its tokens in the cache")
        if warm is not None and warm.cached_tokens < 0.8 * cold.prompt_tokens:
            remark(f"{server.name}: only {warm.cached_tokens} of {warm.prompt_tokens} tokens came from the cache")

    def restart(self):
        remark("measuring restarts …")
        cold, warm, fresh = [], [], []
        for run in range(self.runs(3)):
            passages, server = self.source.fresh(), self.quarry()
            with server:
                server.chat("Say hello.", 4)
                first = server.chat(passages.ask(0), 8)
                self.check(first, None, server)
                cold.append(first.first_seconds)
            with server:
                again = server.chat(passages.ask(1), 8)
                self.check(first, again, server)
                warm.append(again.first_seconds)
            with self.quarry(*NO_DISK) as server:
                fresh.append(server.chat(passages.ask(1), 8).first_seconds)
            shutil.rmtree(os.path.join(self.folder, f"quarry-{self.count}"), ignore_errors=True)
        self.report.add("first token after a restart, from the disk tier", statistics.median(warm), bar=0.2 * statistics.median(cold))
        self.report.add("· the same without a disk tier", statistics.median(fresh))

    def prepared(self):
        remark("preparing passages …")
        index = PreparedIndex(self.arguments.quarry, self.arguments.model, self.folder, self.source)
        preparation = index.preparation
        remark(f"{preparation['prepared']} passages, {preparation['tokens']} tokens in {preparation['seconds']:.1f} s")
        remark("measuring prepared passages …")
        seconds = measure_prepared(index, self.runs(12))
        exact = seconds.pop("exact")
        for method, first in seconds.items():
            self.report.add(f"prepared passages in a new order, {method}", exact / first, "× sooner", bar=3, lower=False)
            self.report.figures[-1] |= {"seconds": first, "cold_seconds": exact}

    def concurrent(self, servers):
        """Eight at once; gives what each server was asked and answered in the first run of each kind."""
        firsts = {server.name: [] for server in servers}
        kinds = (("same", "8 concurrent questions, same passages", 4), ("different", "8 concurrent questions, different passages", 18))
        for kind, name, bar in kinds:
            if not {kind, "identical"} & set(self.arguments.only):
                continue
            remark(f"measuring {name} …")
            seconds, tokens = {server.name: [] for server in servers}, {server.name: [] for server in servers}
            for run in range(self.runs(3) if kind in self.arguments.only else 1):
                one = self.source.fresh()
                prompts = [one.ask(i) if kind == "same" else self.source.fresh().ask(i) for i in range(CONCURRENT)]
                for server in servers:
                    wall, replies = together(server, prompts, ANSWER_TOKENS)
                    seconds[server.name].append(wall)
                    tokens[server.name].append(sum(reply.completion_tokens for reply in replies))
                    cached = [reply.cached_tokens for reply in replies]
                    if (min(cached) if kind == "same" else max(cached)) > 64:
                        raise SystemExit(f"error: prompts meant to be cold were warm\nwhy: {server.name} had {cached} of their tokens in the cache")
                    if run == 0:
                        firsts[server.name] += zip(prompts, [reply.text for reply in replies])
            for server in servers:
                if (fewest := min(tokens[server.name])) < CONCURRENT * ANSWER_TOKENS:
                    remark(f"{server.name} wrote {fewest} of {CONCURRENT * ANSWER_TOKENS} tokens: answers ended early")
            if kind in self.arguments.only:
                medians = [statistics.median(seconds[server.name]) for server in servers]
                self.report.add(name, medians[0], bar=bar, peer=medians[1] if len(medians) > 1 else None)
        return firsts

    def identical(self, firsts, peer):
        """Each of the concurrent answers against the same request alone: a server started for it, that has read nothing and guesses nothing."""
        remark("measuring whether answers are those of lone runs …")
        limit = 2 if self.arguments.quick else None

        def alone(server, prompt):
            with server:
                return server.chat(prompt, ANSWER_TOKENS).text

        def count(pairs, make):
            pairs = pairs[:limit]
            return sum(text == alone(make(), prompt) for prompt, text in pairs), len(pairs)

        lone = os.path.join(self.folder, "lone")
        equal, total = count(firsts[Quarry.name], lambda: self.quarry(*NO_DISK, *PLAIN, folder=lone))
        theirs = None
        if peer:
            # Its own server must be gone: two would share the cores.
            peer.stop()
            theirs, _ = count(firsts[PEER], lambda: Peer(self.peer_python, self.arguments.model, self.folder, self.threads))
        self.report.add(f"concurrent answers equal to their lone run, of {total}", equal, "answers", bar=total, lower=False, peer=theirs)

    def speculation(self):
        """Seconds of decoding with and without drafts, the two servers in turns on every prompt; the shorter of the runs of a prompt counts."""
        categories = spec_bench(self.arguments.eval, self.runs(6))
        if categories is None:
            remark(f"Spec-Bench is left out: {self.arguments.eval}/traces/spec-bench.jsonl is missing")
        with contextlib.ExitStack() as stack:
            plain, speculating = (stack.enter_context(self.quarry(*NO_DISK, *options)) for options in (PLAIN, SPECULATING))
            drafting = None
            if self.arguments.draft_model and os.path.exists(self.arguments.draft_model):
                drafting = stack.enter_context(self.quarry(*NO_DISK, "--draft-model", self.arguments.draft_model))
            else:
                remark("no draft model is measured: `make bench-models` writes one")
            for server in filter(None, (plain, speculating, drafting)):
                server.chat(self.source.fresh().ask(0), 8)
            remark("measuring decode with speculation, quoting answers …")
            quoting, tried = [], 0
            while len(quoting) < self.runs(9) and tried < 36:
                prompt = self.source.fresh().quote(tried)
                tried += 1
                # Small models do not always do as asked: which answers quote is seen in the answers, not in how fast they came.
                if quoted_share(plain.chat(prompt, 96).text, prompt) >= 0.5:
                    quoting.append(prompt)
            remark(f"{len(quoting)} of {tried} answers quote their passages")
            if quoting:
                self.compare("decode with speculation, answers that quote the passages", quoting, 96, 1.4, plain, speculating)
                if drafting:
                    self.compare("· and with a draft model", quoting, 96, None, plain, drafting)
            if drafting and categories:
                remark("measuring decode with a draft model, one prompt of each category …")
                self.compare("· Spec-Bench, one of each, with a draft model", [prompts[0] for prompts in categories.values()], 96, None, plain, drafting)
            for name, prompts in (categories or {}).items():
                remark(f"measuring decode with speculation, {name} …")
                self.compare(f"· Spec-Bench: {name.replace('_', ' ')}", prompts, 96, 0.97, plain, speculating)

    def compare(self, name, prompts, tokens, bar, plain, speculating):
        seconds, written, differing, accepted, rejected = {plain: 0.0, speculating: 0.0}, 0, 0, 0, 0
        for prompt in prompts:
            replies = {plain: [], speculating: []}
            for run in range(self.runs(3)):
                for server in (plain, speculating) if run % 2 == 0 else (speculating, plain):
                    replies[server].append(server.chat(prompt, tokens))
            if len({reply.text for server in replies for reply in replies[server]}) > 1:
                differing += 1
            for server in replies:
                seconds[server] += min(reply.decode_seconds for reply in replies[server])
            written += max(0, replies[plain][0].completion_tokens - 1)
            drafts = replies[speculating][0].usage.get("completion_tokens_details", {})
            accepted += drafts.get("accepted_prediction_tokens", 0)
            rejected += drafts.get("rejected_prediction_tokens", 0)
        if differing:
            remark(f"{name}: {differing} of {len(prompts)} answers differ with and without speculation")
        if written == 0 or seconds[speculating] <= 0:
            remark(f"{name}: nothing was written")
            return
        self.report.add(name, seconds[plain] / seconds[speculating], "× plain", bar=bar, lower=False)
        self.report.figures[-1] |= {"tokens_per_second": written / seconds[speculating], "plain_tokens_per_second": written / seconds[plain],
                                    "answers_that_differ": differing, "accepted_tokens": accepted, "rejected_tokens": rejected}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quarry", required=True, help="the program")
    parser.add_argument("--peers", default=os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "quarry/peers"))
    parser.add_argument("--eval", default="../shared/eval", help="folder with sets/squad2-a and traces/spec-bench.jsonl")
    parser.add_argument("--model", default=default_model(), help="the GGUF file, for both")
    parser.add_argument("--draft-model", help="a GGUF file that guesses, to measure with and without")
    parser.add_argument("--out", default=".build/bench/serving.json")
    parser.add_argument("--only", default=",".join(SECTIONS), help="parts, with commas between: " + ", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="one run of each and one prompt of a category: a look, not a measurement")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--option", dest="options", action="append", default=[], help="one more option of `quarry serve`: --option=--kv-memory=512")
    arguments = parser.parse_args()
    arguments.only = arguments.only.split(",")
    if unknown := set(arguments.only) - set(SECTIONS):
        parser.error(f"'{unknown.pop()}' is no part: choose from {', '.join(SECTIONS)}")
    arguments.quarry = os.path.abspath(arguments.quarry)
    if not os.path.exists(arguments.model):
        parser.error(f"{arguments.model} is missing: `quarry models fetch` brings the default one")
    return arguments


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="quarry-serving-") as folder:
        report = ServingBenchmark(arguments, folder).measure()
    report.write(arguments.out)
    print(report.table(), end="")


if __name__ == "__main__":
    sys.exit(main())
