import Inference
import Retrieval
import Store
import Tokenizer

extension Answerer {
  /// Lets the engine write an answer from the passages, and checks it.
  func compose(
    _ question: String, _ base: QuotedBase, _ options: AskOptions, engine: GenerationEngine, emit: @escaping @Sendable (AnswerEvent) -> Void
  ) async throws -> Answer {
    let model = engine.model
    let quotes = base.sources.map { CitedText.flowing($0.quote) }
    let room = PromptRoom(
      tokenLimit: engine.tokenLimit, completionTokenCount: options.completionTokenLimit, isLimitedByMemory: engine.tokenLimit < model.contextLength)
    let prompt = try await BlockingWork.run {
      try FittedPrompt(
        passages: base.passages, order: options.passageOrder, quotes: quotes, question: question, room: room, template: model.chatTemplate,
        tokenizer: model.tokenizer)
    }
    try Task.checkCancellation()
    var request = GenerationRequest(
      prompt: prompt.tokens, maximumTokenCount: options.completionTokenLimit, sampling: options.sampling,
      // One paragraph is asked for. What small models write after it is the prompt over again.
      stopSequences: ["\n\n"])
    request.namespace = PassagePreparation.namespace(of: options.collection)
    request.instructionTokenCount = prompt.instructionTokenCount
    request.passages = prompt.stretches
    request.reuse = reuse
    // Only what nobody can take back is sent on the way: in auto mode nothing before the check.
    let generated = try await generate(request, engine: engine) { text in
      if options.mode == .generate { emit(.text(text)) }
    }
    let read = prompt.passages.map { base.passages[$0].chunk }
    if reuse != nil { try PassagePreparation(engine: engine, collection: options.collection).prepareLater(read) }
    let cited = base.citedPassages.map { base.passages[$0].chunk }
    let grounding = Grounding(
      question: question, quotes: quotes, passages: cited.map { "\($0.header)\n\($0.context ?? "")\n\($0.text)" })
    let verification = grounding.verify(generated.text, isLooping: generated.result.finishReason == .loop)

    var answer = base.quotedAnswer
    answer.verification = verification
    answer.usage.add(generated.result)
    answer.receipt.generator = model.fingerprint
    answer.receipt.approximation = request.passages.isEmpty ? nil : reuse?.description
    answer.receipt.chunks = read.map(\.contentHash)
    answer.receipt.leftOutPassages = base.passages.count - read.count
    if options.mode == .generate || verification.supported {
      let marks = CitedText.marks(citations(of: generated.text, in: base.sources, grounding))
      answer.answer = generated.text + marks
      answer.kind = .generated
      if options.mode == .generate { emit(.text(marks)) } else { emit(.text(generated.text + marks)) }
    } else if let text = answer.answer {
      emit(.text(text))
    }
    return answer
  }

  /// The sources that a generated text takes words from: the best one, and others that give it as many. In case of none, none is named.
  private func citations(of text: String, in sources: [Answer.Source], _ grounding: Grounding) -> [Int] {
    let shared = sources.map { grounding.sharedCount(text, with: $0.quote) }
    guard let most = shared.max(), most > 0 else { return [] }
    return zip(sources, shared).filter { $1 == most }.map(\.0.number)
  }

  /// Runs a request to its end. White space at both ends of the text is dropped, on the way as well.
  private func generate(
    _ request: GenerationRequest, engine: GenerationEngine, emit: (String) -> Void
  ) async throws -> (text: String, result: GenerationResult) {
    var text = ""
    var held = ""
    for try await event in engine.generate(request) {
      switch event {
      case .text(let more):
        held += more
        if text.isEmpty { held = String(held.drop(while: \.isWhitespace)) }
        // White space is held back until something follows it.
        guard let last = held.lastIndex(where: { !$0.isWhitespace }) else { continue }
        let ready = String(held[...last])
        held = String(held[held.index(after: last)...])
        text += ready
        emit(ready)
      case .finished(let result):
        return (text, result)
      }
    }
    try Task.checkCancellation()
    throw AnsweringError.engineEndedEarly
  }
}
