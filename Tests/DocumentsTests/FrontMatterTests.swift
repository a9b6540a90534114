import Documents
import Foundation
import Testing

/// What an author says at the start of a Markdown file.
@Suite struct FrontMatterTests {
  private func metadata(_ text: String) throws -> [String: [String]] {
    let path = FileManager.default.temporaryDirectory.path + "/front-matter-\(UUID().uuidString).md"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try DocumentReader().read(path: path).metadata
  }

  @Test func valuesAndListsOfYAML() throws {
    let metadata = try metadata(
      """
      ---
      title: "The plan: part 2"
      author: 'Ann Lee'
      # a remark
      tags: [red, "dark blue",green]
      year:   2021
      aliases:
        - one
        - two words
      nested:
        key: value
      url: https://example.org/a:b
      empty:
      long: |
        text of
        several lines
      author: Somebody
      ---

      Body.
      """)
    #expect(
      metadata == [
        "title": ["The plan: part 2"], "author": ["Ann Lee", "Somebody"], "tags": ["red", "dark blue", "green"], "year": ["2021"],
        "aliases": ["one", "two words"], "url": ["https://example.org/a:b"],
      ])
  }

  /// Sentences about a document are text, on one line or on several.
  @Test(arguments: [
    "description: A lamp, lit at dusk.", "description: >-\n  A lamp,\n  lit at dusk.", "abstract: |\n  A lamp,\n\n  lit at dusk.",
    "summary: A lamp,\n  lit at dusk.",
  ])
  func sentencesAreText(value: String) throws {
    let document = try Fixtures.read("---\ntitle: T\n\(value)\nauthor: Ann\n---\nBody.\n", as: "a.md")
    #expect(document.texts.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") } == ["A lamp, lit at dusk.", "Body."])
    #expect(document.metadata["author"] == ["Ann"] && document.metadata["title"] == ["T"])
  }

  @Test func whatStandsBetweenTwoRulesIsText() throws {
    #expect(try Fixtures.read("---\n\nThe lamp is lit.\n\n---\n\nBody.\n", as: "a.md").texts == ["The lamp is lit.", "Body."])
  }

  @Test func valuesOfTOML() throws {
    let metadata = try metadata("+++\ntitle = \"T\"\ntags = ['a', \"b\"]\ndraft = true\n[extra]\nkey = \"nested\"\n+++\nBody.\n")
    #expect(metadata == ["title": ["T"], "tags": ["a", "b"], "draft": ["true"]])
  }

  @Test(arguments: ["---\ntitle: T\n\nNo end.\n", "# Heading\n\n---\nauthor: not at the start\n---\n", "---\n---\n\nBody.\n", "text: of the body\n"])
  func otherTextHasNone(text: String) throws { #expect(try metadata(text).isEmpty) }

  @Test func hostileLinesAreBounded() throws {
    let lines =
      (0..<300).map { "k\($0): \(String(repeating: "v", count: $0 * 20))" } + ["[: x", ":", "é: ü", "\u{1}key: v", "a b: c", "-: -", "x: [", "y: ]["]
    let metadata = try metadata("---\n" + lines.joined(separator: "\n") + "\n---\nBody.\n")
    #expect(metadata["é"] == ["ü"] && metadata["a b"] == nil)
    #expect(metadata.values.flatMap { $0 }.allSatisfy { $0.utf8.count <= 1024 })
  }

  /// Nothing that it says in sentences is lost.
  @Test func sentencesOfFrontMatter() throws {
    let long = String(repeating: "word ", count: 120) + "end"
    #expect(try Fixtures.read("---\nabstract: \(long)\n---\nBody\n", as: "a.md").texts == [long, "Body"])
    #expect(try Fixtures.read("---\nsummary:\n  - First.\n  - Second.\n---\nBody\n", as: "a.md").texts.joined().contains("First."))
    let ruled = try Fixtures.read("---\nThe rule is this: nothing may be lost.\n---\n\nBody.\n", as: "a.md")
    #expect(ruled.texts.joined().contains("nothing may be lost"))
    // Between two rules stands what stands anywhere.
    let lines = "**Status**: all is lost.\n\"Be careful: hot,\" he said.\n\n- First point.\n\n# Title\n\n2024 was good: yes.\n  and so on."
    let text = try Fixtures.read("---\n\n\(lines)\n\n---\n\nBody.\n", as: "a.md").texts.joined(separator: "|")
    for words in ["Status: all is lost.", "\"Be careful: hot,\" he said.", "First point.", "Title", "2024 was good: yes.", "and so on.", "Body."] {
      #expect(text.contains(words), "\(words) in \(text)")
    }
    let mixed = try Fixtures.read("---\ntitle: T\nNote: \(long)\nThe rule is this: a\n  and b.\n---\nBody\n", as: "a.md").texts
    #expect(mixed == [long, "The rule is this: a and b.", "Body"])
  }
}
