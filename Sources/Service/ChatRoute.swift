import Answering
import Foundation
import Hummingbird
import NIOCore

extension ServiceResponder {
  /// The name of the model that answers from the documents.
  static let documentsModel = "quarry"
  private static let abstention = "The documents do not say."

  /// OpenAI's chat: the model `quarry` answers from the documents, the generator's own name talks to the generator alone.
  func chat(_ request: Request, _ context: ServiceContext, _ scope: RequestScope) async throws -> Response {
    let body = try await request.json(ChatBody.self, byteLimit: configuration.bodyByteLimit, scope: scope)
    let parts: AsyncThrowingStream<ChatPart, any Error>
    switch body.model {
    case Self.documentsModel:
      let (question, options) = try body.question(configuration)
      parts = scope.events(queue: answers) { [answering] in Self.parts(of: answering.ask(question, options)) }
    case answering.generatorName:
      let (messages, options) = try body.conversation(configuration)
      parts = scope.events(queue: answers) { [answering] in Self.parts(of: answering.chat(messages, options)) }
    default:
      throw ServiceError.modelUnknown(body.model, known: modelNames)
    }
    let form = ChatForm(
      id: "chatcmpl-\(context.id)", created: Int(Date().timeIntervalSince1970), model: body.model, hasLogProbabilities: body.wantsLogProbabilities)
    guard body.wantsEvents else { return .json(try await form.completion(of: parts)) }
    return try await EventStream.response(
      parts, opening: EventStream.data(form.chunk(.init(role: "assistant", content: ""))),
      frames: { form.frames(for: $0, includesUsage: body.wantsUsageEvent) },
      failure: { error in EventStream.data(OpenAIErrorBody(report(error, context))) }, closing: EventStream.done)
  }

  /// An answer from the documents as a turn: its text, then where it stands.
  private static func parts(of events: AsyncThrowingStream<AnswerEvent, any Error>) -> AsyncThrowingStream<ChatPart, any Error> {
    mapped(events) { (event, sent: inout String) in
      switch event {
      case .sources: return []
      case .text(let text):
        sent += text
        return [.text(text)]
      case .finished(let answer):
        let text = answer.answer ?? abstention
        // All of it was sent already, unless nothing was.
        let rest = text.hasPrefix(sent) ? String(text.dropFirst(sent.count)) : ""
        let tail = rest + (SourceList.text(answer).map { "\n\n\($0)" } ?? "")
        let ending = ChatEnding(
          usage: ChatUsage(answer.usage), finishReason: "stop", sources: answer.sources, approximation: answer.receipt.approximation)
        return (tail.isEmpty ? [] : [.text(tail)]) + [.ending(ending)]
      }
    }
  }

  private static func parts(of events: AsyncThrowingStream<ChatEvent, any Error>) -> AsyncThrowingStream<ChatPart, any Error> {
    mapped(events) { (event, _: inout String) in
      switch event {
      case .text(let text, let tokens): return [.text(text, tokens: tokens)]
      case .finished(let summary):
        return [.ending(ChatEnding(usage: ChatUsage(summary.usage), finishReason: summary.isCutOff ? "length" : "stop"))]
      }
    }
  }

  /// Each event as the parts that it stands for; `sent` is the transformation's memory.
  private static func mapped<Event: Sendable>(
    _ events: AsyncThrowingStream<Event, any Error>, _ transform: @escaping @Sendable (Event, inout String) -> [ChatPart]
  ) -> AsyncThrowingStream<ChatPart, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          var sent = ""
          for try await event in events {
            for part in transform(event, &sent) { continuation.yield(part) }
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}

/// The names that every piece of a turn carries.
private struct ChatForm: Sendable {
  let id: String
  let created: Int
  let model: String
  let hasLogProbabilities: Bool

  func completion(of parts: AsyncThrowingStream<ChatPart, any Error>) async throws -> ChatCompletion {
    var content = ""
    var tokens: [ChatToken] = []
    for try await part in parts {
      switch part {
      case .text(let text, let more):
        content += text
        tokens += more
      case .ending(let ending):
        return ChatCompletion(
          id: id, created: created, model: model, content: content, logProbabilities: logProbabilities(of: tokens), ending: ending)
      }
    }
    // The stream ends without an ending only when it is cancelled.
    throw CancellationError()
  }

  private func logProbabilities(of tokens: [ChatToken]) -> ChatLogProbabilities? {
    hasLogProbabilities ? ChatLogProbabilities(content: tokens) : nil
  }

  func chunk(_ delta: ChatChunk.Delta, logProbabilities: ChatLogProbabilities? = nil, finishReason: String? = nil) -> ChatChunk {
    let choice = ChatChunk.Choice(delta: delta, logProbabilities: logProbabilities, finishReason: finishReason)
    return ChatChunk(id: id, created: created, model: model, choices: [choice])
  }

  func frames(for part: ChatPart, includesUsage: Bool) -> [ByteBuffer] {
    switch part {
    case .text(let text, let tokens): return [EventStream.data(chunk(.init(content: text), logProbabilities: logProbabilities(of: tokens)))]
    case .ending(let ending):
      var last = chunk(.init(), finishReason: ending.finishReason)
      last.sources = ending.sources
      last.approximation = ending.approximation
      guard includesUsage else { return [EventStream.data(last)] }
      let usage = ChatChunk(id: id, created: created, model: model, choices: [], usage: ending.usage)
      return [EventStream.data(last), EventStream.data(usage)]
    }
  }
}
