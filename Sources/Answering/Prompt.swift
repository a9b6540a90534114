package import Retrieval
import Store
package import Tokenizer

/// The generator's prompt, laid out for a prefix cache: what never changes first, then the passages in the order of their documents (not of
/// their scores, which differ from question to question), then what belongs to this question.
///
/// Documents and question are content of turns: no token of the model's control tokens can come from them.
package struct Prompt: Sendable {
  /// The turns of the conversation.
  package var messages: [ChatMessage]
  /// The passages as they stand in the last turn, one after the other without anything between.
  package var passages: [String]

  static let instructions = """
    You answer questions from documents. Read the documents and answer the question in one short sentence. \
    Use only words, names and numbers that stand in the documents.
    """

  /// A small model copies the manner of an example better than it follows an instruction.
  private static let example: [ChatMessage] = [
    ChatMessage(
      role: .user,
      content: content(
        passages: ["Night trains\nThe line to the coast opened in 1911. Sleeping cars were added four years later, at the wish of the post office."],
        quotes: ["Sleeping cars were added four years later, at the wish of the post office."], question: "Who wanted sleeping cars?")),
    ChatMessage(role: .assistant, content: "Sleeping cars were added at the wish of the post office."),
  ]

  /// - Parameters:
  ///   - passages: Texts with their headings, in the order of their documents.
  ///   - quotes: The sentences that fit best, best first.
  package init(passages: [String], quotes: [String], question: String) {
    messages =
      [ChatMessage(role: .system, content: Self.instructions)] + Self.example
      + [ChatMessage(role: .user, content: Self.content(passages: passages, quotes: quotes, question: question))]
    self.passages = passages.map(Self.stretch)
  }

  /// A passage between empty lines, each of which is half its own.
  private static func stretch(_ passage: String) -> String { "\n\(passage)\n" }

  private static func content(passages: [String], quotes: [String], question: String) -> String {
    "Documents:\n\(passages.map(stretch).joined())\nQuotes: \(quotes.joined(separator: " "))\n\nQuestion: \(question)"
  }
}

/// How many tokens a prompt may have.
package struct PromptRoom: Sendable {
  /// Tokens of prompt and answer at most.
  package var tokenLimit: Int
  /// Tokens that are kept free for the answer.
  package var completionTokenCount: Int
  /// Whether the memory for keys and values is what limits them, and not the model's context.
  package var isLimitedByMemory: Bool

  package init(tokenLimit: Int, completionTokenCount: Int, isLimitedByMemory: Bool) {
    self.tokenLimit = tokenLimit
    self.completionTokenCount = completionTokenCount
    self.isLimitedByMemory = isLimitedByMemory
  }

  var promptTokenLimit: Int { tokenLimit - completionTokenCount }
}

/// A prompt that fits the model, with the passages that found room.
package struct FittedPrompt: Sendable {
  package var tokens: [TokenID]
  /// Where the passages stand in it; empty if the model's template or tokenizer does not let them be told apart.
  package var stretches: [Range<Int>]
  /// Tokens of the beginning that every question's prompt has.
  package var instructionTokenCount: Int
  /// Indices into the passages, in the order of the prompt.
  package var passages: [Int]

  /// Puts in as many of the best passages as the context holds beside the answer.
  ///
  /// - Parameter passages: Best first.
  /// - Throws: `context_too_small` when not even the best of them fits: a text written from none would be made up.
  package init(
    passages: [Passage], order: PassageOrder = .place, quotes: [String], question: String, room: PromptRoom, template: ChatTemplate,
    tokenizer: any TextTokenizer
  ) throws {
    var count = passages.count
    while true {
      let best = Array(passages.indices.prefix(count))
      let ordered = order == .score ? best : best.sorted { passages[$0].chunk.place < passages[$1].chunk.place }
      let prompt = Prompt(passages: ordered.map { passages[$0].chunk.promptText }, quotes: quotes, question: question)
      let (tokens, stretches) = try tokenizer.encode(template.render(prompt.messages, addGenerationPrompt: true), dividing: prompt.passages)
      if tokens.count <= room.promptTokenLimit {
        let instructions = try tokenizer.encode(template.render(prompt.messages.dropLast(), addGenerationPrompt: false))
        self.tokens = tokens
        self.stretches = stretches
        instructionTokenCount = zip(tokens, instructions).prefix { $0 == $1 }.count
        self.passages = ordered
        return
      }
      guard count > 1 else { throw AnsweringError.contextTooSmall(tokens: tokens.count, room) }
      count -= 1
    }
  }
}

extension StoredChunk {
  /// The chunk's place among all: by root, path, position.
  fileprivate var place: Place { Place(root: root, path: path, ordinal: ordinal, id: id) }

  var promptText: String { [header, context ?? "", text].filter { !$0.isEmpty }.joined(separator: "\n") }
}

private struct Place: Comparable {
  let root: String
  let path: String
  let ordinal: Int
  let id: Int64

  static func < (a: Place, b: Place) -> Bool { (a.root, a.path, a.ordinal, a.id) < (b.root, b.path, b.ordinal, b.id) }
}
