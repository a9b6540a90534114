package import ModelFile

/// How a model wants a conversation written.
///
/// Two forms are known: ChatML, recognised by its control tokens in the file's template, and `role: text` lines for models without a template.
package struct ChatTemplate: Sendable {
  private enum Form: Sendable {
    case chatML(defaultSystem: String?)
    case plain
  }

  private let form: Form

  package init(gguf: GGUFFile) {
    guard let template = gguf.metadata["tokenizer.chat_template"]?.string, template.contains("<|im_start|>") else {
      form = .plain
      return
    }
    form = .chatML(defaultSystem: Self.defaultSystem(in: template))
  }

  /// The system text that a ChatML template writes when the conversation has none: the first literal of its form
  /// `<|im_start|>system\n … <|im_end|>`.
  private static func defaultSystem(in template: String) -> String? {
    let opening = "'<|im_start|>system\n"
    guard let start = template.firstRange(of: opening)?.upperBound ?? template.firstRange(of: "'<|im_start|>system\\n")?.upperBound,
      let end = template[start...].firstRange(of: "<|im_end|>")?.lowerBound
    else { return nil }
    let text = template[start..<end]
    return text.contains("'") || text.contains("{") ? nil : String(text)
  }

  /// The conversation as segments.
  ///
  /// - Parameter addGenerationPrompt: Opens the assistant's turn at the end.
  package func render(_ messages: [ChatMessage], addGenerationPrompt: Bool = true) -> [PromptSegment] {
    switch form {
    case .chatML(let defaultSystem):
      var messages = messages
      if let defaultSystem, messages.first?.role != .system { messages.insert(ChatMessage(role: .system, content: defaultSystem), at: 0) }
      var segments = messages.flatMap { message -> [PromptSegment] in
        [.control("<|im_start|>"), .text("\(message.role.rawValue)\n\(message.content)"), .control("<|im_end|>"), .text("\n")]
      }
      if addGenerationPrompt { segments += [.control("<|im_start|>"), .text("assistant\n")] }
      return segments
    case .plain:
      var text = messages.map { "\($0.role == .system ? "" : $0.role.rawValue.titleCased + ": ")\($0.content)\n\n" }.joined()
      if addGenerationPrompt { text += "Assistant:" }
      return [.text(text)]
    }
  }
}

extension String {
  fileprivate var titleCased: String { prefix(1).uppercased() + dropFirst() }
}
