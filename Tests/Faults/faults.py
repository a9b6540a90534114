#!/usr/bin/env python3
"""Breaks an index in every way that a machine can, and looks whether something is lost (`make soak`).

  faults.py --quarry PROGRAM [--only kills,steps,errors,flips,graphs,staged,clocks] [--rounds 500] [--stride 1] [--flips 2000] [--seed 1] [--out FILE]

  kills   kill -9 at a random moment of ingest, remove, reindex, backup, restore, import and vacuum, often again while that is mended
  steps   the process dies at the k-th write, sync, rename, … for every k, before it and in the middle of it
  errors  the k-th of them, or all from it on, fails with EIO or ENOSPC
  flips   one bit of one file is another one: in every region of every file of the index; searches with filters and without
  graphs  a collection that is large enough for a graph (made-up vectors, imported): imports that are killed, bits of its files flipped
  staged  bits flipped in what a stopped run has left of a large document, before the next run takes it over
  clocks  times of files that lie in the future or go back

What it demands, after each: every document that was acknowledged is found with its own text and no other; what a job was to change is as it was or as it should
be; nothing is found that is in no file; `quarry audit` finds nothing after the next ingest; a command that fails says why. Exit status 1 if one of these is
broken. Python's standard library only, and a C compiler for the library that makes calls fail.
"""
import argparse
import base64
import collections
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HANG_SECONDS = 600  # an import of 50,000 passages takes 20 s alone, and minutes on a busy machine


class Broken(Exception):
    """Something that was demanded does not hold."""


