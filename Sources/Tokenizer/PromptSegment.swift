/// A piece of a prompt: a control token of the model's template, or text, which is only ever text.
package enum PromptSegment: Sendable, Equatable {
  case control(String)
  case text(String)
}

/// A turn of a conversation.
package struct ChatMessage: Sendable, Codable, Equatable {
  package enum Role: String, Sendable, Codable { case system, user, assistant }

  package var role: Role
  package var content: String

  package init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}
