/// Where something stands on a page, in points (1/72 inch) from the page's upper left corner.
///
/// In JSON the four numbers `[left, top, right, bottom]`, to a tenth of a point.
package struct PageBox: Hashable, Sendable, Codable {
  package var left: Double
  package var top: Double
  package var right: Double
  package var bottom: Double

  package init(left: Double, top: Double, right: Double, bottom: Double) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  /// The smallest box that holds both.
  package func union(_ other: PageBox) -> PageBox {
    PageBox(left: min(left, other.left), top: min(top, other.top), right: max(right, other.right), bottom: max(bottom, other.bottom))
  }

  var width: Double { right - left }
  var height: Double { bottom - top }
  var middle: Double { (top + bottom) / 2 }

  /// - Throws: `DecodingError` unless there are four numbers, none of them larger than a page can be.
  package init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    let numbers = try (0..<4).map { _ in try container.decode(Double.self) }
    guard container.isAtEnd, numbers.allSatisfy({ abs($0) <= Self.limit }) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a box is four numbers")
    }
    self.init(left: numbers[0], top: numbers[1], right: numbers[2], bottom: numbers[3])
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for number in [left, top, right, bottom] { try container.encode((number * 10).rounded() / 10) }
  }

  static let limit = 1e6
}
