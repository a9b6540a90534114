#!/usr/bin/env python3
"""Writes Corpora/fixtures: one small document of every format that Quarry reads, about an invented lighthouse.

Every file states a fact that stands in no other, so that a test can ask for it. Run from anywhere; the output is the same every time.
"""
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Corpora" / "fixtures"


def pdf(pages, title):
    """A PDF of text pages in Helvetica, one list of lines a page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", None, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        content = ["BT", "/F1 11 Tf", "14 TL", "72 740 Td"]
        for line in lines:
            escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            content.append(f"({escaped}) Tj T*")
        stream = "\n".join(content + ["ET"]).encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % len(objects))
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    objects.append(b"<< /Title (%s) >>" % title.encode("latin-1"))
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(objects), start)
    return bytes(out)


FILES = {
    "handbook.md": """---
title: Keeper's Handbook
---

# Keeping the light

The lamp of Skarn Point burns **colza oil**. It is lit at dusk
and put out at dawn. Each night takes about four litres.

## Duties

- Trim the wick every three hours.
- Polish the lens with *chamois*.
  - Never use vinegar.
- [x] Write the log

| Watch | Hours | Keeper |
|---|---|---|
| first | 18 to 22 | Agnes Moor |
| middle | 22 to 2 | Tam Reid |

## Signals

```python
def flash(count):
    return "on off " * count
```

> In fog the bell rings
> every forty seconds.
""",
    "history.html": """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>History of Skarn Point</title>
<style>p { color: red }</style>
<script>var hidden = "script text";</script>
</head>
<body>
<nav><a href="/">Home</a> <a href="/map">Map</a></nav>
<main>
<h1>History</h1>
<p>The tower was built in <b>1841</b> by Isobel Crane.
It stands thirty-eight metres high &amp; leans a little.</p>
<h2>Keepers</h2>
<table>
<thead><tr><th>Keeper</th><th>From</th><th>To</th></tr></thead>
<tbody>
<tr><td>Isobel Crane</td><td>1841</td><td>1860</td></tr>
<tr><td>Jon Petrie</td><td>1860</td><td>1899</td></tr>
</tbody>
</table>
<dl>
<dt>Fresnel lens</dt>
<dd>A lens of rings, fitted in 1852.</dd>
</dl>
<ul>
<li>First wreck: the Aurora</li>
<li>Last wreck: the Minnow</li>
</ul>
<pre>
  N
W + E
  S
</pre>
<p style="display:none">hidden words</p>
</main>
<footer>All rights reserved</footer>
</body>
</html>
""",
    "weather.txt": """Weather at Skarn Point
======================

Gales come from the north-west in winter. The highest wave
was measured in 1953: twenty-one metres.

Storms
------

A storm is called when the wind passes 89 km/h.
""",
    "supplies.csv": 'item,quantity,note\ncolza oil,400,"in barrels, sealed"\nwicks,60,"spare ""long"" ones"\nrope,12,"two\nlines of it"\n',
    "boats.tsv": "boat\tlength\tport\nHeron\t9 m\tLocharn\nTern\t7 m\tBalmory\n",
    "station.json": """{
  "name": "Skarn Point",
  "height": 38,
  "automated": false,
  "lamp": {"fuel": "colza oil", "candela": 125000},
  "keepers": [
    {"name": "Agnes Moor", "since": 1931, "watches": ["first", "dawn"]},
    {"name": "Tam Reid", "since": 1944, "note": null}
  ]
}
""",
    "log.jsonl": '{"date": "1953-01-31", "entry": "Sea over the gallery."}\n{"date": "1953-02-01", "entry": "Calm. Repaired two panes."}\n',
    "corpus.jsonl": '{"_id": "d1", "title": "Foghorn", "text": "The foghorn was bought in 1877. It sounds in C."}\n'
    '{"_id": "d2", "title": "Boathouse", "text": ""}\n',
    "lamp.py": '''"""Controls the lamp."""

import time


# Seconds between two flashes.
PERIOD = 15


class Lamp:
    """A lamp that flashes."""

    def __init__(self, fuel):
        self.fuel = fuel

    def flash(self):
        """Burns a little fuel."""
        self.fuel -= 1
        return True


def main():
    lamp = Lamp(fuel=3)
    while lamp.fuel:
        lamp.flash()
        time.sleep(PERIOD)
''',
    "bell.swift": """/// Rings in fog.
struct Bell {
  var strokes = 0

  /// One stroke.
  mutating func ring() {
    strokes += 1  // not a brace: }
  }
}

let period = 40
""",
    "pump.c": """#include <stdio.h>

/* Litres a stroke. */
static const int LITRES = 7;

int pump(int strokes)
{
    return strokes * LITRES;
}
""",
}

BYTES = {
    "letter-latin1.txt": "Chère Agnès, le phare est près de la côte. Le café coûte 2 £.\n".encode("latin-1"),
    "letter-utf16.txt": "\ufeffLieber Tam, das Öl wird knapp. Grüße aus Lübeck.\nZweite Zeile 🌊.\n".encode("utf-16-le"),
    "survey.pdf": pdf(
        [
            [
                "Survey of the tower of Skarn Point, made in the summer of 1962 by the harbour",
                "office. The foundations rest on gneiss and show no cracks; the mor-",
                "tar of the gallery has to be renewed before the next winter comes.",
            ],
            ["The stairs have one hundred and ninety-six steps. Two of them were found to be", "loose and were fixed at once."],
        ],
        "Survey of Skarn Point",
    ),
    "drawing.pdf": pdf([[]], "A page without text"),
    "broken.pdf": b"%PDF-1.4\nthis is not a PDF\n",
    "photo.png": b"\x89PNG\r\n\x1a\n" + bytes(32),
}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (FOLDER / name).write_bytes(text.encode("utf-8"))
    for name, data in BYTES.items():
        (FOLDER / name).write_bytes(data)
    print(f"{len(FILES) + len(BYTES)} files in Corpora/fixtures")


if __name__ == "__main__":
    main()
