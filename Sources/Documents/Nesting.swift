import Foundation

/// Where a document lies in others, and what all that lies in one file may still take together.
///
/// Each archive and converter has limits of its own; a small file of archives in archives would pass none of them and take days.
struct Nesting {
  /// Archives and messages around it.
  let depth: Int
  private let budget: Budget

  private final class Budget {
    var membersLeft: Int
    let deadline: ContinuousClock.Instant
    let isCancelled: () -> Bool

    init(_ limits: ReadingLimits, isCancelled: @escaping () -> Bool) {
      membersLeft = limits.archiveEntryCount
      deadline = .now + .seconds(limits.fileSeconds)
      self.isCancelled = isCancelled
    }
  }

  /// Of a file.
  init(_ limits: ReadingLimits, isCancelled: @escaping () -> Bool) {
    depth = 0
    budget = Budget(limits, isCancelled: isCancelled)
  }

  private init(depth: Int, budget: Budget) {
    self.depth = depth
    self.budget = budget
  }

  /// Of what lies in it.
  var inner: Nesting { Nesting(depth: depth + 1, budget: budget) }

  /// Takes one more of the members that a file may have; throws the same again and again once there are too many, or no time is left.
  func takeMember(of path: String, limits: ReadingLimits) throws(DocumentError) {
    budget.membersLeft -= 1
    if budget.membersLeft < 0 { throw .tooLarge(path, "it holds more than \(limits.archiveEntryCount) files, those in archives in it counted") }
    try goOn(path, limits: limits)
  }

  /// To be called between the steps of long work; throws when there is no time left, or nobody wants the document any more.
  func goOn(_ path: String, limits: ReadingLimits) throws(DocumentError) {
    if ContinuousClock.now > budget.deadline { throw .tooLarge(path, "what lies in it takes more than \(limits.fileSeconds) s to read") }
    if budget.isCancelled() { throw .unreadable(path, "reading was stopped") }
  }

  /// Whether half of the time has gone that a file may take.
  func isHalfOver(_ limits: ReadingLimits) -> Bool { ContinuousClock.now + .seconds(limits.fileSeconds / 2) > budget.deadline }
}
