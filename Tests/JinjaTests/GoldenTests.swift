import Foundation
import Testing

import Jinja

/// What `jinja2` 3.1.6 gives on real templates and on one snippet for each feature: `scripts/golden/templates.py`.
@Suite("Templates render as jinja2 renders them")
struct GoldenTests {
  struct Golden: Decodable {
    struct Message: Decodable { let role: String, content: String }
    struct Case: Decodable {
      let template: String, messages: [Message], addGenerationPrompt: Bool, tools: Bool, dated: Bool
      let expected: String?
    }
    struct Snippet: Decodable {
      let source: String
      let expected: String?
    }
    let cases: [Case], snippets: [Snippet]
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/templates")
  static func templatePaths() throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).filter { $0.pathExtension == "jinja" }
      .sorted { $0.path < $1.path }
  }

  static func golden() throws -> Golden {
    try JSONDecoder().decode(Golden.self, from: Data(contentsOf: folder.appending(path: "expected.json")))
  }

  static let tools: Value = .list([
    .dictionary([
      ("type", .data("function")),
      (
        "function",
        .dictionary([
          ("name", .data("f")), ("description", .data("Do \"it\" <b>")),
          (
            "parameters",
            .dictionary([
              ("type", .data("object")), ("properties", .dictionary([("x", .dictionary([("type", .data("integer"))]))])),
              ("required", .list([.data("x")])),
            ])
          ),
        ])
      ),
    ])
  ])

  @Test func realTemplates() throws {
    let cases = try Self.golden().cases
    #expect(Set(cases.map(\.template)).count >= 10)
    for test in cases {
      let source = try String(contentsOf: Self.folder.appending(path: "\(test.template).jinja"), encoding: .utf8)
      var variables: [String: Value] = [
        "messages": .list(test.messages.map { .dictionary([("role", .template($0.role)), ("content", .data($0.content))]) }),
        "add_generation_prompt": .bool(test.addGenerationPrompt), "bos_token": .template("<BOS>"), "eos_token": .template("<EOS>"),
      ]
      let date = test.dated ? TemplateDate(year: 2026, month: 11, day: 3) : nil
      if test.tools { variables["tools"] = Self.tools }
      let result = Result { try Template(source).render(variables, date: date).string }
      #expect((try? result.get()) == test.expected, "\(test.template), \(test.messages.map(\.content)): \(result)")
    }
  }

  @Test func snippets() throws {
    let variables: [String: Value] = [
      "a": .list([.integer(3), .integer(1), .integer(2)]), "s": .data(" Hello World "), "n": .integer(7),
      "d": .dictionary([("x", .integer(1)), ("y", .list([.bool(true), .none, .float(1.5)]))]),
    ]
    for test in try Self.golden().snippets {
      let result = Result { try Template(test.source).render(variables).string }
      #expect((try? result.get()) == test.expected, "\(test.source): \(result)")
    }
  }
}
