package import Answering
import Foundation
import HTTPTypes
package import Hummingbird
package import Inference
import Logging
import NIOCore
package import Retrieval
import ServiceLifecycle
package import Store
package import UnixSignals

/// Quarry over HTTP: `quarry serve`.
package struct QuarryService: Sendable {
  private let configuration: ServiceConfiguration
  private let answering: any QuestionAnswering
  private let logger: Logger
  private let onListening: @Sendable (_ port: Int) -> Void
  private let repair: IndexRepair?
  private let ingestionStatus: @Sendable () -> IngestionStatus

  /// - Parameters:
  ///   - engine: `nil` answers in quotes only.
  ///   - ingestionStatus: How far the folders are that are taken in meanwhile.
  package init(
    configuration: ServiceConfiguration, answerer: Answerer, retriever: Retriever, engine: GenerationEngine?, store: Store,
    ingestionStatus: @escaping @Sendable () -> IngestionStatus = { IngestionStatus() }
  ) {
    self.init(
      configuration: configuration, answering: LocalAnswering(answerer: answerer, retriever: retriever, engine: engine, store: store), store: store,
      ingestionStatus: ingestionStatus
    ) { port in
      // The first line on standard output: whoever started the service learns its port from it.
      let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
      FileHandle.standardOutput.write(Data("listening on http://\(host):\(port)\n".utf8))
    }
  }

  /// - Parameters:
  ///   - answering: What answers.
  ///   - store: Whose derived files are looked after; `nil` for none.
  ///   - ingestionStatus: How far the folders are that are taken in meanwhile.
  ///   - onListening: Told the port once the service can be reached.
  package init(
    configuration: ServiceConfiguration, answering: any QuestionAnswering, store: Store? = nil,
    ingestionStatus: @escaping @Sendable () -> IngestionStatus = { IngestionStatus() }, onListening: @escaping @Sendable (_ port: Int) -> Void
  ) {
    self.configuration = configuration
    self.answering = answering
    self.onListening = onListening
    self.ingestionStatus = ingestionStatus
    let logger = Logger(label: "quarry", factory: { StreamLogHandler.standardError(label: $0) })
    self.logger = logger
    repair = store.map { IndexRepair(store: $0, logger: logger) }
  }

  /// Serves until SIGTERM or SIGINT; then takes no more connections, lets the requests at hand finish, and returns.
  ///
  /// - Throws: `ServiceError` when it may not or can not listen.
  package func run() async throws { try await run(stoppedBy: [.sigterm, .sigint]) }

  /// As `run()`, stopped by other signals; with none, when the task's service group shuts down.
  package func run(stoppedBy signals: [UnixSignal]) async throws {
    guard configuration.allowRemote || HostCheck.isLoopback(configuration.host) else { throw ServiceError.remoteRefused(configuration.host) }
    let state = ServiceState()
    // The last service is told to stop first: `/readyz` says so before the socket closes.
    var group = ServiceGroupConfiguration(
      services: services(state), gracefulShutdownSignals: signals, logger: frameworkLogger)
    group.maximumGracefulShutdownDuration = configuration.drainTimeout
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let error as IOError {
      throw ServiceError.cannotListen(host: configuration.host, port: configuration.port, why: error.description)
    } catch is CancellationError where state.isDraining {
      logger.warning("stopped with requests that did not finish in time")
    }
  }

  private func services(_ state: ServiceState) -> [any ServiceLifecycle.Service] {
    let served: [any ServiceLifecycle.Service] = [application(state), DrainNotice(state: state)]
    return repair.map { [$0] + served } ?? served
  }

  /// The service without its signals, for tests that need no socket.
  ///
  /// - Parameter isDraining: Whether it has been told to stop.
  package func application(isDraining: Bool) -> some ApplicationProtocol {
    let state = ServiceState()
    if isDraining { state.startDraining() }
    return application(state)
  }

  private func application(_ state: ServiceState) -> Application<ServiceResponder> {
    Application(
      responder: ServiceResponder(
        configuration: configuration, answering: answering, state: state, logger: logger, ingestionStatus: ingestionStatus),
      server: .http1(
        configuration: .init(additionalChannelHandlers: [ConnectionWatch()], idleTimeout: TimeAmount(configuration.idleTimeout))),
      configuration: .init(
        address: .hostname(configuration.host, port: configuration.port), serverName: nil,
        availableConnectionsDelegate: .maximum(configuration.connectionLimit, logger: frameworkLogger)),
      onServerRunning: { [onListening] channel in onListening(channel.localAddress?.port ?? 0) },
      logger: frameworkLogger)
  }

  /// For the frameworks' own words: only what went wrong.
  private var frameworkLogger: Logger {
    var logger = logger
    logger.logLevel = .error
    return logger
  }
}

/// Marks the service as stopping as soon as the signal comes.
private struct DrainNotice: ServiceLifecycle.Service {
  let state: ServiceState

  func run() async throws {
    try? await gracefulShutdown()
    state.startDraining()
  }
}
