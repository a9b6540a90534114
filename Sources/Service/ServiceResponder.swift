import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// A request's way: is it for us, which route, within which bounds, and what the client and the log get to see of it.
struct ServiceResponder: HTTPResponder {
  typealias Context = ServiceContext

  let configuration: ServiceConfiguration
  let answering: any QuestionAnswering
  let state: ServiceState
  let answers: TurnQueue
  let searches: TurnQueue
  let logger: Logger
  let ingestionStatus: @Sendable () -> IngestionStatus
  private let hostCheck: HostCheck

  init(
    configuration: ServiceConfiguration, answering: any QuestionAnswering, state: ServiceState, logger: Logger,
    ingestionStatus: @escaping @Sendable () -> IngestionStatus = { IngestionStatus() }
  ) {
    self.ingestionStatus = ingestionStatus
    self.configuration = configuration
    self.answering = answering
    self.state = state
    self.logger = logger
    answers = TurnQueue(concurrentLimit: configuration.answerLimit, waitingLimit: 0)
    // Searching takes milliseconds: it does not wait behind answers that take minutes.
    searches = TurnQueue(concurrentLimit: configuration.concurrentSearchLimit, waitingLimit: configuration.waitingSearchLimit)
    hostCheck = HostCheck(configuration)
  }

  func respond(to request: Request, context: ServiceContext) async throws -> Response {
    let scope = RequestScope(
      deadline: context.start + configuration.requestDeadline, channel: context.channel,
      bodyMark: BodyMark(isEmpty: request.headers[.contentLength].map { $0 == "0" } ?? (request.headers[.transferEncoding] == nil)))
    // Whatever is still open then, a reader that does not read for one, is cut off.
    let cutOff = close(context.channel, after: configuration.requestDeadline + configuration.cutOffDelay)
    var response: Response
    do {
      try hostCheck.check(authority: request.head.authority, origin: request.headers[.origin])
      response = try await route(request, context, scope)
    } catch {
      response = errorResponse(error, request, context)
    }
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.cacheControl] = "no-store"
    response.headers[.init("Referrer-Policy")!] = "no-referrer"
    response.headers[.init("X-Request-Id")!] = context.id
    if !scope.bodyMark.isRead { response.headers[.connection] = "close" }
    if request.method == .head { response = response.createHeadResponse() }

    let (body, status) = (response.body, response.status)
    response.body = ResponseBody(contentLength: body.contentLength) { writer in
      defer {
        cutOff.cancel()
        // What was not read of a body would be taken for the next request; the client has a moment to read the response first.
        if !scope.bodyMark.isRead { _ = close(context.channel, after: .seconds(1)) }
        log(request, status, context)
      }
      try await body.write(writer)
    }
    return response
  }

  private func route(_ request: Request, _ context: ServiceContext, _ scope: RequestScope) async throws -> Response {
    let method: HTTPRequest.Method = request.method == .head ? .get : request.method
    let path = request.uri.path
    let modelPrefix = "/v1/models/"
    switch (path, method) {
    case ("/", .get): return home()
    case ("/healthz", .get): return health()
    case ("/readyz", .get): return try await readiness(context)
    case ("/metrics", .get): return await metrics()
    case ("/v1/ask", .post): return try await ask(request, context, scope)
    case ("/v1/search", .post): return try await search(request, scope)
    case ("/v1/chat/completions", .post): return try await chat(request, context, scope)
    case ("/v1/models", .get): return models()
    case ("/v1/ingestion", .get): return ingestion()
    case (_, .get) where path.hasPrefix(modelPrefix):
      let name = path.dropFirst(modelPrefix.count)
      return try model(name.removingPercentEncoding ?? String(name))
    default: break
    }
    switch path {
    case "/", "/healthz", "/readyz", "/metrics", "/v1/models", "/v1/ingestion": throw ServiceError.method(method.rawValue, allowed: "GET, HEAD")
    case _ where path.hasPrefix(modelPrefix): throw ServiceError.method(method.rawValue, allowed: "GET, HEAD")
    case "/v1/ask", "/v1/search", "/v1/chat/completions": throw ServiceError.method(method.rawValue, allowed: "POST")
    default: throw ServiceError.noRoute(path)
    }
  }

  private func errorResponse(_ error: any Error, _ request: Request, _ context: ServiceContext) -> Response {
    let reported = report(error, context)
    let isOpenAI = ["/v1/chat", "/v1/models", "/v1/completions", "/v1/embeddings"].contains { request.uri.path.hasPrefix($0) }
    var response: Response =
      isOpenAI ? .json(OpenAIErrorBody(reported), status: reported.status) : .json(ErrorBody(reported), status: reported.status)
    switch reported.code {
    case "method_not_allowed": response.headers[.allow] = (error as? ServiceError)?.allowedMethods
    case "busy", "engine_busy": response.headers[.retryAfter] = "5"
    default: break
    }
    return response
  }

  /// The error as the client sees it; the log gets what the client does not.
  func report(_ error: any Error, _ context: ServiceContext) -> ReportedError {
    if error is CancellationError { return ReportedError(state.isDraining ? ServiceError.draining : ServiceError.clientGone, id: context.id) }
    let reported = ReportedError(error, id: context.id)
    if reported.isInternal { logger.error("request failed", metadata: ["id": "\(context.id)", "error": "\(error)"]) }
    return reported
  }

  /// One line for a request: never what was asked.
  private func log(_ request: Request, _ status: HTTPResponse.Status, _ context: ServiceContext) {
    let milliseconds = Int((ContinuousClock.now - context.start) / .milliseconds(1))
    let path = request.uri.path.unicodeScalars.prefix(200).map { $0.value > 0x20 && $0.value < 0x7F ? String($0) : "?" }.joined()
    state.noteResponse(status: status.code, seconds: (ContinuousClock.now - context.start) / .seconds(1))
    logger.info("\(request.method.rawValue) \(path) \(status.code) \(milliseconds) ms \(context.id)")
  }

  private func close(_ channel: any Channel, after delay: Duration) -> Scheduled<Void> {
    channel.eventLoop.scheduleTask(in: TimeAmount(delay)) { channel.close(promise: nil) }
  }
}
