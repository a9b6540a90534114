/// Where the service listens, and what it takes.
package struct ServiceConfiguration: Sendable {
  /// Address to listen on.
  package var host = "127.0.0.1"
  /// Port to listen on; 0 takes a free one.
  package var port = 8707
  /// Whether `host` may be an address that other machines reach.
  package var allowRemote = false
  /// Collection that is asked when a request names none.
  package var collection = "default"
  /// Names besides the loopback ones that requests may carry in `Host`: those of a proxy in front, for example.
  package var allowedHosts: Set<String> = []

  /// Bytes of a request's body.
  package var bodyByteLimit = 1 << 20
  /// Characters of a question.
  package var questionCharacterLimit = 8_000
  /// From the first byte of a request to the last of its response.
  package var requestDeadline = Duration.seconds(120)
  /// How long after that a connection is cut off on which something is still open, since its client does not read.
  package var cutOffDelay = Duration.seconds(5)
  /// Silence after which a connection is closed.
  package var idleTimeout = Duration.seconds(60)
  /// Searches that are worked on at the same time.
  package var concurrentSearchLimit = 2
  /// Searches that wait for their turn; more are turned away with 429.
  package var waitingSearchLimit = 128
  /// Connections open at the same time; more wait in the system's queue.
  package var connectionLimit = 256
  /// Answers that are worked on or wait; more are turned away with 429. All of them go to the engine, which sees whose prompts begin alike and
  /// decides who goes first.
  package var answerLimit = 160
  /// How long running requests may take after the signal to stop.
  package var drainTimeout = Duration.seconds(10)

  package init() {}
}
