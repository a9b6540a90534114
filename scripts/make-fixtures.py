#!/usr/bin/env python3
"""Writes Corpora/fixtures and Corpora/formats: one small document of every format that Quarry reads, about an invented lighthouse. Those in
Corpora/formats are read by way of other programs, or hold other documents.

Every file states a fact that stands in no other, so that a test can ask for it. Run from anywhere; the output is the same every time.
"""
import gzip
import io
import json
import os
import pathlib
import subprocess
import tarfile
import zipfile

CORPORA = pathlib.Path(__file__).resolve().parent.parent / "Corpora"
FOLDER = CORPORA / "fixtures"


def pdf(pages, title):
    """A PDF of text pages in Helvetica, one list a page: of lines, or of (points from the left, points from the bottom, text), and a fourth that is true of what is written upwards."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", None, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        content = ["BT", "/F1 11 Tf", "14 TL", "72 740 Td"]
        for line in lines:
            if isinstance(line, tuple):
                content.append(f"{'0 1 -1 0' if len(line) > 3 else '1 0 0 1'} {line[0]} {line[1]} Tm")
                line = line[2]
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


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def packed(files):
    """A zip archive that is the same every time; `mimetype` is stored as it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()


def relationships(targets):
    """Relationships of a part, `rId1` and so on: (type, target)."""
    items = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>' for number, (kind, target) in enumerate(targets, 1))
    return f'{XML}<Relationships xmlns="{RELATIONSHIPS}">{items}</Relationships>'


