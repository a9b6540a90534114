/// Texts that follow one of several sequences of byte sets, as a table of states and bytes. No text is a beginning of another one.
struct SequenceTable: Sendable {
  enum Step: Sendable {
    case goesOn(Int32)
    case ends
  }

  /// By state: what its bytes lead to. State 0 is before the first byte.
  private var steps: [[UInt8: Step]] = []

  func next(_ state: Int32, _ byte: UInt8) -> Step? { steps[Int(state)][byte] }

  init(_ sequences: [TextFormat.Sequence]) {
    // A state is a place and the sequences that the text may be one of.
    struct Key: Hashable {
      let place: Int
      let candidates: [Int]
    }
    var keys = [Key(place: 0, candidates: Array(sequences.indices))]
    var states: [Key: Int32] = [keys[0]: 0]
    var position = 0
    while position < keys.count {
      let key = keys[position]
      position += 1
      var row: [UInt8: Step] = [:]
      for byte in UInt8.min...UInt8.max {
        let following = Key(place: key.place + 1, candidates: key.candidates.filter { sequences[$0][key.place].contains(byte) })
        guard let first = following.candidates.first else { continue }
        if sequences[first].count == following.place {
          row[byte] = .ends
        } else if let known = states[following] {
          row[byte] = .goesOn(known)
        } else {
          states[following] = Int32(keys.count)
          row[byte] = .goesOn(Int32(keys.count))
          keys.append(following)
        }
      }
      steps.append(row)
    }
  }
}