class World:
    """A folder of documents, its index, and what the index must hold."""

    def __init__(self, quarry, folder, rng):
        self.quarry, self.folder, self.rng = quarry, folder, rng
        self.docs, self.index = f"{folder}/docs", f"{folder}/index"
        os.makedirs(self.docs)
        self.serial = 0
        self.files = {}          # what is in the folder: name → text
        self.possible = {}       # what the index may hold: name → texts, None among them for nothing; one alone is what it must hold
        for _ in range(12):
            self.write(f"document-{self.serial}.md")

    def text(self):
        """A text that no other version of any document has."""
        self.serial += 1
        word = hashlib.sha256(f"{self.serial}".encode()).hexdigest()[:12]
        lines = [f"# Report {self.serial}", "", f"The mark of this version is w{word}, and no other has it."]
        lines += [f"Line {n} of report {self.serial} tells of the mill, the river and {n * 7 + self.serial} sacks." for n in range(self.rng.randrange(1, 30))]
        return "\n\n".join(lines) + "\n"

    def write(self, name):
        self.files[name] = self.text()
        path = f"{self.docs}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(self.files[name])

    def change(self):
        """Adds, changes, moves, copies and deletes some documents."""
        for _ in range(self.rng.randrange(1, 6)):
            kind = self.rng.choice(["add", "add", "change", "change", "delete", "move", "copy"])
            names = sorted(self.files)
            if kind == "add" or len(names) < 6:
                self.write(f"{self.rng.choice(['', 'sub/', 'a b/'])}document-{self.serial}.md")
            elif kind == "change":
                self.write(self.rng.choice(names))
            elif kind == "delete":
                name = self.rng.choice(names)
                os.remove(f"{self.docs}/{name}")
                del self.files[name]
            else:
                source = self.rng.choice(names)
                target = f"{kind}d-{self.serial}.md"
                self.serial += 1
                (shutil.move if kind == "move" else shutil.copyfile)(f"{self.docs}/{source}", f"{self.docs}/{target}")
                self.files[target] = self.files[source]
                if kind == "move":
                    del self.files[source]

    def start(self, *arguments, environment=None, index=None):
        return subprocess.Popen(
            [self.quarry, *arguments, "--index", index or self.index, "-q"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})

    def run(self, *arguments, environment=None, index=None):
        process = subprocess.run(
            [self.quarry, *arguments, "--index", index or self.index, "-q"], capture_output=True, text=True, timeout=HANG_SECONDS,
            env={**os.environ, **(environment or {})})
        if process.returncode < 0 or process.returncode > 3:
            if not environment:
                raise Broken(f"quarry {' '.join(arguments)} ended with {process.returncode}: {process.stderr[-500:]}")
        return process

    def held(self, index=None, collection="default"):
        """What the index holds: name → text of its passages, from an export."""
        path = f"{self.folder}/held.jsonl"
        process = self.run("export", path, "--collection", collection, "--json", index=index)
        if process.returncode:
            if "collection_missing" in process.stdout or "index_missing" in process.stdout:
                return {}
            raise Broken(f"what is held cannot be read: {process.stdout}{process.stderr}")
        held, document, texts = {}, None, []

        def finish():
            if document:
                held[document["path"]] = "\n".join(texts)

        shared = None
        with open(path) as lines:
            for line in lines:
                line = json.loads(line)
                if "document" in line:
                    finish()
                    document, texts = line["document"], []
                elif "chunk" in line:
                    texts.append(line["chunk"]["text"])
                elif "file" in line and line["file"]["shares"] and line["file"]["path"] != document["path"]:
                    shared = line["file"]["path"]
                    held[shared] = "\n".join(texts)
        finish()
        os.remove(path)
        return held

    def check(self, allowed, what):
        """- allowed: name → the texts that it may have; None among them for that it may be missing."""
        held = self.held()
        for name, texts in allowed.items():
            found = held.pop(name, None)
            if not any(found is None if text is None else found is not None and same(found, text) for text in texts):
                raise Broken(f"{what}: {name} holds {'nothing' if found is None else repr(found[:80])}, allowed {[t and t[:30] for t in texts]}")
        if held:
            raise Broken(f"{what}: found without a file: {sorted(held)}")

    @property
    def acknowledged(self):
        """What a command that ended well has put into the index."""
        return {name: texts[0] for name, texts in self.possible.items() if len(texts) == 1 and texts[0] is not None}

    def aim(self, after):
        """From now on each document may be as it might have been, or as it should become."""
        names = self.possible.keys() | after.keys()
        self.possible = {name: list(dict.fromkeys([*self.possible.get(name, [None]), after.get(name)])) for name in names}

    def reach(self, after):
        """Each document is as it should be."""
        self.possible = {name: [text] for name, text in after.items()}

    def settle(self, what):
        """One ingest that nothing disturbs: then everything must be there, and an audit finds nothing."""
        process = self.run("ingest", self.docs, "--json")
        if process.returncode:
            raise Broken(f"{what}: the next ingest fails: {process.stdout}{process.stderr}")
        self.reach(self.files)
        self.check(self.possible, what + ", after the next ingest")
        audit = self.run("audit", "--json")
        if audit.returncode:
            raise Broken(f"{what}: the audit finds {audit.stdout[:500]}")

    def found_by_search(self, count=2):
        """Some documents, through the front door."""
        for name in self.rng.sample(sorted(self.files), min(count, len(self.files))):
            mark = self.files[name].split("version is ")[1].split(",")[0]
            process = self.run("search", f"the mark {mark}", "--json", "--limit", "3")
            results = json.loads(process.stdout).get("results", [])
            if not any(mark in result["text"] and name in [result["path"], *result["other_paths"]] for result in results):
                raise Broken(f"{name} is not found by its mark {mark}: {[r['path'] for r in results]}")


def same(found, text):
    """Passages against a document: the words in their order, as headings stand in front of passages and overlaps repeat."""
    mark = text.split("version is ")[1].split(",")[0]
    lines = [line for line in text.split("\n\n")[2:] if line.strip()]
    return mark in found and all(line.strip() in found for line in lines) and found.count("The mark of this version") == 1


def jobs(world):
    """Commands to disturb, with what the index may hold after them: (name, arguments, after).

    What an import and a restore make stands beside the collection, and is looked at by itself (`check_copy`)."""
    names = sorted(world.acknowledged)
    gone = world.rng.choice(names)
    return [
        ("ingest", ["ingest", world.docs, "--json"], dict(world.files)),
        ("ingest", ["ingest", world.docs, "--json"], dict(world.files)),
        ("force", ["ingest", world.docs, "--force", "--json"], dict(world.files)),
        ("remove", ["remove", gone, "--json"], {n: t for n, t in world.acknowledged.items() if n != gone}),
        ("reindex", ["reindex", "--force", "--json"], dict(world.acknowledged)),
        ("backup", ["backup", f"{world.folder}/backup", "--json"], dict(world.acknowledged)),
        ("vacuum", ["vacuum", "--json"], dict(world.acknowledged)),
        ("import", ["import", f"{world.folder}/exported.jsonl", "--collection", "imported", "--json"], dict(world.acknowledged)),
        ("restore", ["restore", f"{world.folder}/kept", "--json"], dict(world.acknowledged)),
    ]


