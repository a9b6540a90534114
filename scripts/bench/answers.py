#!/usr/bin/env python3
"""Measures what shortcuts cost in answers, scored by the data's own script: `make bench-answers`.

  answers.py --quarry PROGRAM [--eval ../shared/eval] [--set squad2-a] [--limit 700] [--out .build/bench/answers.json]

The same questions are answered exactly (passages in the order of their documents), with the best passage first, and with keys and values that
were prepared, by EPIC and by CacheBlend: once as answers are shown, which is generated text only where it stands up against the quotes, and
once as generated whatever the check says. Bar: F1 of what is shown within a point of exact. An hour for 700 questions on two cores.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

from report import Report
from serving_server import machine_description

BAR = 0.01
VARIANTS = {"best passage first": ["--passages-by", "score"], "prepared, epic": ["--prepared-kv", "epic"],
            "prepared, cacheblend": ["--prepared-kv", "cacheblend"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quarry", required=True, help="the program")
    parser.add_argument("--eval", default="../shared/eval", help="folder with sets/ and score.py")
    parser.add_argument("--set", default="squad2-a")
    parser.add_argument("--limit", default="700", help="only the first questions of the set")
    parser.add_argument("--out", default=".build/bench/answers.json")
    arguments = parser.parse_args()
    folder, scorer = os.path.join(arguments.eval, "sets", arguments.set), os.path.join(arguments.eval, "score.py")
    if not os.path.exists(scorer):
        parser.error(f"{arguments.eval} does not hold the evaluation data (sets/ and score.py)")
    report = Report(f"{machine_description()}; {arguments.set}, {arguments.limit} questions", "exact")
    with tempfile.TemporaryDirectory(prefix="quarry-answers-") as temporary:
        index = os.path.join(temporary, "index")

        def score(mode, options):
            answers = os.path.join(temporary, "answers.jsonl")
            done = subprocess.run([arguments.quarry, "eval", "answers", folder, "--index", index, "--answer", mode, "--limit", arguments.limit,
                                   "--out", answers, "--quiet", *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if done.returncode != 0:
                raise SystemExit(f"error: no answers were given\nwhy: {done.stderr.strip()}")
            result = json.loads(subprocess.check_output([sys.executable, scorer, "answers", folder, answers]))
            with open(answers, encoding="utf-8") as file:
                return result["F1 (of answerable)"], result["contains (of answerable)"], [json.loads(line)["answer"] for line in file]

        for mode, what in ("auto", "shown"), ("generate", "generated"):
            exact = score(mode, [])
            report.add(f"{what}, exact: F1", exact[0], "")
            report.add(f"{what}, exact: holds a gold answer", exact[1], "")
            for name, options in VARIANTS.items():
                f1, contains, texts = score(mode, options)
                report.add(f"{what}, {name}: F1", f1, "", peer=exact[0])
                report.add(f"{what}, {name}: F1 lost", exact[0] - f1, "", bar=BAR if mode == "auto" else None)
                report.add(f"{what}, {name}: holds a gold answer", contains, "", peer=exact[1])
                same = sum(one == other for one, other in zip(texts, exact[2])) / len(texts)
                report.add(f"{what}, {name}: share of answers that are the same", same, "")
    report.write(arguments.out)
    print(report.table(), end="")


if __name__ == "__main__":
    main()
