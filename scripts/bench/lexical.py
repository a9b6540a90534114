#!/usr/bin/env python3
"""BM25's best 100 of a large collection: Quarry's lexical index, tantivy and bm25s, one thread each, in turns in the same run.

Measured: the time of a question of five words from text to numbers of chunks (p50, p99), the time to build the index, its size.
The collection comes from lexical_corpus.py. Peers: pip install tantivy bm25s numba.

  lexical.py --ours PROGRAM --data FOLDER [--limit 100] [--rounds 2] [--peers tantivy,bm25s]

PROGRAM CHUNKS LIMIT says "seconds bytes" when it has built its index, then answers each question (a line) with "milliseconds best-chunk".
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")


class Ours:
    name = "quarry"

    def __init__(self, program, chunks, limit):
        self.process = subprocess.Popen([program, str(chunks), str(limit)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        seconds, size = self.process.stdout.readline().split()
        self.build, self.size = float(seconds), int(size)

    def search(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        milliseconds, best = self.process.stdout.readline().split()
        return float(milliseconds), int(best)


class Tantivy:
    name = "tantivy"

    def __init__(self, chunks, limit):
        import tantivy
        self.limit = limit
        # Without positions, which this search needs as little as ours.
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("text", stored=False, tokenizer_name="en_stem", index_option="freq")
        self.folder = tempfile.mkdtemp()
        start = time.perf_counter()
        self.index = tantivy.Index(schema.build(), path=self.folder)
        writer = self.index.writer(heap_size=500_000_000, num_threads=1)
        with open(chunks, encoding="utf-8") as file:
            for line in file:
                writer.add_document(tantivy.Document(text=[line]))
        writer.commit()
        writer.wait_merging_threads()
        self.build = time.perf_counter() - start
        self.index.reload()
        self.searcher = self.index.searcher()
        self.name += f" ({self.searcher.num_segments} segments)" if hasattr(self.searcher, "num_segments") else ""
        self.size = sum(path.stat().st_size for path in pathlib.Path(self.folder).iterdir())

    def search(self, question):
        start = time.perf_counter()
        hits = self.searcher.search(self.index.parse_query(question, ["text"]), self.limit, count=False).hits
        return (time.perf_counter() - start) * 1000, len(hits)

    def close(self):
        shutil.rmtree(self.folder)


class BM25S:
    name = "bm25s"

    def __init__(self, chunks, limit):
        import bm25s
        self.bm25s, self.limit = bm25s, limit
        start = time.perf_counter()
        with open(chunks, encoding="utf-8") as file:
            tokens = bm25s.tokenize(file.read().splitlines(), stopwords=None, show_progress=False)
        self.index = bm25s.BM25(method="lucene", k1=1.2, b=0.75, backend="numba")
        self.index.index(tokens, show_progress=False)
        self.build = time.perf_counter() - start
        self.size = sum(self.index.scores[part].nbytes for part in ("data", "indices", "indptr"))

    def search(self, question):
        start = time.perf_counter()
        tokens = self.bm25s.tokenize([question], stopwords=None, return_ids=False, show_progress=False)
        best = self.index.retrieve(tokens, k=self.limit, n_threads=1, show_progress=False)
        return (time.perf_counter() - start) * 1000, int(best.documents[0][0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--peers", default="tantivy,bm25s")
    options = parser.parse_args()
    chunks = options.data / "chunks.txt"
    questions = (options.data / "questions.txt").read_text(encoding="utf-8").splitlines()[:options.questions]
    kinds = {"tantivy": Tantivy, "bm25s": BM25S}
    engines = [Ours(options.ours, chunks, options.limit)] + [kinds[name](chunks, options.limit) for name in options.peers.split(",") if name]
    times = [[] for _ in engines]
    for engine in engines:
        for question in questions[:20]:
            engine.search(question)
    for _ in range(options.rounds):
        for question in questions:
            for engine, taken in zip(engines, times):
                taken.append(engine.search(question)[0])
    print(f"top {options.limit}, {len(questions)} questions × {options.rounds}")
    print("| | p50 ms | p99 ms | mean ms | build s | MB |\n|---|---|---|---|---|---|")
    for engine, taken in zip(engines, times):
        taken.sort()
        mean = sum(taken) / len(taken)
        print(f"| {engine.name} | {taken[len(taken) // 2]:.2f} | {taken[len(taken) * 99 // 100]:.2f} | {mean:.2f} | {engine.build:.1f} | {engine.size / 1e6:.0f} |")
        if hasattr(engine, "close"):
            engine.close()


if __name__ == "__main__":
    main()
