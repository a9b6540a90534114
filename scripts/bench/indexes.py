#!/usr/bin/env python3
"""Quarry's indexes beside other libraries', in turns in the same run, with the bars.

  indexes.py --quarry QUARRY vectors [--count 100000] [--out FILE]        HNSW and exact scan of count × 384, filters
  indexes.py --quarry QUARRY words --data FOLDER [--out FILE]             BM25's best 100; FOLDER from lexical_corpus.py

Vectors are clustered: two thousand subjects that overlap, in 128 directions of falling weight, of the same seed each time. Queries are drawn
like rows. Each library gets the settings of its documentation, and the smallest breadth of search whose recall is that of the bar; one thread a
query, two for building. Run by the Python of `make bench-peers`.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy

from report import Report
from serving_server import machine_description

DIMENSION, LIMIT, THREADS = 384, 10, 2


class Ours:
    """`quarry bench index`: a line of JSON each way."""

    name = "Quarry"

    def __init__(self, program):
        self.process = subprocess.Popen([program, "bench", "index"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise SystemExit(f"quarry bench index: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def vector_index(quarry, rows_path, kind, folder):
    """Builds an index in a process of its own, and loads it in another, whose memory then is the index's: process, seconds, bytes."""
    builder = Ours(quarry)
    seconds = builder.ask(op="vectors", path=rows_path, dimension=DIMENSION, kind=kind, out=f"{folder}/{kind}.index")["seconds"]
    builder.close()
    ours = Ours(quarry)
    return ours, seconds, ours.ask(op="load", path=f"{folder}/{kind}.index")["bytes"]


def clustered(count, seed):
    """Unit rows (count, 384), float32."""
    shared = numpy.random.default_rng(1)
    subjects, breadth = 2000, 128
    # Some directions matter more than others, as principal components of sentence embeddings do.
    basis = shared.standard_normal((breadth, DIMENSION), dtype=numpy.float32) / numpy.sqrt(numpy.arange(1, breadth + 1, dtype=numpy.float32))[:, None]
    centres = shared.standard_normal((subjects, breadth), dtype=numpy.float32)
    random = numpy.random.default_rng(seed)
    out = numpy.empty((count, DIMENSION), numpy.float32)
    for start in range(0, count, 20000):
        rows = min(20000, count - start)
        part = (centres[random.integers(0, subjects, rows)] + 0.7 * random.standard_normal((rows, breadth), dtype=numpy.float32)) @ basis
        part += 0.1 * random.standard_normal((rows, DIMENSION), dtype=numpy.float32)
        out[start : start + rows] = part / numpy.linalg.norm(part, axis=1, keepdims=True)
    return out


