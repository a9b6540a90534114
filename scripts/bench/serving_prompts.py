"""Prompts for serving.py: four passages of squad2-a with questions about them, and Spec-Bench's first turns."""
import json
import os
from collections import defaultdict
from dataclasses import dataclass

PASSAGE_CHARACTERS = 1410  # about 310 tokens of English, so that four with a question make 1,280


@dataclass
class Passages:
    """Four passages, never handed out with the same opening twice, and questions about them."""
    opening: str
    texts: list
    questions: list

    def ask(self, index):
        # Questions of a few words get answers of a few words: the wish for sentences makes every answer long enough to count its tokens.
        return self.prompt(f"{self.questions[index % len(self.questions)]} Explain in detail, in at least five sentences.")

    def quote(self, number):
        """A prompt whose answer should quote a passage: of one sentence that it names, or of what it does not name."""
        passage = number // 3 % 4
        sentences = [sentence for sentence in self.texts[passage].split(". ") if len(sentence.split()) >= 12]
        return self.prompt((f'Repeat the sentence "{sentences[0]}." and the sentences after it.',
                            f"What does passage {passage + 1} say? Repeat its sentences.",
                            "Write down the text of the passages again, without any change.")[number % 3])

    def prompt(self, wish):
        listed = "\n\n".join(f"Passage {number}: {text}" for number, text in enumerate(self.texts, 1))
        return f"{self.opening}\n\n{listed}\n\n{wish}"


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class PassageSource:
    """Hands out passages in the order of the set: each is used once, then all again; a number at the very start keeps prefixes apart even then."""

    def __init__(self, evaluation):
        folder = os.path.join(evaluation, "sets/squad2-a")
        if not os.path.isdir(folder):
            raise SystemExit(f"error: there are no passages to ask about\nwhy: {folder} is missing\ntry: --eval FOLDER with sets/squad2-a in it")
        questions, asked = {line["_id"]: line["text"] for line in read_lines(os.path.join(folder, "queries.jsonl"))}, defaultdict(list)
        with open(os.path.join(folder, "qrels.tsv"), encoding="utf-8") as file:
            for line in list(file)[1:]:
                query, document, _ = line.rstrip("\n").split("\t")
                asked[document].append(questions[query])
        articles = defaultdict(list)
        for document in read_lines(os.path.join(folder, "corpus.jsonl")):
            articles[document["title"]].append((document["text"], asked[document["_id"]]))
        self.passages = [passage for paragraphs in articles.values() for passage in joined(paragraphs)]
        self.position = self.count = 0

    def fresh(self):
        chosen = [self.passages[(self.position + offset) % len(self.passages)] for offset in range(4)]
        self.position += 4
        self.count += 1
        questions = [question for pair in zip(*(questions for _, questions in chosen)) for question in pair]
        return Passages(f"Reader {self.count} asks about four passages. Answer from them alone.", [text for text, _ in chosen], questions)


def joined(paragraphs):
    """Neighbouring paragraphs of an article as passages of one length, with the questions about their first paragraphs."""
    text, questions = "", []
    for paragraph, asked in paragraphs:
        if not text or len(text) < 0.7 * PASSAGE_CHARACTERS:
            questions += asked
        text = f"{text} {paragraph}".strip()
        if len(text) >= PASSAGE_CHARACTERS:
            yield text[:PASSAGE_CHARACTERS].rsplit(" ", 1)[0], questions
            text, questions = "", []


def spec_bench(evaluation, count):
    """The first turns of Spec-Bench by category, `count` of each spread over it; None without the file."""
    path = os.path.join(evaluation, "traces/spec-bench.jsonl")
    if not os.path.exists(path):
        return None
    categories = defaultdict(list)
    for line in read_lines(path):
        categories[line["category"]].append(line["turns"][0])
    return {name: prompts[:: max(1, len(prompts) // count)][:count] for name, prompts in categories.items()}
