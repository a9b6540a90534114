package import Inference
package import Store

/// Which text may be shown as the answer.
package enum AnswerMode: String, Sendable, Codable, CaseIterable {
  /// Generated text if it stands up against the quotes, the quotes otherwise.
  case auto
  /// The quotes; nothing is generated.
  case quote
  /// The generated text, whatever the check says.
  case generate
}

/// Where the passages stand in the generator's prompt.
package enum PassageOrder: String, Sendable, CaseIterable {
  /// By root, path and position: the same passages make the same prompt, whatever their scores are.
  case place
  /// Best first; to measure what the other costs.
  case score
}

/// How a question is to be answered.
package struct AskOptions: Sendable {
  package var mode: AnswerMode = .auto
  package var collection = "default"
  /// Sentences quoted at most.
  package var sentenceLimit = 3
  /// Passages retrieved and put in front of the generator.
  package var passageLimit = 4
  /// The best passages that the generator judges by how likely they make the question, before `passageLimit` of them are taken; 0 for none.
  package var rerankLimit = 0
  package var passageOrder = PassageOrder.place
  /// Tokens generated at most.
  package var completionTokenLimit = 128
  /// Which documents may answer.
  package var filter = DocumentFilter()
  /// How the generator chooses its words.
  package var sampling = SamplingParameters()

  /// What the numbers may be that people give.
  package static let sentenceRange = 1...10
  package static let passageRange = 1...20
  package static let completionTokenRange = 1...4096

  package init() {}
}

/// What happens while a question is answered, in this order.
package enum AnswerEvent: Sendable {
  /// The passages are found and the quotes chosen.
  case sources([Answer.Source])
  /// More of the answer's text; what was sent before never changes.
  case text(String)
  /// The whole answer; the last event.
  case finished(Answer)
}