def content_types(parts):
    """The types of an office document's parts, by their names after the common beginning."""
    beginning = "application/vnd.openxmlformats-officedocument."
    items = "".join(f'<Override PartName="/{part}" ContentType="{beginning}{kind}+xml"/>' for part, kind in parts.items())
    return (
        f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{items}</Types>')


def written_by_pandoc(form, markdown):
    """A text document as a word processor's format; the same every time for one version of pandoc (this is 2.17)."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": "0"}
    return subprocess.run(
        ["pandoc", "--from", "markdown", "--to", form, "--output", "-"], input=markdown.encode(), stdout=subprocess.PIPE, check=True, env=environment).stdout


def pptx():
    drawing = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    namespaces = f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="{OFFICE}" {drawing}'

    def shape(text, kind=None):
        placeholder = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else "<p:nvPr/>"
        return (
            f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr/>{placeholder}</p:nvSpPr><p:spPr/>'
            f"<p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>")

    def slide(shapes, root="sld"):
        return f"{XML}<p:{root} {namespaces}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{root}>"

    rows = "".join(
        "<a:tr>" + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in row) + "</a:tr>"
        for row in [("Ship", "Crew"), ("Aurora", "31"), ("Minnow", "5")])
    table = f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{rows}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    return packed({
        "[Content_Types].xml": content_types({
            "ppt/presentation.xml": "presentationml.presentation.main", "ppt/slides/slide1.xml": "presentationml.slide",
            "ppt/slides/slide2.xml": "presentationml.slide", "ppt/notesSlides/notesSlide1.xml": "presentationml.notesSlide"}),
        "_rels/.rels": relationships([("officeDocument", "ppt/presentation.xml")]),
        "ppt/presentation.xml": f'{XML}<p:presentation {namespaces}><p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId id="257" r:id="rId1"/></p:sldIdLst></p:presentation>',
        "ppt/_rels/presentation.xml.rels": relationships([("slide", "slides/slide1.xml"), ("slide", "slides/slide2.xml")]),
        # Shown second.
        "ppt/slides/slide1.xml": slide(shape("Wrecks", "title") + table),
        "ppt/slides/slide2.xml": slide(shape("The point in numbers", "ctrTitle") + shape("Forty wrecks in a hundred years.") + shape("1", "sldNum")),
        "ppt/slides/_rels/slide2.xml.rels": relationships([("notesSlide", "../notesSlides/notesSlide1.xml")]),
        "ppt/notesSlides/notesSlide1.xml": slide(shape("Mention the reef called the Comb.", "body"), "notes"),
    })


def xlsx():
    namespace = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{OFFICE}"'
    strings = ["Date", "Oil", "Visitor", "Bishop of Locharn"]
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>'
        '<row r="3"><c r="A3" s="1"><v>19390</v></c><c r="B3"><v>4.25</v></c><c r="C3" t="s"><v>3</v></c></row>'
        '<row r="4"><c r="A4" s="1"><v>19391.5</v></c><c r="B4"><v>3</v></c><c r="C4" t="inlineStr"><is><t>nobody</t></is></c></row>')
    return packed({
        "[Content_Types].xml": content_types({
            "xl/workbook.xml": "spreadsheetml.sheet.main", "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet",
            "xl/sharedStrings.xml": "spreadsheetml.sharedStrings", "xl/styles.xml": "spreadsheetml.styles"}),
        "_rels/.rels": relationships([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'{XML}<workbook {namespace}><sheets><sheet name="Log of 1953" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships([("worksheet", "worksheets/sheet1.xml")]),
        "xl/sharedStrings.xml": f"{XML}<sst {namespace}>" + "".join(f"<si><t>{text}</t></si>" for text in strings) + "</sst>",
        "xl/styles.xml": f'{XML}<styleSheet {namespace}><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f"{XML}<worksheet {namespace}><sheetData>{rows}</sheetData></worksheet>",
    })


def open_document(kind, body):
    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
        for name, path in [("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing")])
    types = f"application/vnd.oasis.opendocument.{kind}"
    return packed({
        "mimetype": types,
        "content.xml": f"{XML}<office:document-content {namespaces}><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
        "META-INF/manifest.xml": f'{XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{types}"/></manifest:manifest>',
    })


def epub():
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Ghosts</title></head><body><h1>Ghosts</h1><p>A lady in grey walks on the gallery in November.</p></body></html>'
    package = (
        f'{XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:identifier id="id">skarn</dc:identifier><dc:title>Tales of Skarn Point</dc:title><dc:language>en</dc:language></metadata>'
        '<manifest><item id="p" href="p.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="p"/></spine></package>')
    return packed({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": f'{XML}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "book.opf": package,
        "p.xhtml": XML + page,
    })


def tar_gz(files):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as compressed, tarfile.open(fileobj=compressed, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def cells(*values):
    return "<table:table-row>" + "".join(f"<table:table-cell><text:p>{value}</text:p></table:table-cell>" for value in values) + "</table:table-row>"


def accounts():
    """Three pages with a running head and a number at the foot: two columns of prose, a table, and a closing remark."""
    left = ["The lamp burned twelve barrels of", "oil in the year, two more than in", "the year before, since the fog of", "November did not lift for nineteen", "days and nights without a break."]
    right = ["Of the visitors most came by the", "Monday boat, and stayed no longer", "than an hour, which is as long as", "the boat waits at the landing, or", "as long as the sea will let it wait."]
    columns = [(x, 680 - 14 * row, text) for x, lines in [(72, left), (320, right)] for row, text in enumerate(lines)]
    rows = [["Month", "Oil", "Wicks", "Visitors"], ["June", "31", "4", "120"], ["July", "28", "3", "210"], ["August", "33", "", "305"], ["November", "96", "11", "2"]]
    table = [(72 + 110 * column, 650 - 18 * row, text) for row, texts in enumerate(rows) for column, text in enumerate(texts) if text]
    bodies = [columns, [(72, 700, "What was used, month by month:"), *table, (72, 540, "Oil is counted in gallons.")],
              [(72, 700 - 14 * row, text) for row, text in enumerate(["Signed by the keeper", "on the last of December", "in the oil cellar, which", "is the warmest room."])]]
    return pdf([[(72, 790, "Accounts of Skarn Point"), *body, (290, 40, str(number))] for number, body in enumerate(bodies, 1)], "Accounts of 1953")


def invoices():
    """Three pages of one form, each with numbers of its own at the same places, a table with a cell of two lines, and a word written upwards."""
    pages = []
    for page in range(3):
        rows = [[(72, "Item"), (170, "Description"), (430, "Pounds")],
                [(72, "Oil"), (170, "barrels of the best colza oil, brought by the"), (430, f"{40 + page}.50")], [(170, "Monday boat in fair weather and foul")],
                [(72, "Wicks"), (170, "woven ones, of the width that the lamp takes, and"), (430, f"{3 + page}.20")], [(170, "packed in a tin against the damp instru-")], [(170, "mentation room")]]
        table = [(x, 640 - 12 * row, text) for row, cells in enumerate(rows) for x, text in cells]
        pages.append([(72, 790, f"Invoice number {7001 + page}"), (400, 790, "Chandler of Locharn"), (72, 740, f"Due on 1953-0{page + 1}-15"), *table, (540, 400, "Copy for the keeper", True),
                      (72, 60, f"Total: {43 + 2 * page}.70 pounds"), (290, 40, f"Page {page + 1} of 3")])
    return pdf(pages, "Invoices")


FORMATS = {
    "accounts.pdf": accounts(),
    "invoices.pdf": invoices(),
    "repairs.docx": written_by_pandoc(
        "docx", "# Repairs of 1911\n\nThe chimney of the lamp cracked on the ninth of May.\n\n## Costs\n\n| Part | Price |\n|---|---|\n| wick | 4 pence |\n| chimney | 2 shillings |\n"),
    "visitors.odt": written_by_pandoc("odt", "# Visitors\n\nThe bishop came in 1953 and was seasick.\n"),
    "menu.rtf": rb"{\rtf1\ansi {\b Menu}\par On Sundays there is smoked haddock.\par}",
    "numbers.pptx": pptx(),
    "log.xlsx": xlsx(),
    "birds.ods": open_document(
        "spreadsheet", '<table:table table:name="Birds">' + cells("Bird", "Count") + '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        + cells("gannet", "210") + "</table:table>"),
    "tour.odp": open_document(
        "presentation", '<draw:page draw:name="p1"><draw:frame><draw:text-box><text:p>Mind the trapdoor.</text:p></draw:text-box></draw:frame></draw:page>'
        '<draw:page draw:name="p2"><draw:frame><draw:text-box><text:p>The view reaches Balmory.</text:p></draw:text-box></draw:frame></draw:page>'),
    "tales.epub": epub(),
    "tides.ipynb": json.dumps(
        {"cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Tides\n", "\n", "Spring tides reach six metres."]},
            {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["high = 6.1"],
             "outputs": [{"output_type": "stream", "name": "stdout", "text": ["neap 2.2\n"]}]}],
         "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode(),
    "garden.rst": b"Garden\n======\n\nKale grows **behind** the north wall.\n\nTools\n-----\n\n* a spade\n* a rake\n",
    "debts.org": b"* Debts\n\nThe station owes the chandler /nine/ pounds.\n\n| Who | Pounds |\n|-----+--------|\n| Petrie | 3 |\n",
    "optics.tex": b"\\documentclass{article}\n\\begin{document}\n\\section{Optics}\nThe lens has \\emph{eight} bull's eyes.\n\\end{document}\n",
    "lampctl.1": b".TH LAMPCTL 1\n.SH NAME\nlampctl \\- turn the lamp\n.SH OPTIONS\n.TP\n.B \\-\\-speed\nTurns a minute, four by default.\n",
    "interview.srt": b"1\n00:00:01,000 --> 00:00:03,500\nWere you ever afraid?\n\n2\n00:00:04,000 --> 00:00:06,000\n<i>Only of</i> the stairs.\n",
    "radio.vtt": b"WEBVTT\n\n00:12.000 --> 00:14.000\n<v Tam>Fog over the Comb.\n",
    "inventory.xml": b'<?xml version="1.0"?>\n<inventory>\n  <room name="the oil cellar">\n    <item>Nine barrels</item>\n  </room>\n</inventory>\n',
    "order.eml": b"From: Tam Reid <tam@skarn.example>\nTo: Chandler <shop@locharn.example>\nSubject: =?utf-8?Q?Order_of_=C3=B6il?=\n"
    b"Date: Sat, 31 Jan 1953 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n"
    b"Content-Transfer-Encoding: quoted-printable\n\nPlease send twelve barrels to the n=C3=B6rth landing.\n--b\nContent-Type: text/csv; name=list.csv\n"
    b"Content-Disposition: attachment; filename=list.csv\nContent-Transfer-Encoding: base64\n\naXRlbSxjb3VudApzb2FwLDMKY2FuZGxlcywyMAo=\n--b--\n",
    "letters.mbox": b"From a@b Sat Jan 31 10:00:00 1953\nFrom: Agnes <a@skarn.example>\nSubject: Rope\n\nThe rope is too short by a fathom.\n\n"
    b"From c@d Sun Feb  1 10:00:00 1953\nFrom: Jon <j@skarn.example>\nSubject: Paint\n\nWhite lead has run out.\n",
    "papers.zip": packed({
        "a/permit.md": "# Permit\n\nDigging is allowed until the first of March.\n", "b/sound.mp3": b"ID3", "c/inner.zip": packed({"deep.txt": "The deepest note.\n"}),
        "broken.json": "{", ".hidden.txt": "not shown"}),
    "reports.tar.gz": tar_gz({"reports/1953.txt": b"The sea came over the gallery twice.\n"}),
    "notice.txt.gz": gzip.compress(b"The landing is closed on Mondays.\n", mtime=0),
}


def main():
    for folder, files in [(FOLDER, {name: text.encode("utf-8") for name, text in FILES.items()} | BYTES), (CORPORA / "formats", FORMATS)]:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        print(f"{len(files)} files in {folder.relative_to(CORPORA.parent)}")


if __name__ == "__main__":
    main()
