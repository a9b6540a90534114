package import Documents
package import Inference

/// An answer with the places in the documents that say so: the JSON form of `quarry ask --json` and `POST /v1/ask`.
package struct Answer: Sendable, Codable, Equatable {
  /// `nil` when the documents do not say.
  package var answer: String?
  package var sources: [Source]
  /// True when nothing in the documents fits the question; `sources` then holds the closest passages.
  package var abstained: Bool
  /// Whether `answer` was quoted or generated; `nil` when abstained.
  package var kind: Kind?
  /// How the generated text fared against the quotes; `nil` when nothing was generated.
  package var verification: Verification?
  package var usage: Usage
  package var receipt: Receipt

  package enum Kind: String, Sendable, Codable { case quote, generated }

  /// A stretch of a document that the answer rests on.
  package struct Source: Sendable, Codable, Equatable {
    /// The number in brackets that the answer uses, from 1.
    package var number: Int
    /// The record's name, or the path relative to the ingested folder.
    package var document: String
    package var path: String
    /// Paths of files that hold the very same.
    package var otherPaths: [String]
    package var page: Int?
    /// Where on that page.
    package var box: PageBox?
    /// First and last line, counted from 1.
    package var lines: [Int]?
    package var heading: String?
    package var quote: String
    package var score: Double

    package init(
      number: Int, document: String, path: String, otherPaths: [String] = [], page: Int?, box: PageBox? = nil, lines: [Int]?, heading: String?,
      quote: String, score: Double
    ) {
      self.number = number
      self.document = document
      self.path = path
      self.otherPaths = otherPaths
      self.page = page
      self.box = box
      self.lines = lines
      self.heading = heading
      self.quote = quote
      self.score = score
    }

    /// What is not known is null, not left out.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(number, forKey: .number)
      try container.encode(document, forKey: .document)
      try container.encode(path, forKey: .path)
      try container.encode(otherPaths, forKey: .otherPaths)
      try container.encode(page, forKey: .page)
      try container.encode(box, forKey: .box)
      try container.encode(lines, forKey: .lines)
      try container.encode(heading, forKey: .heading)
      try container.encode(quote, forKey: .quote)
      try container.encode(score, forKey: .score)
    }

    enum CodingKeys: String, CodingKey {
      case number, document, path, page, box, lines, heading, quote, score
      case otherPaths = "other_paths"
    }
  }

  /// The outcome of checking generated text against the quotes.
  package struct Verification: Sendable, Codable, Equatable {
    package var supported: Bool
    /// Words, names and numbers of the generated text that no quote holds.
    package var unsupported: [String]

    package init(supported: Bool, unsupported: [String]) {
      self.supported = supported
      self.unsupported = unsupported
    }
  }

  /// Names follow the OpenAI API where it has one.
  package struct Usage: Sendable, Codable, Equatable {
    package var promptTokens = 0
    /// Tokens of the prompt that an earlier request had paid for, and those of them whose keys and values came from disk.
    package var cachedTokens = 0
    package var diskCachedTokens = 0
    /// Tokens of the prompt, beside the cached ones, that were taken over from where their passage stood before: approximately.
    package var preparedTokens = 0
    package var completionTokens = 0
    /// Tokens that were guessed ahead, and those of them that held.
    package var draftedTokens = 0
    package var acceptedTokens = 0
    /// Until the first token was computed; while the prompt was read; while the answer was written.
    package var queueSeconds = 0.0
    package var prefillSeconds = 0.0
    package var decodeSeconds = 0.0
    package var retrievalSeconds = 0.0

    package init() {}

    /// Takes over what a generation cost.
    package mutating func add(_ result: GenerationResult) {
      promptTokens = result.promptTokenCount
      cachedTokens = result.cachedTokenCount
      diskCachedTokens = result.diskTokenCount
      preparedTokens = result.movedTokenCount
      completionTokens = result.completionTokenCount
      draftedTokens = result.draftedTokenCount
      acceptedTokens = result.acceptedTokenCount
      queueSeconds = result.queueSeconds
      prefillSeconds = result.prefillSeconds
      decodeSeconds = result.decodeSeconds
    }

    enum CodingKeys: String, CodingKey {
      case promptTokens = "prompt_tokens"
      case cachedTokens = "cached_tokens"
      case diskCachedTokens = "disk_cached_tokens"
      case preparedTokens = "prepared_tokens"
      case completionTokens = "completion_tokens"
      case draftedTokens = "drafted_tokens"
      case acceptedTokens = "accepted_tokens"
      case queueSeconds = "queue_seconds"
      case prefillSeconds = "prefill_seconds"
      case decodeSeconds = "decode_seconds"
      case retrievalSeconds = "retrieval_seconds"
    }
  }

  /// What is needed to get the same answer again.
  package struct Receipt: Sendable, Codable, Equatable {
    /// SHA-256 of the exact question.
    package var question: String
    /// The store's sequence number when it was answered.
    package var sequence: Int64
    package var embedder: String
    package var generator: String?
    /// Content hashes of the chunks that were used, in order.
    package var chunks: [String]
    package var mode: String
    /// How passages were taken over from where they stood before, as `epic:16`; `nil` for an exact answer.
    package var approximation: String?
    /// Passages that were found and not read, because the model's context or the engine's memory had no room for them.
    package var leftOutPassages = 0
    /// Passages that the generator judged before the best of them were taken.
    package var rerankedPassages = 0

    package init(question: String, sequence: Int64, embedder: String, generator: String?, chunks: [String], mode: String) {
      self.question = question
      self.sequence = sequence
      self.embedder = embedder
      self.generator = generator
      self.chunks = chunks
      self.mode = mode
    }

    /// What is not known is null, not left out.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(question, forKey: .question)
      try container.encode(sequence, forKey: .sequence)
      try container.encode(embedder, forKey: .embedder)
      try container.encode(generator, forKey: .generator)
      try container.encode(chunks, forKey: .chunks)
      try container.encode(mode, forKey: .mode)
      try container.encode(approximation, forKey: .approximation)
      try container.encode(leftOutPassages, forKey: .leftOutPassages)
      try container.encode(rerankedPassages, forKey: .rerankedPassages)
    }

    enum CodingKeys: String, CodingKey {
      case question, sequence, embedder, generator, chunks, mode, approximation
      case leftOutPassages = "left_out_passages"
      case rerankedPassages = "reranked_passages"
    }
  }

  package init(
    answer: String?, sources: [Source], abstained: Bool, kind: Kind?, verification: Verification?, usage: Usage, receipt: Receipt
  ) {
    self.answer = answer
    self.sources = sources
    self.abstained = abstained
    self.kind = kind
    self.verification = verification
    self.usage = usage
    self.receipt = receipt
  }

  /// What is not known is null, not left out.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(answer, forKey: .answer)
    try container.encode(sources, forKey: .sources)
    try container.encode(abstained, forKey: .abstained)
    try container.encode(kind, forKey: .kind)
    try container.encode(verification, forKey: .verification)
    try container.encode(usage, forKey: .usage)
    try container.encode(receipt, forKey: .receipt)
  }

  enum CodingKeys: String, CodingKey { case answer, sources, abstained, kind, verification, usage, receipt }

  /// The answer without the numbers of its sources; `nil` when abstained.
  package var plainText: String? {
    guard let answer else { return nil }
    if kind == .quote { return sources.map { CitedText.flowing($0.quote) }.joined(separator: " ") }
    return CitedText.withoutTrailingMarks(answer)
  }
}
