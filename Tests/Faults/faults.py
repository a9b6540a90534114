#!/usr/bin/env python3
"""Breaks an index in every way that a machine can, and looks whether something is lost (`make soak`).

  faults.py --quarry PROGRAM [--only kills,steps,errors,flips,clocks] [--rounds 500] [--stride 1] [--flips 2000] [--seed 1] [--out FILE]

  kills   kill -9 at a random moment of ingest, remove, reindex, backup and vacuum, often again while that is mended
  steps   the process dies at the k-th write, sync, rename, … for every k, before it and in the middle of it
  errors  the k-th of them, or all from it on, fails with EIO or ENOSPC
  flips   one bit of one file is another one: in every region of every file of the index
  clocks  times of files that lie in the future or go back

What it demands, after each: every document that was acknowledged is found with its own text and no other; what a job was to change is as it was or as it should
be; nothing is found that is in no file; `quarry audit` finds nothing after the next ingest; a command that fails says why. Exit status 1 if one of these is
broken. Python's standard library only, and a C compiler for the library that makes calls fail.
"""
import argparse
import collections
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HANG_SECONDS = 120


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

    def start(self, *arguments, environment=None):
        return subprocess.Popen(
            [self.quarry, *arguments, "--index", self.index, "-q"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})

    def run(self, *arguments, environment=None, index=None):
        process = subprocess.run(
            [self.quarry, *arguments, "--index", index or self.index, "-q"], capture_output=True, text=True, timeout=HANG_SECONDS,
            env={**os.environ, **(environment or {})})
        if process.returncode < 0 or process.returncode > 3:
            if not environment:
                raise Broken(f"quarry {' '.join(arguments)} ended with {process.returncode}: {process.stderr[-500:]}")
        return process

    def held(self, index=None):
        """What the index holds: name → text of its passages, from an export."""
        path = f"{self.folder}/held.jsonl"
        process = self.run("export", path, "--json", index=index)
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
    """Commands to disturb, with what the index may hold after them: (name, arguments, after)."""
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
    ]


def disturbed(world, name, arguments, after, process_or_environment, delay=None):
    """Runs one job that is killed after a delay, or under the shim; then looks at what is there."""
    if delay is not None:
        process = world.start(*arguments)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        output, errors = process.communicate()
        status = process.returncode
    else:
        result = world.run(*arguments, environment=process_or_environment)
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
    return status


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


def counted(world, shim, arguments):
    """How many calls a job makes, on a copy of the world's index."""
    count = f"{world.folder}/count"
    snapshot(world)
    world.run(*arguments, environment={"LD_PRELOAD": shim, "FAULT_FOLDER": world.folder, "FAULT_COUNT": count})
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
        total = counted(world, shim, arguments)
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
        with open(path, "r+b") as file:
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << world.rng.randrange(8)]))
        what = f"bit at {place} of {os.path.relpath(path, world.index)}"
        name = world.rng.choice(sorted(expected))
        mark = expected[name].split("version is ")[1].split(",")[0]
        process = world.run("search", f"the mark {mark}", "--json", "--limit", "3")
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
    parser.add_argument("--only", default="kills,steps,errors,flips,clocks")
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--stride", type=int, default=1, help="every how many-th call fails")
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out")
    options = parser.parse_args()
    runs = {"kills": kills, "steps": steps, "errors": errors, "flips": flips, "clocks": clocks}
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
