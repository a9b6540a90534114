#!/usr/bin/env python3
"""Writes Tests/Golden/stems/porter.tsv: words and their stems, as SQLite's FTS5 tokenizer `porter unicode61` has them.

  porter_stems.py TEXT…      words are taken from these files; every 4th distinct one of three letters and more is kept, 2,000 at most
"""
import pathlib, re, sqlite3, sys

words = sorted({w for path in sys.argv[1:] for w in re.findall(r"[a-z]{3,20}", pathlib.Path(path).read_text(encoding="utf-8").lower())})[::4][:2000]
db = sqlite3.connect(":memory:")
db.execute("CREATE VIRTUAL TABLE t USING fts5(w, tokenize = 'porter unicode61 remove_diacritics 2')")
db.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
db.executemany("INSERT INTO t(rowid, w) VALUES (?, ?)", enumerate(words))
stems = dict(db.execute("SELECT doc, term FROM v"))
target = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/stems/porter.tsv"
target.write_text("".join(f"{w}\t{stems[i]}\n" for i, w in enumerate(words)))
print(len(words), "words, SQLite", sqlite3.sqlite_version)