def prepare(world, name):
    """What a job needs: a file to import, a backup to restore."""
    if name == "import":
        require(world.run("export", f"{world.folder}/exported.jsonl", "--json"), "an export")
    elif name == "restore":
        require(world.run("backup", f"{world.folder}/kept", "--json"), "a backup")


def require(process, what):
    if process.returncode:
        raise Broken(f"{what} fails: {process.stdout}{process.stderr}")


def disturbed(world, name, arguments, after, process_or_environment, delay=None):
    """Runs one job that is killed after a delay, or under the shim; then looks at what is there."""
    index = f"{world.folder}/restored" if name == "restore" else None
    if index:
        shutil.rmtree(index, ignore_errors=True)
    if delay is not None:
        process = world.start(*arguments, index=index)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        output, errors = process.communicate()
        status = process.returncode
    else:
        result = world.run(*arguments, environment=process_or_environment, index=index)
        output, errors, status = result.stdout, result.stderr, result.returncode
    what = f"{name} {process_or_environment or f'killed after {delay:.3f} s'}"
    if status == 0:
        world.reach(after)
        if name == "backup":
            check_backup(world, what)
    else:
        world.aim(after)
    if status > 0 and not (output + errors).strip():
        raise Broken(f"{what}: it failed and did not say why")
    elif status > 0 and delay is None:
        explained(output, what)
    world.check(world.possible, what)
    if name in ["import", "restore"]:
        check_copy(world, name, arguments, status == 0, what)
    return status


def check_copy(world, name, arguments, is_acknowledged, what):
    """An import or a restore has made all or nothing, and can be made again where it has made nothing."""
    where = {"index": f"{world.folder}/restored"} if name == "restore" else {"collection": "imported"}
    held = world.held(**where)
    if held != {} or is_acknowledged:
        wrong = [n for n, text in world.acknowledged.items() if n not in held or not same(held[n], text)]
        if wrong or held.keys() - world.possible.keys():
            raise Broken(f"{what}: it made a part: {wrong or sorted(held.keys() - world.possible.keys())}")
    else:
        require(world.run(*arguments, index=where.get("index")), f"{what}: {name}, once more")
        if world.held(**where).keys() != world.acknowledged.keys():
            raise Broken(f"{what}: {name}, once more, made {sorted(world.held(**where))}")
    # A restore that was stopped behind its last rename has yet to make what is derived, as the next writer does.
    require(world.run("audit", "--repair", "--json", index=where.get("index")), f"{what}: the audit of what {name} made")
    if name == "import":
        require(world.run("remove", "--all", "--collection", "imported", "--json"), f"{what}: removing it")
    else:
        shutil.rmtree(where["index"])


def explained(output, what):
    """A failure says what failed, why, and what to try; or, where single files failed, which."""
    try:
        answer = json.loads(output.strip().split("\n")[-1])
    except ValueError:
        raise Broken(f"{what}: it failed and printed {output[-300:]!r}") from None
    if "error" in answer and not (answer["error"].get("code") and answer["error"].get("message")):
        raise Broken(f"{what}: an error without a code: {output[-300:]}")


def check_backup(world, what):
    copy = f"{world.folder}/restored"
    shutil.rmtree(copy, ignore_errors=True)
    process = world.run("restore", f"{world.folder}/backup", "--json", index=copy)
    if process.returncode:
        raise Broken(f"{what}: the backup that was acknowledged cannot be restored: {process.stdout}")
    held = world.held(index=copy)
    for name, text in world.acknowledged.items():
        if name not in held or not same(held[name], text):
            raise Broken(f"{what}: the backup lacks {name}")
    shutil.rmtree(copy)


