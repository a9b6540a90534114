#!/usr/bin/env python3
"""Measures retrieval and quotes on data sets in BEIR's form, scored by the data's own script, not by Quarry.

  bench-retrieval.py QUARRY EVAL OUT      EVAL: a folder with sets/ and score.py (../shared/eval)

Prints a table, writes OUT in the form of all benchmarks, and exits with 1 if a bar is missed.
"""
import collections, json, pathlib, subprocess, sys, tempfile

BARS = {"squad2-a": 0.915, "scifact": 0.745, "cranfield": 0.485}
BOTH_BAR = 0.80  # hotpotqa200: questions with both their paragraphs among the first ten
QUOTE_BARS = {1: 0.75, 2: 0.85}
LOSS_BAR = 0.002  # nDCG@10 that vectors computed in int8 may cost


def both(folder, run):
    """The share of questions all of whose documents are among the first ten."""
    wanted, found = collections.defaultdict(set), collections.defaultdict(set)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, _ = line.split("\t")
        wanted[query].add(document)
    for line in pathlib.Path(run).read_text(encoding="utf-8").splitlines():
        query, document, rank, _ = line.split("\t")
        if int(rank) <= 10:
            found[query].add(document)
    return sum(wanted[query] <= found[query] for query in wanted) / len(wanted)


def main():
    quarry, evaluation, out = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    if not (evaluation / "score.py").is_file():
        sys.exit(f"error: {evaluation} does not hold the evaluation data (sets/ and score.py)")

    def score(kind, folder, file):
        return json.loads(subprocess.check_output([sys.executable, evaluation / "score.py", kind, folder, file]))

    figures = []

    def figure(name, value, bar, lower_is_better=False):
        holds = value <= bar if lower_is_better else value >= bar
        figures.append({"name": name, "value": value, "unit": "", "bar": bar, "holds": holds})
        print(f"{name}: {value:.4f} (bar {bar}: {'holds' if holds else 'MISSED'})", flush=True)

    def ranked(name, *options):
        """nDCG@10 of a set, by the data's script; Quarry's own figure must be the same."""
        folder, run = evaluation / "sets" / name, f"{temporary}/{name}{len(options)}.tsv"
        own = json.loads(subprocess.check_output([quarry, "eval", folder, "--run", run, "--json", *options]))
        value = score("retrieval", folder, run)["nDCG@10"]
        if abs(value - own["ndcg@10"]) > 1e-4:
            sys.exit(f"error: {name}: score.py says {value}, quarry eval says {own['ndcg@10']}")
        return value

    with tempfile.TemporaryDirectory() as temporary:
        for name, bar in BARS.items():
            value = ranked(name, "--index", f"{temporary}/{name}")
            figure(f"{name} nDCG@10", value, bar)
            figure(f"{name} nDCG@10 lost by vectors in int8", ranked(name, "--embedding", "float32") - value, LOSS_BAR, lower_is_better=True)
        folder, index, run = evaluation / "sets/hotpotqa200", f"{temporary}/hotpotqa200", f"{temporary}/hotpotqa200.tsv"
        subprocess.run([quarry, "eval", folder, "--run", run, "--index", index, "--json"], stdout=subprocess.DEVNULL, check=True)
        figure("hotpotqa200 questions with both paragraphs in the first 10", both(folder, run), BOTH_BAR)
        folder, index = evaluation / "sets/squad2-a", f"{temporary}/squad2-a"
        for sentences, bar in QUOTE_BARS.items():
            answers = f"{temporary}/answers-{sentences}.jsonl"
            subprocess.run([quarry, "eval", "answers", folder, "--answer", "quote", "--sentences", str(sentences), "--out", answers, "--index", index],
                           stdout=subprocess.DEVNULL, check=True)
            result = score("answers", folder, answers)
            figure(f"squad2-a quotes of {sentences} hold a gold answer", result["contains (of answerable)"], bar)
    pathlib.Path(out).write_text(json.dumps(figures, indent=1) + "\n")
    sys.exit(0 if all(f["holds"] for f in figures) else 1)


main()
