import Foundation

/// Hands things from one thread to another in their order. Who puts waits while it holds as much as it may.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let weightLimit: Int
  private var elements: [(element: Element, weight: Int)] = []
  private var weight = 0
  private var isClosed = false
  private var isAbandoned = false

  /// - Parameter weightLimit: Of the elements together; one alone may have more.
  init(weightLimit: Int) { self.weightLimit = weightLimit }

  /// - Returns: False if nobody takes anything any more.
  func put(_ element: Element, weight: Int) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while !isAbandoned, !elements.isEmpty, self.weight + weight > weightLimit { condition.wait() }
    if isAbandoned { return false }
    elements.append((element, weight))
    self.weight += weight
    condition.broadcast()
    return true
  }

  /// Says that nothing more comes.
  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }

  /// Says that nothing more is wanted.
  func abandon() {
    condition.lock()
    isAbandoned = true
    elements = []
    condition.broadcast()
    condition.unlock()
  }

  /// The next element; `nil` when nothing more comes. Waits until either is known.
  func take() -> Element? {
    condition.lock()
    defer { condition.unlock() }
    while elements.isEmpty, !isClosed, !isAbandoned { condition.wait() }
    guard let (element, weight) = elements.first else { return nil }
    elements.removeFirst()
    self.weight -= weight
    condition.broadcast()
    return element
  }
}