def kills(world, options, tally):
    for number in range(options.rounds):
        world.change()
        name, arguments, after = world.rng.choice(jobs(world))
        prepare(world, name)
        delay = world.rng.choice([world.rng.uniform(0, 0.15), world.rng.uniform(0.1, 0.9)])
        status = disturbed(world, name, arguments, after, None, delay)
        tally[f"{name} killed" if status < 0 else f"{name} done before"] += 1
        # Often again in the midst of mending it.
        while world.rng.random() < 0.4:
            process = world.start("ingest", world.docs, "--json")
            time.sleep(world.rng.uniform(0.1, 0.8))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            world.aim(world.files)
            world.check(world.possible, f"mending after {name}, killed")
            tally["mending killed"] += 1
        world.settle(f"round {number}, {name}")
        if number % 5 == 0:
            world.found_by_search()
        show(f"kills {number + 1}/{options.rounds}")


def counted(world, shim, name, arguments):
    """How many calls a job makes, on a copy of the world's index."""
    count = f"{world.folder}/count"
    snapshot(world)
    index = f"{world.folder}/restored" if name == "restore" else None
    world.run(*arguments, environment={"LD_PRELOAD": shim, "FAULT_FOLDER": world.folder, "FAULT_COUNT": count}, index=index)
    shutil.rmtree(f"{world.folder}/restored", ignore_errors=True)
    rewind(world)
    with open(count) as file:
        return int(file.read())


def snapshot(world):
    shutil.rmtree(f"{world.folder}/saved", ignore_errors=True)
    shutil.copytree(world.index, f"{world.folder}/saved")


def rewind(world):
    shutil.rmtree(world.index)
    shutil.copytree(f"{world.folder}/saved", world.index)


def steps(world, options, tally, kinds=("kill", "torn"), label="steps"):
    shim = compiled(world)
    world.change()
    state = (dict(world.files), dict(world.possible))
    for name, arguments, after in {job[0]: job for job in jobs(world)}.values():
        if options.jobs and name not in options.jobs.split(","):
            continue
        prepare(world, name)
        total = counted(world, shim, name, arguments)
        for at in range(1, total + 1, options.stride):
            for kind in kinds:
                rewind(world)
                world.files, world.possible = dict(state[0]), dict(state[1])
                environment = {"LD_PRELOAD": shim, "FAULT_FOLDER": world.folder, "FAULT_AT": str(at), "FAULT_KIND": kind.split("*")[0]}
                if kind.endswith("*"):
                    environment["FAULT_FOR"] = "1000000"
                status = disturbed(world, name, arguments, after, environment)
                tally[f"{label} {name} {kind} {'died' if status < 0 else 'failed' if status else 'done'}"] += 1
                world.settle(f"{name} with {kind} at call {at} of {total}")
            show(f"{label} {name} {at}/{total}")
        rewind(world)
        world.files, world.possible = dict(state[0]), dict(state[1])
    world.settle(label)


def errors(world, options, tally):
    steps(world, options, tally, kinds=("EIO", "ENOSPC", "EIO*", "ENOSPC*"), label="errors")


def flips(world, options, tally):
    """A reader of a damaged index says that it is, or gives what is right."""
    world.settle("before the flips")
    snapshot(world)
    expected = dict(world.files)
    files = sorted(
        (os.path.join(folder, name) for folder, _, names in os.walk(world.index) for name in names if not name.endswith((".lock", "-shm"))))
    files = [path for path in files if os.path.getsize(path)]
    for number in range(options.flips):
        rewind(world)
        path = files[number % len(files)]
        size = os.path.getsize(path)
        # All regions alike, and the headers more often.
        place = world.rng.randrange(min(size, 200)) if world.rng.random() < 0.2 else world.rng.randrange(size)
        flip(path, place, world.rng.randrange(8))
        what = f"bit at {place} of {os.path.relpath(path, world.index)}"
        name = world.rng.choice(sorted(expected))
        mark = expected[name].split("version is ")[1].split(",")[0]
        # All that is there passes each of these.
        conditions = world.rng.choice([[], ["--type", "markdown"], ["--since", "2001-01-01"], ["--path", "*.md", "--before", "2200-01-01"]])
        what += " ".join(["", *conditions])
        process = world.run("search", f"the mark {mark}", "--json", "--limit", "3", *conditions)
        if process.returncode == 1:
            explained(process.stdout, what)
            tally["flips: an error that says so"] += 1
        else:
            results = json.loads(process.stdout)["results"]
            for result in results:
                known = [expected.get(path) for path in [result["path"], *result["other_paths"]]]
                if any(text is None or not all(line in text for line in result["text"].split("\n") if line.startswith("Line "))
                       or "mark of" in result["text"] and result["text"].split("version is ")[1].split(",")[0] not in text for text in known):
                    raise Broken(f"{what}: search gives what is in no document: {result['path']}: {result['text'][:200]!r}")
            if not any(mark in result["text"] for result in results):
                raise Broken(f"{what}: {name} is not found any more, and nothing was said ({process.stderr[:200]})")
            tally["flips: the right answer"] += 1
        show(f"flips {number + 1}/{options.flips}")
    rewind(world)


