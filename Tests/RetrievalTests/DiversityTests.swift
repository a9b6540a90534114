import Retrieval
import Store
import Testing

@Suite struct DiversityTests {
  private let passages: [(score: Double, vector: [Float])] = [
    (1.0, [1, 0, 0]), (0.95, [0.99, 0.14, 0]), (0.9, [0.98, 0.2, 0]), (0.7, [0, 1, 0]), (0.3, [0, 0, 1]),
  ]

  @Test func withoutItTheOrderStays() { #expect(Diversity.order(passages, diversity: 0) == [0, 1, 2, 3, 4]) }

  @Test func copiesGiveWay() {
    #expect(Diversity.order(passages, diversity: 0.5).prefix(2) == [0, 3])
    // With all of it only what differs counts, after the best one.
    #expect(Diversity.order(passages, diversity: 1).prefix(3) == [0, 3, 4])
    for diversity in [0.1, 0.3, 0.5, 0.9] { #expect(Diversity.order(passages, diversity: diversity).sorted() == [0, 1, 2, 3, 4]) }
    #expect(Diversity.order([], diversity: 0.5).isEmpty)
  }

  @Test func aSearchCanBeDiverse() throws {
    let library = try Library()
    try library.add([
      ("a.txt", ["The lamp of the lighthouse burns two litres of oil a night."]),
      ("b.txt", ["The lighthouse's lamp burns about two litres of oil each night."]),
      ("c.txt", ["The keeper of the lighthouse earns forty pounds a year."]),
    ])
    var options = SearchOptions()
    func found() throws -> [String] {
      try library.retriever.search("How much oil does the lamp of the lighthouse burn a night?", options).map(\.chunk.path)
    }
    #expect(try found().prefix(2).sorted() == ["a.txt", "b.txt"])
    options.diversity = 0.9
    #expect(try found()[1] == "c.txt" && found().count == 3)
  }
}