class Faiss:
    name = "faiss-cpu HNSW32"

    def __init__(self, rows):
        import faiss
        faiss.omp_set_num_threads(THREADS)
        self.index = faiss.IndexHNSWFlat(DIMENSION, 32, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = 80
        self.index.add(rows)
        faiss.omp_set_num_threads(1)

    def breadth(self, value):
        self.index.hnsw.efSearch = value

    def search(self, query):
        return self.index.search(query[None], LIMIT)[1][0]


class FaissInt8(Faiss):
    name = "faiss-cpu HNSW16, int8"

    def __init__(self, rows):
        import faiss
        faiss.omp_set_num_threads(THREADS)
        self.index = faiss.index_factory(DIMENSION, "HNSW16_SQ8", faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = 80
        self.index.train(rows)
        self.index.add(rows)
        faiss.omp_set_num_threads(1)


class Hnswlib:
    name = "hnswlib"

    def __init__(self, rows):
        import hnswlib
        self.index = hnswlib.Index("ip", DIMENSION)
        self.index.init_index(len(rows), ef_construction=80, M=16)
        self.index.add_items(rows, num_threads=THREADS)
        self.index.set_num_threads(1)

    def breadth(self, value):
        self.index.set_ef(value)

    def search(self, query):
        return self.index.knn_query(query, LIMIT, num_threads=1)[0][0]


class Usearch:
    def __init__(self, rows, dtype):
        from usearch.index import Index
        self.name = f"usearch {dtype}"
        self.index = Index(ndim=DIMENSION, metric="cos" if dtype == "i8" else "ip", dtype=dtype, connectivity=16, expansion_add=80)
        self.index.add(numpy.arange(len(rows)), rows, threads=THREADS)

    def breadth(self, value):
        self.index.expansion_search = value

    def search(self, query):
        return self.index.search(query, LIMIT, threads=1).keys


def show(table, out):
    if out:
        table.write(out)
    print(table.table(), end="")


def recall(found, wanted):
    return sum(len(set(map(int, a)) & set(map(int, b))) for a, b in zip(found, wanted)) / sum(map(len, wanted))


def nearest(rows, queries):
    """The best LIMIT rows of each query, by comparing all."""
    best = []
    for start in range(0, len(queries), 32):
        for scores in (queries[start : start + 32] @ rows.T):
            some = numpy.argpartition(-scores, 4 * LIMIT)[: 4 * LIMIT] if len(scores) > 4 * LIMIT else numpy.arange(len(scores))
            best.append(some[numpy.lexsort((some, -scores[some]))][:LIMIT])
    return best


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def vectors(quarry, options):
    count, rounds = options.count, 5
    wanted_recall = 0.99 if count <= 100_000 else 0.98
    rows, queries = clustered(count, 2), clustered(options.queries, 3)
    folder = tempfile.TemporaryDirectory()
    rows_path, queries_path = folder.name + "/rows.f32", folder.name + "/queries.f32"
    rows.tofile(rows_path)
    queries.tofile(queries_path)
    wanted = nearest(rows, queries)

    peers, built = [], {}
    makers = {"faiss": Faiss, "faiss-int8": FaissInt8, "hnswlib": Hnswlib, "usearch": lambda r: Usearch(r, "f32"), "usearch-i8": lambda r: Usearch(r, "i8")}
    for name in filter(None, options.peers.split(",")):
        start = time.perf_counter()
        peer = makers[name](rows)
        built[peer.name] = time.perf_counter() - start
        # The smallest breadth that finds enough; the library keeps it.
        for breadth in (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512):
            peer.breadth(breadth)
            found = recall([peer.search(query) for query in queries[:200]], wanted[:200])
            if found >= wanted_recall:
                break
        print(f"{peer.name}: breadth {breadth}, recall {found:.4f}, built in {built[peer.name]:.1f} s", flush=True)
        if found >= wanted_recall:
            peers.append(peer)
    ours, seconds, size_in_memory = vector_index(quarry, rows_path, "hnsw", folder.name)
    times, found = {"Quarry": []}, None
    ours.ask(op="nearest", path=queries_path, limit=LIMIT)
    for _ in range(rounds):
        answer = ours.ask(op="nearest", path=queries_path, limit=LIMIT)
        times["Quarry"] += answer["milliseconds"]
        found = answer["found"]
        for peer in peers:
            for query in queries:
                start = time.perf_counter()
                peer.search(query)
                times.setdefault(peer.name, []).append((time.perf_counter() - start) * 1000)
    medians = {name: percentile(values, 0.5) for name, values in times.items()}
    best = min((name for name in medians if name != "Quarry"), key=medians.get, default=None)
    quickest = min(built, key=built.get, default=None)
    table, size = Report(machine_description()), f"{count:,} × {DIMENSION}"
    table.add(f"{size}: recall@10", recall(found, wanted), "", wanted_recall, lower=False)
    is_large = count > 100_000
    table.add(
        f"{size}: query, p50", medians["Quarry"], "ms", 0.5 if is_large else 0.8 * medians[best] if best else None, peer_name=best,
        peer=medians.get(best))
    table.add(f"{size}: query, p99", percentile(times["Quarry"], 0.99), "ms", 1.5 if is_large else None)
    table.add(
        f"{size}: build, 2 threads", seconds, "s", 480 if is_large else built[quickest] if quickest else None, peer_name=quickest,
        peer=built.get(quickest))
    # On float32: the rows, and 64 links of four bytes each on the lowest level.
    table.add(f"{size}: memory", size_in_memory / 2**20, "MiB", 0.45 * count * (DIMENSION * 4 + 64 * 4) / 2**20, peer_name="HNSW32 on float32",
              peer=count * (DIMENSION * 4 + 64 * 4) / 2**20)

    # Filters of rows at random.
    unfiltered = medians["Quarry"]
    some = queries[:100]
    some_path = folder.name + "/some.f32"
    some.tofile(some_path)
    random = numpy.random.default_rng(5)
    for share in (0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.99):
        bits = random.random(count) < share
        numpy.packbits(bits, bitorder="little").tofile(folder.name + "/bits")
        allowed = numpy.flatnonzero(bits)
        best_allowed = [allowed[best] for best in nearest(rows[allowed], some)]
        # As without a filter: the first time is not counted, in which what the comparison of all has pushed out of the caches comes back.
        answers = [ours.ask(op="nearest", path=some_path, limit=LIMIT, allowed=folder.name + "/bits") for _ in range(1 + rounds)]
        times = [time for answer in answers[1:] for time in answer["milliseconds"]]
        table.add(f"{size}: filter of {100 * share:g} %, recall", recall(answers[0]["found"], best_allowed), "", 0.98, lower=False)
        table.add(f"{size}: filter of {100 * share:g} %, p50", percentile(times, 0.5), "ms", 3 * unfiltered)
    if not is_large:
        ours.close()
        ours, _, size_in_memory = vector_index(quarry, rows_path, "exact", folder.name)
        times = []
        for _ in range(2):
            answer = ours.ask(op="nearest", path=some_path, limit=LIMIT)
            times += answer["milliseconds"]
        import faiss
        flat = faiss.IndexFlatIP(DIMENSION)
        flat.add(rows)
        flat_times = []
        for query in some:
            start = time.perf_counter()
            flat.search(query[None], LIMIT)
            flat_times.append((time.perf_counter() - start) * 1000)
        table.add(f"{size}: exact scan, recall", recall(answer["found"], wanted[: len(some)]), "", 1, lower=False)
        table.add(f"{size}: exact scan, one query", percentile(times, 0.5), "ms", 3, peer_name="faiss-cpu flat", peer=percentile(flat_times, 0.5))
        table.add(f"{size}: exact scan, memory", size_in_memory / 2**20, "MiB")
    ours.close()
    show(table, options.out)


class Tantivy:
    name = "tantivy"

    def __init__(self, chunks, limit):
        import tantivy
        self.limit = limit
        # Without positions, which this search needs as little as ours.
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("text", stored=False, tokenizer_name="en_stem", index_option="freq")
        self.folder = tempfile.TemporaryDirectory()
        start = time.perf_counter()
        self.index = tantivy.Index(schema.build(), path=self.folder.name)
        writer = self.index.writer(heap_size=500_000_000, num_threads=1)
        with open(chunks, encoding="utf-8") as file:
            for line in file:
                writer.add_document(tantivy.Document(text=[line]))
        writer.commit()
        writer.wait_merging_threads()
        self.build = time.perf_counter() - start
        self.index.reload()
        self.searcher = self.index.searcher()
        self.size = sum(path.stat().st_size for path in pathlib.Path(self.folder.name).iterdir())

    def search(self, question):
        start = time.perf_counter()
        self.searcher.search(self.index.parse_query(question, ["text"]), self.limit, count=False).hits
        return (time.perf_counter() - start) * 1000


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
        self.index.retrieve(tokens, k=self.limit, n_threads=1, show_progress=False)
        return (time.perf_counter() - start) * 1000


def words(quarry, options):
    limit, chunks = 100, options.data / "chunks.txt"
    questions = (options.data / "questions.txt").read_text(encoding="utf-8").splitlines()[: options.queries]
    ours = Ours(quarry)
    made = ours.ask(op="words", path=str(chunks))
    peers = [{"tantivy": Tantivy, "bm25s": BM25S}[name](chunks, limit) for name in options.peers.split(",") if name in ("tantivy", "bm25s")]
    times = {"Quarry": []} | {peer.name: [] for peer in peers}
    for question in questions[:20]:
        ours.ask(op="best", question=question, limit=limit)
        for peer in peers:
            peer.search(question)
    for _ in range(2):
        for question in questions:
            times["Quarry"] += ours.ask(op="best", question=question, limit=limit)["milliseconds"]
            for peer in peers:
                times[peer.name].append(peer.search(question))
    ours.close()
    with open(chunks, "rb") as file:
        count = sum(1 for _ in file)
    table, size = Report(machine_description()), f"best {limit} of {count:,}"
    best = min(peers, key=lambda peer: percentile(times[peer.name], 0.5), default=None)
    for share, bar in ((0.5, 3), (0.99, 15)):
        table.add(f"{size}, p{100 * share:g}", percentile(times["Quarry"], share), "ms", bar, peer_name=best and best.name,
                  peer=best and percentile(times[best.name], share))
    for peer in peers:
        ours_value, theirs = percentile(times["Quarry"], 0.5), percentile(times[peer.name], 0.5)
        table.add(f"{size}, p50 against {peer.name}", ours_value, "ms", theirs, peer_name=peer.name, peer=theirs)
        table.add(f"{size}, build against {peer.name}", made["seconds"], "s", peer_name=peer.name, peer=peer.build)
    table.add(f"{size}, memory", made["bytes"] / 2**20, "MiB", peer_name=best and best.name, peer=best and best.size / 2**20)
    show(table, options.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quarry", required=True)
    parser.add_argument("what", choices=["vectors", "words"])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--peers", default="faiss,faiss-int8,hnswlib,usearch,usearch-i8,tantivy,bm25s")
    parser.add_argument("--out")
    options = parser.parse_args()
    if options.what == "vectors":
        options.peers = ",".join(name for name in options.peers.split(",") if name not in ("tantivy", "bm25s"))
        vectors(options.quarry, options)
    else:
        words(options.quarry, options)


if __name__ == "__main__":
    main()