def flip(path, place, bit):
    """Turns one bit of a file over; once more, and it is as it was."""
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))


GRAPH_DOCUMENTS, GRAPH_CHUNKS = 50, 1010  # 50,000 chunks and more get a graph


def graph_mark(document, ordinal):
    return "w" + hashlib.sha256(f"{document}/{ordinal}".encode()).hexdigest()[:12]


def graph_export(world, path):
    """Writes a collection that is large enough for a graph: each number of a vector is one bit of a hash, as a sign."""
    header = f"{world.folder}/header.jsonl"
    require(world.run("export", header, "--json"), "an export")
    with open(header) as file:
        collection = json.loads(file.readline())["collection"]
    dimension = collection["embedder"]["dimension"]
    length = dimension ** -0.5
    numbers = [struct.pack("<8f", *(length if byte >> bit & 1 else -length for bit in range(8))) for byte in range(256)]
    with open(path, "w") as file:
        lines = 0

        def write(value):
            nonlocal lines
            file.write(json.dumps(value) + "\n")
            lines += 1

        write({"collection": {**collection, "name": "graph"}})
        for document in range(GRAPH_DOCUMENTS):
            write({"document": {
                "root": "/made-up", "path": f"ledger-{document}.md", "sha256": f"{document:064x}", "bytes": 99, "modified": 10 ** 18, "format": "markdown",
                "metadata": {}, "chunks": GRAPH_CHUNKS}})
            for ordinal in range(GRAPH_CHUNKS):
                mark = graph_mark(document, ordinal)
                vector = b"".join(numbers[byte] for byte in hashlib.shake_128(mark.encode()).digest(dimension // 8))
                text = f"Sack {ordinal} of ledger {document} has the mark {mark}."
                write({"chunk": {
                    "ordinal": ordinal, "range": [0, len(text)], "text": text, "headings": [], "spans": [{"offset": 0, "source": {}}], "tokens": 12,
                    "vector": base64.b64encode(vector).decode()}})
        count = GRAPH_DOCUMENTS * GRAPH_CHUNKS
        write({"end": {"documents": GRAPH_DOCUMENTS, "chunks": count, "files": GRAPH_DOCUMENTS, "lines": lines}})


def graph_search(world, collection, what, tally, mark=None):
    """One passage is found by its mark with its own text, or it is said why not; gives all that is found, as texts with scores."""
    mark = mark or graph_mark(world.rng.randrange(GRAPH_DOCUMENTS), world.rng.randrange(GRAPH_CHUNKS))
    # Made-up vectors are as near to a question as the one passage that has its word: in quotation marks the word counts more than they do.
    process = world.run("search", f'"{mark}"', "--json", "--limit", "300", "--no-join", "--collection", collection)
    if process.returncode == 1:
        explained(process.stdout, what)
        tally["graphs: an error that says so"] += 1
        return None
    results = json.loads(process.stdout)["results"]
    for result in results:
        words = result["text"].split()
        if len(words) != 9 or f"ledger-{words[4]}.md" != result["path"] or words[8] != graph_mark(int(words[4]), int(words[1])) + ".":
            raise Broken(f"{what}: search gives what is in no document: {result['path']}: {result['text'][:200]!r}")
    if not any(mark in result["text"] for result in results):
        raise Broken(f"{what}: {mark} is not found, and nothing was said ({process.stderr[:200]})")
    tally["graphs: the right answer"] += 1
    return [(result["text"], result["score"]) for result in results]


def graphs(world, options, tally):
    path = f"{world.folder}/graph.jsonl"
    graph_export(world, path)
    start = time.time()
    require(world.run("import", path, "--json"), "the import of a collection with a graph")
    seconds = time.time() - start
    for number in range(max(2, options.rounds // 100)):
        process = world.start("import", path, "--collection", "again", "--json")
        # The last fifth writes words and graph.
        delay = world.rng.choice([world.rng.uniform(0, seconds), world.rng.uniform(0.8 * seconds, seconds)])
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        what = f"import of a graph killed after {delay:.2f} s"
        status = json.loads(world.run("status", "--json").stdout)
        made = {one["name"]: one for one in status["collections"]}
        if "again" in made:
            if made["again"]["chunks"] != GRAPH_DOCUMENTS * GRAPH_CHUNKS:
                raise Broken(f"{what}: a part of it is seen: {made['again']}")
            graph_search(world, "again", what, tally)
            require(world.run("remove", "--all", "--collection", "again", "--json"), what + ": removing it")
        elif process.returncode == 0:
            raise Broken(f"{what}: it was acknowledged and is not there")
        graph_search(world, "graph", what, tally)
        tally["graphs: import killed" if process.returncode else "graphs: import done before"] += 1
        show(f"graphs: kills {number + 1}")
    require(world.run("audit", "--json"), "the audit after imports that were killed")
    files = [os.path.join(folder, name) for folder, _, names in os.walk(world.index) for name in names if name.endswith((".vectors", ".words"))]
    # Graphs first: the files of words of a small collection are what `flips` looks at.
    files.sort(key=lambda name: (not name.endswith(".vectors"), -os.path.getsize(name)))
    if not files or not files[0].endswith(".vectors"):
        raise Broken("the large collection has no graph")
    # Without its graph a collection is searched exactly, which may find a little more.
    marks = [graph_mark(number, number) for number in range(3)]
    right = {mark: [graph_search(world, "graph", "undisturbed", tally, mark)] for mark in marks}
    os.rename(files[0], files[0] + ".away")
    for mark in marks:
        right[mark].append(graph_search(world, "graph", "without its graph", tally, mark))
    os.rename(files[0] + ".away", files[0])
    count = max(20, options.flips // 20)
    for number in range(count):
        victim = files[0] if number % 4 else files[number // 4 % len(files)]
        size, bit = os.path.getsize(victim), world.rng.randrange(8)
        place = world.rng.randrange(min(size, 200)) if world.rng.random() < 0.2 else world.rng.randrange(size)
        flip(victim, place, bit)
        what, mark = f"bit at {place} of {os.path.relpath(victim, world.index)}", world.rng.choice(marks)
        found = graph_search(world, "graph", what, tally, mark)
        if found is not None and found not in right[mark]:
            raise Broken(f"{what}: the search for {mark} gives other passages, or other scores, and nothing was said")
        # A reader leaves a damaged file where it is.
        flip(victim, place, bit)
        show(f"graphs: flips {number + 1}/{count}")


def vectors_of(world, name):
    """Text → vector of a document's passages, from an export."""
    path = f"{world.folder}/vectors.jsonl"
    require(world.run("export", path, "--json"), "an export")
    found, is_wanted = {}, False
    with open(path) as lines:
        for line in map(json.loads, lines):
            if "document" in line:
                is_wanted = line["document"]["path"] == name
            elif "chunk" in line and is_wanted:
                found[line["chunk"]["text"]] = line["chunk"]["vector"]
    return found


def staged(world, options, tally):
    """A run that was stopped in the midst of a large document has left vectors, which the next one takes over only if they are as they were."""
    name = "large.md"
    with open(f"{world.docs}/{name}", "w") as file:
        # Many small passages, of which there must be more than 128: what is smaller is not staged.
        for number in range(900):
            file.write(f"# Entry {number}\n\nSacks for {hashlib.sha256(str(number).encode()).hexdigest()[:8]}.\n\n")
    snapshot(world)
    require(world.run("ingest", world.docs, "--json"), "the ingest of a large document")
    expected = vectors_of(world, name)
    database = f"{world.index}/index.sqlite"

    def staged_rows():
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
            return [bytes(row[0]) for row in db.execute("SELECT data FROM staged_vector")]

    rewind(world)
    process = world.start("ingest", world.docs, "--json")
    try:
        while process.poll() is None and not len(staged_rows()):
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    blobs = staged_rows()
    if not blobs:
        raise Broken("a run that was stopped in the midst of a large document left nothing")
    # Out of the log, whose own checksums would see a flipped bit.
    with sqlite3.connect(database) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    snapshot(world)
    with open(database, "rb") as file:
        content = file.read()
    places = [place for place in map(content.find, blobs) if place >= 0]
    count = max(10, options.flips // 40)
    for number in range(count):
        rewind(world)
        # The row's header, embedder and hash stand in front of it.
        start = world.rng.choice(places)
        place = world.rng.randrange(start - 120, start) if world.rng.random() < 0.2 else world.rng.randrange(start, start + len(blobs[0]))
        flip(database, place, world.rng.randrange(8))
        what = f"bit at {place} of a staged vector"
        process = world.run("ingest", world.docs, "--json")
        if process.returncode == 1:
            explained(process.stdout, what)
            tally["staged: an error that says so"] += 1
        else:
            found = vectors_of(world, name)
            if found != expected:
                wrong = [text for text in expected if found.get(text) != expected[text]]
                raise Broken(f"{what}: {len(wrong)} vectors are not those of their texts, {wrong[:1]}")
            tally["staged: the right vectors"] += 1
        show(f"staged {number + 1}/{count}")
    rewind(world)
    require(world.run("ingest", world.docs, "--json"), "the ingest that goes on")
    if vectors_of(world, name) != expected:
        raise Broken("vectors that were taken over differ from those that are made at once")


def clocks(world, options, tally):
    """Times of files that lie ahead, go back, or stay though the content changes."""
    for number in range(20):
        world.change()
        for name in world.rng.sample(sorted(world.files), 4):
            moment = world.rng.choice([0, 1, 1e9, time.time() + 1e6, 4e9])
            os.utime(f"{world.docs}/{name}", (moment, moment))
        world.settle(f"times {number}")
        name = world.rng.choice(sorted(world.files))
        status = os.stat(f"{world.docs}/{name}")
        text = world.files[name]
        digits = "0123456789abcdef"
        mark = text.split("version is w")[1].split(",")[0]
        other = "".join(digits[15 - digits.index(c)] for c in mark)
        world.files[name] = text.replace(mark, other)
        with open(f"{world.docs}/{name}", "w") as file:
            file.write(world.files[name])
        os.utime(f"{world.docs}/{name}", ns=(status.st_atime_ns, status.st_mtime_ns))
        world.settle(f"the same size and time, another content {number}")
        tally["clocks"] += 1
        show(f"clocks {number + 1}/20")


def compiled(world):
    library = f"{world.folder}/shim.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, f"{HERE}/shim.c", "-ldl"], check=True)
    return library


def show(line):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quarry", required=True)
    parser.add_argument("--only", default="kills,steps,errors,flips,graphs,staged,clocks")
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--jobs", help="only these, of steps and errors: ingest,force,remove,reindex,backup,restore,vacuum,import")
    parser.add_argument("--stride", type=int, default=1, help="every how many-th call fails")
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out")
    options = parser.parse_args()
    runs = {"kills": kills, "steps": steps, "errors": errors, "flips": flips, "graphs": graphs, "staged": staged, "clocks": clocks}
    tally, broken, seconds = collections.Counter(), [], {}
    for kind in options.only.split(","):
        start = time.time()
        folder = tempfile.mkdtemp(prefix="quarry-faults-")
        try:
            world = World(os.path.abspath(options.quarry), folder, random.Random(options.seed))
            world.settle("the first ingest")
            runs[kind](world, options, tally)
        except Broken as fault:
            broken.append(f"{kind}: {fault}")
            kept = f"{folder}-broken"
            shutil.move(folder, kept)
            print(f"\nbroken: {fault}\nkept in {kept}", file=sys.stderr)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        seconds[kind] = round(time.time() - start, 1)
        show("")
    for what, count in sorted(tally.items()):
        print(f"{count:6}  {what}")
    for kind, value in seconds.items():
        print(f"{value:8.1f} s  {kind}")
    print("nothing was lost" if not broken else "\n".join(["BROKEN"] + broken))
    if options.out:
        os.makedirs(os.path.dirname(options.out) or ".", exist_ok=True)
        with open(options.out, "w") as file:
            json.dump({"counts": tally, "seconds": seconds, "broken": broken, "seed": options.seed}, file, indent=1, sort_keys=True)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
