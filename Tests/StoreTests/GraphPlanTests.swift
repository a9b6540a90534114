import Store
import Testing

/// Which graphs of a collection are written, without any being built.
@Suite struct GraphPlanTests {
  private func parts(_ graphs: [(count: Int, live: Int)], newCount: Int = 0, unusable: Set<Int> = []) -> [GraphPlan.Part] {
    GraphPlan.parts(
      of: graphs.enumerated().map { GraphPlan.Graph(count: $1.count, liveCount: $1.live, isUsable: !unusable.contains($0)) }, newCount: newCount,
      sizeLimit: 1000, threshold: 50)
  }

  @Test func theFirstGraphHoldsAll() {
    #expect(parts([], newCount: 300) == [GraphPlan.Part(replaced: 0..<0, liveCount: 300, includesNew: true)])
    #expect(parts([], newCount: 49).isEmpty && parts([]).isEmpty)
  }

  @Test func theLastGraphIsExtendedWhenThatIsWorthIt() {
    #expect(parts([(1000, 1000), (500, 490)], newCount: 50).isEmpty)
    let extended = GraphPlan.Part(replaced: 1..<2, liveCount: 541, includesNew: true, isExtension: true)
    #expect(parts([(1000, 1000), (500, 490)], newCount: 51) == [extended])
  }

  @Test func whatAFullGraphHasNoRoomForGetsAnother() {
    #expect(parts([(960, 960)], newCount: 49).isEmpty, "compared one by one")
    #expect(parts([(960, 960)], newCount: 50) == [GraphPlan.Part(replaced: 1..<1, liveCount: 50, includesNew: true)])
  }

  @Test func smallNeighboursBecomeOneWhereThereIsRoom() {
    // The first two fit together, the third is sound, the last takes in what is new.
    let plan = parts([(1000, 500), (1000, 400), (1000, 1000), (900, 700)], newCount: 300)
    #expect(plan == [GraphPlan.Part(replaced: 0..<2, liveCount: 900), GraphPlan.Part(replaced: 3..<4, liveCount: 1000, includesNew: true)])
    #expect(parts([(1000, 800), (1000, 400)]) == [GraphPlan.Part(replaced: 0..<1, liveCount: 800), GraphPlan.Part(replaced: 1..<2, liveCount: 400)])
    // A sound one joins where it is the smaller, and a large one is not written again for a small one behind it.
    #expect(parts([(100, 100), (1000, 600)]) == [GraphPlan.Part(replaced: 0..<2, liveCount: 700)])
    #expect(parts([(900, 900), (1000, 50)]) == [GraphPlan.Part(replaced: 1..<2, liveCount: 50)])
    #expect(parts([(900, 900), (50, 0), (80, 80)]) == [GraphPlan.Part(replaced: 1..<2, liveCount: 0)])
    #expect(parts([(90, 90), (50, 0), (80, 80)]) == [GraphPlan.Part(replaced: 0..<3, liveCount: 170)])
  }

  @Test func whatCanNotBeReadOrLacksChunksIsMadeAnew() {
    #expect(parts([(1000, 1000), (800, 800)], unusable: [0]) == [GraphPlan.Part(replaced: 0..<1, liveCount: 1000)])
    #expect(parts([(1000, 1001)]) == [GraphPlan.Part(replaced: 0..<1, liveCount: 1001)])
    #expect(parts([(1000, 0)]) == [GraphPlan.Part(replaced: 0..<1, liveCount: 0)])
  }

  /// A collection's graphs, and chunks that are in none, as plans change them.
  private struct Collection {
    var graphs: [GraphPlan.Graph] = []
    var newCount = 0
    var writtenCount = 0

    mutating func publish() {
      let plan = GraphPlan.parts(of: graphs, newCount: newCount, sizeLimit: 1000, threshold: 50)
      #expect(zip(plan, plan.dropFirst()).allSatisfy { $0.replaced.upperBound <= $1.replaced.lowerBound })
      for part in plan.reversed() {
        let pieces = (part.liveCount + 999) / 1000
        // An extended graph keeps what is gone from it.
        let dead = part.isExtension ? graphs[part.replaced.lowerBound].count - graphs[part.replaced.lowerBound].liveCount : 0
        let made = (0..<pieces).map { piece in
          let live = part.liveCount * (piece + 1) / pieces - part.liveCount * piece / pieces
          return GraphPlan.Graph(count: live + dead, liveCount: live, isUsable: true)
        }
        graphs.replaceSubrange(part.replaced, with: made)
        writtenCount += part.liveCount
        if part.includesNew { newCount = 0 }
      }
    }
  }

  /// Whatever comes and goes: no graph grows beyond its size, most of what is stored is in graphs, and these stay few.
  @Test(arguments: 1...20) func anyHistoryKeepsGraphsFewAndSmall(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var collection = Collection()
    for _ in 0..<200 {
      collection.newCount += Int.random(in: 0...[10, 200, 5000][Int.random(in: 0..<3, using: &generator)], using: &generator)
      for index in collection.graphs.indices where Int.random(in: 0..<4, using: &generator) == 0 {
        collection.graphs[index].liveCount -= Int.random(in: 0...collection.graphs[index].liveCount, using: &generator)
        collection.graphs[index].isUsable = Int.random(in: 0..<10, using: &generator) > 0
      }
      let total = collection.graphs.reduce(collection.newCount) { $0 + $1.liveCount }
      collection.publish()
      #expect(collection.graphs.reduce(collection.newCount) { $0 + $1.liveCount } == total)
      #expect(collection.graphs.allSatisfy { $0.count <= 1000 && !$0.isStale })
      #expect(collection.newCount <= 100)
      #expect(collection.graphs.count <= 2 * (total / 1000) + 12, "\(collection.graphs)")
    }
  }

  /// Chunks come, and all but few of them go again, as messages do: what is left over does not become ever more graphs, and is not written ever again.
  @Test(arguments: [0, 1, 2, 10]) func whatIsLeftOverStaysInFewGraphs(keptPercent: Int) {
    var collection = Collection()
    var addedCount = 0
    for round in 0..<2000 {
      collection.newCount += 100
      addedCount += 100
      collection.publish()
      // Of the graphs but the last two, all goes that was not left over before.
      guard round.isMultiple(of: 20) else { continue }
      for index in collection.graphs.indices.dropLast(2) where collection.graphs[index].count >= 900 {
        collection.graphs[index].liveCount = collection.graphs[index].liveCount * keptPercent / 100
      }
    }
    let total = collection.graphs.reduce(0) { $0 + $1.liveCount }
    #expect(collection.graphs.count <= 2 * (total / 1000) + 12, "\(collection.graphs.map(\.liveCount))")
    #expect(collection.writtenCount < 20 * addedCount, "each chunk is written a few times: \(Double(collection.writtenCount) / Double(addedCount))")
  }
}
