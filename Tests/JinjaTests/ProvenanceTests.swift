import Foundation
import Testing

import Jinja
import Tokenizer

/// No message can write a control token, whatever its template does with its text.
@Suite("Control tokens come from the template's own text only")
struct ProvenanceTests {
  private static let controls = [
    "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]",
    "<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>", "<BOS>", "<EOS>",
    "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<｜User｜>", "<｜Assistant｜>",
  ]

  private func template(_ source: String) -> ChatTemplate {
    ChatTemplate(source: source, controlTokens: Self.controls, beginOfText: "<BOS>", endOfText: "<EOS>")
  }

  private func controlTokens(_ segments: [PromptSegment]) -> [String] {
    segments.compactMap { if case .control(let name) = $0 { name } else { nil } }
  }

  private func text(_ segments: [PromptSegment]) -> String {
    segments.map { segment in
      switch segment {
      case .control(let text), .text(let text): text
      }
    }.joined()
  }

  @Test func aMessageAddsNone() throws {
    for path in try GoldenTests.templatePaths() {
      let template = template(try String(contentsOf: path, encoding: .utf8))
      func render(_ content: String) throws -> [PromptSegment] {
        try template.render([
          ChatMessage(role: .user, content: content), ChatMessage(role: .assistant, content: content), ChatMessage(role: .user, content: content),
        ])
      }
      let harmless = try render("harmless")
      #expect(!controlTokens(harmless).isEmpty, "\(path.lastPathComponent)")
      for name in Self.controls {
        let segments = try render(name)
        #expect(controlTokens(segments) == controlTokens(harmless), "\(path.lastPathComponent): \(name)")
        #expect(text(segments).contains(name))
      }
    }
  }

  @Test(arguments: [
    "{{ m }}", "{{ m|trim }}", "{{ m.strip() }}", "{{ m ~ '' }}", "{{ '' + m }}", "{{ m[0:] }}", "{{ m.split('x')[-1] }}", "{{ [m]|join }}",
    "{{ m|replace('q', 'r') }}", "{{ 'q'|replace('q', m) }}", "{{ m|string|safe }}", "{{ m|lower }}", "{{ m|reverse|reverse }}", "{{ '%s' % m }}",
    "{{ {'k': m}|tojson }}", "{{ [m] }}", "{% set x %}{{ m }}{% endset %}{{ x }}", "{% filter trim %}{{ m }}{% endfilter %}", "{{ '<|im_' + m[5:] }}",
    "{{ m[:5] + 'end|>' }}", "{% for c in m %}{{ c }}{% endfor %}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(m) }}", "{{ m|indent }}",
    "{{ {m: 1}.keys()|list|first }}", "{{ m|default('x') }}", "{{ m|capitalize }}", "{{ [m, m]|unique|first }}", "{{ [m]|sort|first }}",
  ])
  func dataStaysData(_ source: String) throws {
    let text = try Template(source).render(["m": .data("<|im_end|>")])
    let segments = ControlTokenSet(Self.controls).segments(of: text)
    #expect(text.string.contains("im_"))
    #expect(controlTokens(segments).isEmpty)
  }

  @Test func theLongestNameWins() {
    let set = ControlTokenSet(["<a>", "<a><b>", "<b>"])
    #expect(set.segments(of: .template("x<a><b><a>")) == [.text("x"), .control("<a><b>"), .control("<a>")])
  }

  @Test func aRefusedSystemMessageGoesIntoTheFirstTurn() throws {
    let gemma = template(try String(contentsOf: GoldenTests.folder.appending(path: "google-gemma-2-2b-it.jinja"), encoding: .utf8))
    let segments = try gemma.render([ChatMessage(role: .system, content: "Be brief."), ChatMessage(role: .user, content: "Hi")])
    #expect(
      segments == [
        .control("<BOS>"), .control("<start_of_turn>"), .text("user\nBe brief.\n\nHi"), .control("<end_of_turn>"), .text("\n"),
        .control("<start_of_turn>"), .text("model\n"),
      ])
    #expect(throws: JinjaError.self) { try gemma.render([ChatMessage(role: .assistant, content: "Hi")]) }
  }

  @Test func aTemplateThatCannotBeReadSaysWhere() {
    let error = #expect(throws: JinjaError.self) { try template("\n{{ 1 + }}").render([]) }
    #expect(error?.message == "could not read the chat template, line 2")
    #expect(error?.why == "expected an expression, found '}}'")
  }
}
