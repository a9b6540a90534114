/// One value that is being written: what of it was written, and so what may follow. The frames of the values around it lie below.
struct Frame: Hashable {
  enum Phase: UInt8 {
    /// Before the value; in `spaced` one space may come first.
    case start, spaced
    /// Within a literal, a string, a number or a sequence.
    case literal, string, number, sequence
    /// After `{`; before a name; in a name that may be a listed one; in one that is not; before the colon; after a value.
    case objectStart, nameSpaced, name, listedName, otherName, colon, objectNext
    /// After `[`; after an item.
    case arrayStart, arrayNext
  }

  var node: Int32
  var phase: Phase
  /// What the phase needs: the range of the texts that it may still be and the bytes of them that were written (literal, listedName); where
  /// in the string one is (string, listedName, otherName) and its characters (string); the state of the table (number, sequence); the listed
  /// name's number, or none (colon); the items (arrayNext).
  var low: Int32 = 0
  var high: Int32 = 0
  var depth: Int32 = 0
  var place: Int32 = 0
  /// The set of listed names that an object has, by its number.
  var names: Int32 = 0

  static let noListedName: Int32 = -1
}
