#!/usr/bin/env python3
"""Measures ingestion against its bars (`make bench-ingestion`): throughput beside the embedder alone, a second run, a change that is followed, memory.

  ingestion.py --quarry PROGRAM [--files 10000] [--rounds 3] [--out FILE]
"""
import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from report import Report
from serving_server import machine_description

WORDS = """mill river harbour keeper lamp storm winter summer wheat barley wagon bridge market council letter ledger copper silver wool cloth
stone timber orchard garden kettle candle window church tower bell road forest meadow island coast ferry sailor captain merchant clerk""".split()


def text(rng, mark):
    sentences = [" ".join(rng.choices(WORDS, k=rng.randrange(6, 16))).capitalize() + "." for _ in range(rng.randrange(3, 14))]
    return f"# Report {mark}\n\nThe mark of this report is {mark}.\n\n" + " ".join(sentences) + "\n"


def run(quarry, *arguments):
    """JSON, seconds of the whole process, and the most memory that it took, in MiB."""
    start = time.time()
    process = subprocess.Popen([quarry, *arguments, "--json", "-q"], stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        sys.exit(f"quarry {' '.join(arguments)} ended with {process.returncode}: {output}")
    return json.loads(output), time.time() - start, usage.ru_maxrss / 1024


def watched(quarry, docs, index, rng):
    """Seconds from a file's being written to its being found, the search's own process included: the median of five."""
    process = subprocess.Popen([quarry, "ingest", docs, "--watch", "--index", index, "-q"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(8)
        times = []
        for number in range(5):
            mark = f"w{rng.getrandbits(48):x}"
            with open(f"{docs}/{number}/{number}.md", "w") as file:
                file.write(text(rng, mark))
            start = time.time()
            while True:
                results, _, _ = run(quarry, "search", f"the mark {mark}", "--limit", "1", "--index", index)
                if any(mark in result["text"] for result in results["results"]):
                    break
                if time.time() - start > 60:
                    sys.exit(f"{mark} was not found within a minute")
            times.append(time.time() - start)
            time.sleep(2)
        return sorted(times)[2]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def large_file_memory(quarry, folder, rng):
    """The most memory in the first minute of a text of 200 MB."""
    os.makedirs(f"{folder}/large")
    with open(f"{folder}/large/large.txt", "w") as file:
        piece = "\n\n".join(text(rng, n) for n in range(2000))
        for _ in range((200 << 20) // len(piece)):
            file.write(piece)
    process = subprocess.Popen([quarry, "ingest", f"{folder}/large", "--index", f"{folder}/large-index", "-q"])
    time.sleep(60)
    with open(f"/proc/{process.pid}/status") as status:
        peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    return peak


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quarry", required=True)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="of ingestion and of the embedder alone, one after the other; medians count")
    parser.add_argument("--out")
    options = parser.parse_args()
    quarry, rng = os.path.abspath(options.quarry), random.Random(1)
    folder = tempfile.mkdtemp(prefix="quarry-ingestion-")
    docs, index = f"{folder}/docs", f"{folder}/index"
    report = Report(machine_description())
    try:
        for number in range(options.files):
            os.makedirs(f"{docs}/{number % 100}", exist_ok=True)
            with open(f"{docs}/{number % 100}/{number}.md", "w") as file:
                file.write(text(rng, number))
        rates, alone, memory = [], [], 0
        for _ in range(options.rounds):
            shutil.rmtree(index, ignore_errors=True)
            first, _, used = run(quarry, "ingest", docs, "--index", index)
            first = first["ingested"][0]
            rates.append(first["embedded_tokens"] / first["seconds"])
            alone.append(run(quarry, "bench", "embed", "--index", index)[0]["tokens_per_second"])
            memory = max(memory, used)
        # The machine is shared: either is now a fifth faster, now slower.
        embedder = statistics.median(alone)
        report.add(f"ingestion of {options.files:,} files", statistics.median(rates), "tokens/s", bar=0.9 * embedder, lower=False,
                   peer=embedder, peer_name="embedder alone")
        report.add("· most memory", memory, "MiB", bar=1024, lower=True)
        second = sorted(run(quarry, "ingest", docs, "--index", index)[1] for _ in range(3))[1]
        report.add(f"second ingestion of {options.files:,} unchanged files", second, "s", bar=2, lower=True)
        report.add("a changed file is found, followed", watched(quarry, docs, index, rng), "s", bar=2, lower=True)
        report.add("most memory in a text of 200 MB", large_file_memory(quarry, folder, rng), "MiB", bar=1024, lower=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(report.table())
    if options.out:
        report.write(options.out)


if __name__ == "__main__":
    main()
