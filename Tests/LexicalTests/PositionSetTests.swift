import Lexical
import Testing

@Test func positionSetsHaveABitForEachPosition() {
  for count in [0, 1, 63, 64, 65, 130] {
    #expect(PositionSet(positionCount: count, repeating: true).count == count)
    #expect(PositionSet(positionCount: count).count == 0)
  }
}
