import Foundation
import Synchronization

/// ^C as a flag that long work asks for; a second ^C ends the process at once.
final class Interrupt: Sendable {
  private static let count = Atomic<Int>(0)

  init() {
    signal(SIGINT) { _ in
      if Interrupt.count.add(1, ordering: .relaxed).newValue > 1 { _exit(130) }
    }
  }

  var isRaised: Bool { Interrupt.count.load(ordering: .relaxed) > 0 }
}
