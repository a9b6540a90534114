#!/usr/bin/env python3
"""Ingests a documentation tree that nobody here wrote, and asks it what its users ask.

  bench-postgresql.py QUARRY INDEX OUT      tree: Debian's postgresql-doc-15, over 1,100 HTML pages

Checked: every page is ingested, none failed; of each question (Tests/Golden/postgresql/questions.tsv) an expected page is among the first
three documents. Prints a table, writes OUT in the form of all benchmarks, and exits with 1 if a check does not hold.
"""
import json, pathlib, subprocess, sys, time

TREE = pathlib.Path("/usr/share/doc/postgresql-doc-15/html")


def main():
    quarry, index, out = sys.argv[1:]
    if not TREE.is_dir():
        sys.exit("error: the documentation is not there\ntry:   apt-get install postgresql-doc-15")

    def run(*arguments):
        # Progress goes to standard error; exit status 3 (nothing found) is a result too.
        result = subprocess.run([quarry, *arguments, "--index", index, "--json"], stdout=subprocess.PIPE, check=False)
        if result.returncode not in (0, 3):
            sys.exit(result.stdout.decode())
        return json.loads(result.stdout)

    pages = sum(1 for _ in TREE.rglob("*.html"))
    report = run("ingest", str(TREE))["ingested"][0]
    present = {d["path"] for d in run("status", "--documents")["collections"][0]["contents"] if d["state"] == "ready"}
    lost = [str(p.relative_to(TREE)) for p in TREE.rglob("*.html") if str(p.relative_to(TREE)) not in present]

    rows, latencies = [], []
    questions = pathlib.Path(__file__).resolve().parents[1] / "Tests/Golden/postgresql/questions.tsv"
    for line in questions.read_text(encoding="utf-8").splitlines():
        expected, question = line.split("\t")
        start = time.monotonic()
        found = list(dict.fromkeys(r["path"] for r in run("search", question, "--limit", "20")["results"]))
        latencies.append(time.monotonic() - start)
        rank = next((i + 1 for i, page in enumerate(found) if page in expected.split()), None)
        rows.append((rank, question, found[0] if found else "nothing"))
        print(f"{rank or '–':>4}  {question}  →  {rows[-1][2]}")
    top = sum(1 for rank, *_ in rows if rank and rank <= 3)
    figures = [
        {"name": "pages ingested", "value": pages - len(lost), "unit": "pages", "bar": pages, "holds": not lost},
        {"name": "pages failed", "value": len(report["failed"]), "unit": "pages", "bar": 0, "holds": not report["failed"]},
        {"name": "questions with an expected page in the top 3", "value": top, "unit": "questions", "bar": len(rows), "holds": top == len(rows)},
    ]
    if report["embedded_tokens"]:
        figures.append({"name": "ingest", "value": report["embedded_tokens"] / report["seconds"], "unit": "tokens/s"})
    pathlib.Path(out).write_text(json.dumps(figures, indent=1) + "\n")
    for figure in figures:
        print(f"{figure['name']}: {figure['value']:.0f} {figure['unit']}" + (f" (bar {figure['bar']}: {'holds' if figure['holds'] else 'MISSED'})" if "bar" in figure else ""))
    sys.exit(0 if all(figure.get("holds", True) for figure in figures) else 1)


main()
