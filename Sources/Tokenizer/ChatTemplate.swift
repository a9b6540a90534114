package import Jinja
package import ModelFile

/// How a model wants a conversation written: by the Jinja template of its file, or as `role: text` for a model without one.
///
/// Control tokens are those that the template itself writes; the text of a message is only ever text.
package struct ChatTemplate: Sendable {
  private enum Form: Sendable {
    case jinja(Template)
    /// The file has a template that cannot be read.
    case unreadable(JinjaError)
    case plain
  }

  private let form: Form
  private let controls: ControlTokenSet
  private let constants: [String: Value]

  package init(gguf: GGUFFile) {
    let pieces = gguf.metadata["tokenizer.ggml.tokens"]?.strings ?? []
    let types = gguf.metadata["tokenizer.ggml.token_type"]?.ints ?? []
    let controls = zip(pieces, types).lazy.filter { Vocabulary.isControl($0.0, type: Int64($0.1)) }.map(\.0)
    func piece(_ key: String) -> String {
      guard let id = gguf.metadata["tokenizer.ggml.\(key)_token_id"]?.int, pieces.indices.contains(id) else { return "" }
      return pieces[id]
    }
    self.init(
      source: gguf.metadata["tokenizer.chat_template"]?.string, controlTokens: Array(controls), beginOfText: piece("bos"), endOfText: piece("eos"))
  }

  /// - Parameters:
  ///   - source: The template; nil for a model without one.
  ///   - controlTokens: The names that become `.control` where the template writes them.
  ///   - beginOfText: What the template's `bos_token` stands for; `endOfText` is its `eos_token`.
  package init(source: String?, controlTokens: [String], beginOfText: String, endOfText: String) {
    controls = ControlTokenSet(controlTokens)
    constants = ["bos_token": .template(beginOfText), "eos_token": .template(endOfText)]
    guard let source else {
      form = .plain
      return
    }
    do throws(JinjaError) {
      form = .jinja(try Template(source))
    } catch {
      form = .unreadable(error)
    }
  }

  /// The conversation as segments.
  ///
  /// A template that does not take a system message, such as Gemma's, gets its text in front of the first user message.
  ///
  /// - Parameters:
  ///   - addGenerationPrompt: Opens the assistant's turn at the end.
  ///   - variables: More for the template, such as `tools`, `documents` or `enable_thinking`.
  ///   - date: Today, for templates that write it; without it they write a fixed day, or none, so that a prompt depends on its conversation alone.
  package func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool = true, variables: [String: Value] = [:], date: TemplateDate? = nil
  ) throws(JinjaError) -> [PromptSegment] {
    switch form {
    case .plain: return [.text(Self.plainText(messages, addGenerationPrompt: addGenerationPrompt))]
    case .unreadable(let error): throw error
    case .jinja(let template):
      let environment = constants.merging(variables) { $1 }
      func text(_ messages: [ChatMessage]) throws(JinjaError) -> Text {
        var environment = environment
        environment["messages"] = .list(messages.map(Self.value))
        environment["add_generation_prompt"] = .bool(addGenerationPrompt)
        do throws(JinjaError) {
          return try template.render(environment, date: date)
        } catch {
          guard date == nil, error.kind == .evaluation else { throw error }
          return try template.render(environment, date: Self.fixedDate)
        }
      }
      do throws(JinjaError) {
        return controls.segments(of: try text(messages))
      } catch {
        guard error.kind == .raised, let folded = Self.foldingSystem(messages) else { throw error }
        return controls.segments(of: try text(folded))
      }
    }
  }

  /// For templates that fail without a date, such as SmolLM3's and Granite's: the day that Llama's templates write when they have none.
  private static let fixedDate = TemplateDate(year: 2024, month: 7, day: 26)

  /// A message as templates see it. Its role is one of three words, and templates build control tokens of it; its content is data.
  private static func value(of message: ChatMessage) -> Value {
    .dictionary([("role", .template(message.role.rawValue)), ("content", .data(message.content))])
  }

  /// The conversation with its first message, the system's, in front of the second, the user's.
  private static func foldingSystem(_ messages: [ChatMessage]) -> [ChatMessage]? {
    guard messages.count > 1, messages[0].role == .system, messages[1].role == .user else { return nil }
    return [ChatMessage(role: .user, content: "\(messages[0].content)\n\n\(messages[1].content)")] + messages.dropFirst(2)
  }

  private static func plainText(_ messages: [ChatMessage], addGenerationPrompt: Bool) -> String {
    let turns = messages.map { "\($0.role == .system ? "" : $0.role.rawValue.titleCased + ": ")\($0.content)\n\n" }.joined()
    return addGenerationPrompt ? turns + "Assistant:" : turns
  }
}

extension String {
  fileprivate var titleCased: String { prefix(1).uppercased() + dropFirst() }
}
