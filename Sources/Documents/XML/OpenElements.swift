/// The names of the elements that have begun where a run through XML stands, each of which holds the next.
struct OpenElements {
  private(set) var names: [String] = []

  mutating func take(_ event: XMLEvents.Event) {
    switch event {
    case .start(let name, _): names.append(name)
    case .end: _ = names.popLast()
    case .text: break
    }
  }
}
