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

  @Test func staleNeighboursBecomeOneWhereThereIsRoom() {
    // The first two fit together, the third is sound, the last takes in what is new.
    let plan = parts([(1000, 500), (1000, 400), (1000, 1000), (900, 700)], newCount: 300)
    #expect(plan == [GraphPlan.Part(replaced: 0..<2, liveCount: 900), GraphPlan.Part(replaced: 3..<4, liveCount: 1000, includesNew: true)])
    #expect(parts([(1000, 800), (1000, 400)]) == [GraphPlan.Part(replaced: 0..<1, liveCount: 800), GraphPlan.Part(replaced: 1..<2, liveCount: 400)])
  }

  @Test func whatCanNotBeReadOrLacksChunksIsMadeAnew() {
    #expect(parts([(1000, 1000), (800, 800)], unusable: [0]) == [GraphPlan.Part(replaced: 0..<1, liveCount: 1000)])
    #expect(parts([(1000, 1001)]) == [GraphPlan.Part(replaced: 0..<1, liveCount: 1001)])
    #expect(parts([(1000, 0)]) == [GraphPlan.Part(replaced: 0..<1, liveCount: 0)])
  }

  /// Whatever comes and goes: no graph grows beyond its size, most of what is stored is in graphs, and these stay few.
  @Test(arguments: 1...20) func anyHistoryKeepsGraphsFewAndSmall(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var graphs: [GraphPlan.Graph] = []
    var newCount = 0
    for _ in 0..<200 {
      newCount += Int.random(in: 0...[10, 200, 5000][Int.random(in: 0..<3, using: &generator)], using: &generator)
      for index in graphs.indices where Int.random(in: 0..<4, using: &generator) == 0 {
        graphs[index].liveCount -= Int.random(in: 0...graphs[index].liveCount, using: &generator)
        graphs[index].isUsable = Int.random(in: 0..<10, using: &generator) > 0
      }
      let before = graphs
      let total = graphs.reduce(newCount) { $0 + $1.liveCount }
      let plan = GraphPlan.parts(of: graphs, newCount: newCount, sizeLimit: 1000, threshold: 50)
      for part in plan.reversed() {
        let pieces = (part.liveCount + 999) / 1000
        // An extended graph keeps what is gone from it.
        let dead = part.isExtension ? before[part.replaced.lowerBound].count - before[part.replaced.lowerBound].liveCount : 0
        graphs.replaceSubrange(
          part.replaced,
          with: (0..<pieces).map { piece in
            let live = part.liveCount * (piece + 1) / pieces - part.liveCount * piece / pieces
            return GraphPlan.Graph(count: live + dead, liveCount: live, isUsable: true)
          })
        if part.includesNew { newCount = 0 }
      }
      #expect(graphs.reduce(newCount) { $0 + $1.liveCount } == total)
      #expect(graphs.allSatisfy { $0.count <= 1000 && !$0.isStale })
      #expect(newCount <= 100)
      // Two neighbours that were made of what is new do not fit into one; those that were thinned out since may.
      #expect(zip(plan, plan.dropFirst()).allSatisfy { $0.replaced.upperBound <= $1.replaced.lowerBound })
    }
  }
}
