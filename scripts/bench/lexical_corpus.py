#!/usr/bin/env python3
"""A large collection of real text, and questions for it, from small sets in BEIR's form.

Sentences of the sets and of some Markdown files are shuffled into chunks of about a hundred words. In every copy after the first, some words are
swapped for others of the same text, and a share of rare ones gets a number behind it, so that the vocabulary grows with the text as Heaps' law
says it does. The same seed gives the same files.

  lexical_corpus.py --set DIR [--set DIR …] [--markdown DIR] --chunks 1000000 --out FOLDER
"""
import argparse
import json
import pathlib
import random
import re

WORDS_OF_A_CHUNK = 100
STOP_WORDS = set("a an and are as at be but by can did do does for from had has have how in into is it its many much not of on or s than that the "
                 "their there these they this to was were what when where which who whom why will with would you your".split())


def sentences(folders, markdown):
    for folder in folders:
        with open(folder / "corpus.jsonl", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                yield from re.split(r"(?<=[.!?])\s+", (record.get("title", "") + ". " + record["text"]).replace("\n", " "))
    for path in sorted(markdown.glob("**/*.md")) if markdown else []:
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from re.split(r"(?<=[.!?])\s+", line)


def questions(folders, limit, rng):
    """Five telling words of real questions, in their order."""
    found = []
    for folder in folders:
        with open(folder / "queries.jsonl", encoding="utf-8") as file:
            for line in file:
                words = re.findall(r"[a-z0-9]+", json.loads(line)["text"].lower())
                words = list(dict.fromkeys(word for word in words if word not in STOP_WORDS))
                if len(words) >= 5:
                    start = rng.randrange(len(words) - 4)
                    found.append(" ".join(words[start:start + 5]))
    rng.shuffle(found)
    return found[:limit]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "questions.txt").write_text("\n".join(questions(options.set, options.questions, rng)) + "\n", encoding="utf-8")

    texts = [text.split() for text in sentences(options.set, options.markdown) if text.strip()]
    with open(options.out / "chunks.part", "w", encoding="utf-8") as file:
        written, copy, chunk = 0, 0, []
        while written < options.chunks:
            rng.shuffle(texts)
            for words in texts:
                if copy and len(words) > 3:
                    # Two words of the sentence make way for words of another one, every sixteenth time for one that is new.
                    words = list(words)
                    other = texts[int(rng.random() * len(texts))]
                    for _ in range(2):
                        word = other[int(rng.random() * len(other))]
                        words[int(rng.random() * len(words))] = word + str(copy) if rng.random() < 1 / 16 else word
                chunk += words
                if len(chunk) >= WORDS_OF_A_CHUNK:
                    file.write(" ".join(chunk) + "\n")
                    chunk = []
                    written += 1
                    if written == options.chunks:
                        break
            copy += 1
    # Whole or not there.
    (options.out / "chunks.part").rename(options.out / "chunks.txt")


if __name__ == "__main__":
    main()
