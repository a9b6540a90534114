import Chunking
import Documents
import FuzzInput

/// By the first byte: what the rest is called. Formats that are read here; those that other programs convert are theirs to fuzz.
private let names = [
  "d.md", "d.html", "d.txt", "d.csv", "d.tsv", "d.json", "d.jsonl", "d.xml", "d.srt", "d.vtt", "d.py", "d.c", "d.eml", "d.mbox", "d.rst", "d",
]

private var limits: ReadingLimits {
  var limits = ReadingLimits()
  limits.converterSeconds = 2
  limits.archiveDepth = 2
  return limits
}

private let reader = DocumentReader(limits: limits)
private let chunker = Chunker(tokenLimit: 40, overlapTokenLimit: 8) { text in text.split(whereSeparator: \.isWhitespace).count }

/// Any bytes as a document: refused with an error, or blocks that stand in the file, and passages that tile the text.
Fuzzing.runOnBytes { input in
  guard let kind = input.first else { return }
  let name = names[Int(kind) % names.count]
  let bytes = Array(input.dropFirst())
  guard let document = try? reader.read(bytes, path: name) else { return }
  var place = 0
  for chunk in chunker.chunks(of: document) {
    precondition(chunk.textRange.lowerBound == place, "passages that do not follow each other")
    place = chunk.textRange.upperBound
    var offset = -1
    for span in chunk.spans {
      precondition(span.offset > offset && span.offset <= chunk.text.utf8.count, "a place that is not in the passage")
      offset = span.offset
      if let lines = span.source.lines { precondition(lines.lowerBound >= 1, "a line before the first") }
    }
  }
}
