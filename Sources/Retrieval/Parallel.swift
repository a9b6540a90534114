import Dispatch
import Synchronization

/// Work of one search on several processors at the same time: each search waits for less, and all together do no more.
enum Parallel {
  /// Two things that do not depend on each other.
  ///
  /// - Throws: What the first throws, else what the second throws.
  static func both<First: Sendable, Second: Sendable>(
    _ first: @Sendable () throws -> First, _ second: @Sendable () throws -> Second
  ) throws -> (First, Second) {
    let results = Mutex<(Result<First, any Error>?, Result<Second, any Error>?)>((nil, nil))
    DispatchQueue.concurrentPerform(iterations: 2) { number in
      if number == 0 {
        let result = Result(catching: first)
        results.withLock { $0.0 = result }
      } else {
        let result = Result(catching: second)
        results.withLock { $0.1 = result }
      }
    }
    return try results.withLock { results in
      guard case (let first?, let second?) = results else { preconditionFailure("both were done") }
      return try (first.get(), second.get())
    }
  }

  /// `body` of the parts of a list, together in its order.
  ///
  /// - Throws: What the first part that throws does.
  static func map<Element: Sendable, Value: Sendable>(
    _ elements: [Element], partCount: Int, _ body: @Sendable (ArraySlice<Element>) throws -> [Value]
  ) throws -> [Value] {
    let partCount = max(1, min(partCount, elements.count))
    let parts = Mutex([Result<[Value], any Error>](repeating: .success([]), count: partCount))
    DispatchQueue.concurrentPerform(iterations: partCount) { number in
      let part = elements[(number * elements.count / partCount)..<((number + 1) * elements.count / partCount)]
      let values = Result { try body(part) }
      parts.withLock { $0[number] = values }
    }
    return try parts.withLock { try $0.flatMap { try $0.get() } }
  }
}
