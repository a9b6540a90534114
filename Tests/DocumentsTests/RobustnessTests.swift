import Documents
import Foundation
import Testing

/// Whatever the bytes, a document or an error comes back, and a document keeps its promises.
@Suite struct RobustnessTests {
  /// PDF starts a process for every try; a few are enough, poppler is not ours to fuzz.
  private static let names = [
    "handbook.md", "history.html", "weather.txt", "supplies.csv", "boats.tsv", "station.json", "log.jsonl", "corpus.jsonl", "lamp.py", "bell.swift",
    "pump.c",
    "letter-utf16.txt",
  ]

  @Test(arguments: names)
  func truncationsAndFlippedBytes(name: String) throws {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: Fixtures.folder + "/" + name)))
    try Fixtures.withTemporaryFolder { folder in
      let path = folder + "/" + name
      var random = SplitMix(state: 7)
      for round in 0..<120 {
        var changed = bytes
        if round % 3 == 0 {
          changed = Array(changed.prefix(random.below(bytes.count)))
        } else {
          for _ in 0...random.below(4) { changed[random.below(changed.count)] = UInt8(random.below(256)) }
        }
        try Data(changed).write(to: URL(filePath: path))
        do {
          let document = try DocumentReader().read(path: path)
          #expect(document.faults == [], "round \(round)")
        } catch {
          #expect(error is DocumentError)
        }
      }
    }
  }

  /// Real and hostile files; they lie beside the checkout, not in it.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: Fixtures.evaluation), "shared/eval/documents is not beside the checkout"))
  func evaluationDocuments() throws {
    var readCount = 0
    for file in try FolderWalk(Fixtures.evaluation).files {
      do {
        let document = try DocumentReader().read(path: file.path)
        #expect(document.faults == [], "\(file.relativePath)")
        readCount += 1
      } catch {
        #expect(error.message.contains(file.path))
      }
    }
    #expect(readCount > 150)
  }

  /// Small files that would take gigabytes, or hours, if their parsers were let.
  @Test func whatGrowsInItsParser() throws {
    let unclosed = (0..<2000).map { "<p><font size=\($0 % 7) color=#\($0 + 100_000)>entry \($0)\n" }.joined()
    var limits = ReadingLimits()
    limits.htmlTreeByteCount = 16 << 20
    #expect { try Fixtures.read("<body>\(unclosed)".utf8, as: "a.html", limits: limits) } throws: {
      ($0 as? DocumentError)?.why?.contains("tree of elements") == true
    }
    #expect(try Fixtures.read("<body><p>\(String(repeating: "word ", count: 50_000))".utf8, as: "a.html", limits: limits).blocks.count == 1)

    let table = ["|a", "|-"].map { String(repeating: $0, count: 20_000) + "|\n" }.joined() + String(repeating: "|x\n", count: 20_000)
    #expect(try Fixtures.read("# Title\n\n\(table)", as: "a.md").blocks.contains { $0.kind != .tableRow })
    #expect(try Fixtures.read("|a|b|\n|-|-|\n|1|2|\n", as: "a.md").blocks.contains { $0.kind == .tableRow })

    limits.textByteCount = 1 << 20
    #expect(throws: DocumentError.self) { try Fixtures.read("[\(String(repeating: "0,", count: 600_000))0]".utf8, as: "a.json", limits: limits) }
    #expect(try Fixtures.read("[\(String(repeating: "0,", count: 6))0]", as: "a.json").text == "0, 0, 0, 0, 0, 0, 0")

    let cue = "1\n00:00:01,000 --> 00:00:02,000\n"
    #expect(try Fixtures.read(cue + String(repeating: "<", count: 300_000), as: "a.srt").text.count == 300_000)
    #expect(try Fixtures.read(cue + "<i>Harbour</i> <3 {\\an8}{lamp}", as: "a.srt").text.hasSuffix("Harbour <3 {lamp}"))
  }

  /// libxml2 looks at ten megabytes at once and no more.
  @Test func longXML() throws {
    let text = "<r>\n" + String(repeating: "<item>keeper lamp</item>\n", count: 450_000) + "<item>the end</item></r>\n"
    #expect(text.utf8.count > 11_000_000)
    #expect(try Fixtures.read(text, as: "a.xml").text.hasSuffix("the end"))
  }

  /// Foundation's parser crashes at an instruction without data.
  @Test func bareProcessingInstructions() throws {
    let text =
      "<?xml version=\"1.0\"?>\n<?if?>\n<r><?br?><item>keeper<!-- <?a?> --> lamp</item>\n<code><![CDATA[<?php?>]]></code><?end now?></r>\n<?else?>"
    let document = try Fixtures.read(text, as: "a.xml")
    #expect(document.text.contains("keeper lamp") && document.text.contains("<?php?>"), "\(document.text)")
    #expect(document.blocks.last?.source.lines == 4...4, "\(document.blocks)")
    #expect(throws: DocumentError.self) { try Fixtures.read("<r>words<?br", as: "a.xml") }
  }

  /// The documentation of PostgreSQL, where its package is installed: no page may be lost.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/share/doc/postgresql-doc-15/html"), "the package postgresql-doc-15 is not installed"))
  func everyPageOfPostgreSQL() throws {
    let pages = try FolderWalk("/usr/share/doc/postgresql-doc-15/html").files.filter { $0.path.hasSuffix(".html") }
    #expect(pages.count > 1000)
    for page in pages {
      let document = try DocumentReader().read(path: page.path)
      #expect(document.faults == [], "\(page.relativePath)")
      #expect(document.title != nil, "\(page.relativePath)")
    }
  }
}

/// A small generator, the same on every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }
}
