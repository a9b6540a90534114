import Scheduling
import Testing

/// Random prompts of a preamble, passages in any order and a question; passages are read by themselves now and then, as preparation does.
@Suite struct PassageReuseTests {
  private struct Traffic {
    var blockCount = 40
    var pageCount = 0
    var faultShare = 0.0
    var recomputedCount = 2
    var isBlending = false
    var rowCount = 16
  }

  /// What has happened, so that a test can tell that it tested something.
  private struct Events {
    var moves = 0, evictions = 0, preemptions = 0, loads = 0
    var movedTokens = 0, rows = 0, promptTokens = 0
  }

  private func run(_ traffic: Traffic, seeds: Range<UInt64>) throws -> Events {
    var events = Events()
    for seed in seeds { try run(traffic, seed: seed, &events) }
    return events
  }

  private func run(_ traffic: Traffic, seed: UInt64, _ events: inout Events) throws {
    var random = SplitMix64(seed: seed)
    var limits = Scheduler.Limits()
    (limits.rowCount, limits.rowCountBesideWriting, limits.sequenceCount) = (traffic.rowCount, traffic.rowCount, 5)
    let blockSize = 4
    var scheduler = Scheduler(
      tree: PrefixTree(blockSize: blockSize, blockCount: traffic.blockCount, pageCount: traffic.pageCount, policy: .lru), limits: limits)
    var memory = ShadowMemory(blockCount: traffic.blockCount, blockSize: blockSize)
    memory.faultShare = traffic.faultShare
    memory.random = SplitMix64(seed: seed ^ 0xff)
    let preamble: [Int32] = Array(0..<Int32.random(in: 1...9, using: &random))
    // Of few different tokens, so that some begin alike, and with ends of their own, so that tokens tell where passages part.
    let library = (0..<6).map { number in
      (0..<Int.random(in: 0...13, using: &random)).map { _ in Int32.random(in: 10..<12, using: &random) } + [Int32(100 + number)]
    }
    var writtenCount: [SequenceID: Int] = [:]

    for step in 0..<500 {
      if step < 300, Int.random(in: 0..<2, using: &random) == 0, scheduler.waitingCount < 8 {
        if Bool.random(using: &random) {
          let id = scheduler.submit(preamble + library.randomElement(using: &random)!, namespace: "a", pinnedTokenCount: preamble.count)
          writtenCount[id] = 0
        } else {
          var prompt = preamble
          var passages: [Range<Int>] = []
          for passage in library.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random)) {
            passages.append(prompt.count..<prompt.count + passage.count)
            prompt += passage
          }
          prompt += (0..<Int.random(in: 1...5, using: &random)).map { _ in Int32.random(in: 20..<23, using: &random) }
          let reuse = PassageReuse(
            source: "a", passages: passages, recomputedCount: traffic.recomputedCount, isBlending: traffic.isBlending)
          writtenCount[scheduler.submit(prompt, namespace: "a, moved", pinnedTokenCount: preamble.count, reuse: reuse)] = 3
        }
      }
      if Int.random(in: 0..<60, using: &random) == 0, let id = writtenCount.keys.sorted(by: { $0.number < $1.number }).randomElement(using: &random) {
        scheduler.finish(id)
        writtenCount[id] = nil
      }
      let plan = scheduler.plan(&memory)
      try scheduler.checkInvariants()
      guard let plan else { continue }
      #expect(plan.rowCount <= limits.rowCount && plan.rowCount > 0)
      for run in plan.runs {
        let sequence = try #require(scheduler[run.sequence])
        let isRight = memory.compute(run, of: sequence, blockSize: blockSize)
        try #require(isRight, "a block holds something else (seed \(seed), step \(step))")
        #expect(run.rowCount > 0)
        if traffic.isBlending { #expect(run.rowCount == run.tokens.count) }
      }
      for run in plan.runs {
        guard run.reachesEnd else {
          scheduler.complete(run, written: [])
          continue
        }
        let left = writtenCount[run.sequence]!
        writtenCount[run.sequence] = left > 0 ? left - 1 : nil
        if left > 0 { scheduler.complete(run, written: [Int32(30 + left)]) } else { scheduler.finish(run, written: []) }
      }
      try scheduler.checkInvariants()
    }
    #expect(scheduler.isEmpty && writtenCount.isEmpty, "everything ends")
    #expect(scheduler.tree.availableCount + scheduler.tree.pinnedCount == traffic.blockCount)
    events.moves += memory.moveCount
    events.loads += memory.loadCount
    events.evictions += scheduler.tree.evictionCount
    events.preemptions += scheduler.statistics.preemptionCount
    events.movedTokens += scheduler.statistics.movedTokenCount
    events.rows += scheduler.statistics.rowCount
    events.promptTokens += scheduler.statistics.promptTokenCount
  }

  @Test func whatIsTakenOverIsWhatStoodBehindThePreamble() throws {
    let events = try run(Traffic(), seeds: 0..<60)
    #expect(events.moves > 0 && events.movedTokens > 0 && events.evictions > 0)
  }

  @Test func blendedPositionsArePartOfSteps() throws {
    let events = try run(Traffic(recomputedCount: 0, isBlending: true), seeds: 100..<160)
    #expect(events.moves > 0 && events.movedTokens > 0 && events.evictions > 0)
  }

  @Test func passagesComeFromDiskToo() throws {
    let events = try run(Traffic(blockCount: 20, pageCount: 60, faultShare: 0.2), seeds: 200..<260)
    #expect(events.loads > 0 && events.movedTokens > 0 && events.preemptions > 0)
  }

  @Test func aPassageThatIsKnownCostsNoRows() throws {
    var scheduler = Scheduler(tree: PrefixTree(blockSize: 4, blockCount: 100, policy: .lru))
    var memory = ShadowMemory(blockCount: 100, blockSize: 4)
    let (preamble, a, b): ([Int32], [Int32], [Int32]) = ([1, 2, 3], Array(10..<30), Array(40..<55))
    for passage in [a, b] {
      _ = scheduler.submit(preamble + passage, namespace: "exact")
      let step = scheduler.plan(&memory)
      scheduler.finish(try #require(step).runs[0], written: [])
    }
    let reuse = PassageReuse(source: "exact", passages: [3..<23, 23..<38], recomputedCount: 4, isBlending: false)
    let id = scheduler.submit(preamble + a + b + [90, 91], namespace: "moved", reuse: reuse)
    let step = scheduler.plan(&memory)
    let run = try #require(step).runs[0]
    // The preamble and the first passage stand where they stood; of the second one four tokens are computed anew, and the question's two.
    #expect(run.positions == 23..<40 && run.moved == [27..<38] && run.rowCount == 6 && run.reachesEnd)
    let usage = try #require(scheduler[id]).usage
    #expect(usage.memoryTokenCount == 23 && usage.movedTokenCount == 11)
    #expect(scheduler[id]?.usage.preemptionCount == 0)
  }

  @Test func whatIsUnknownIsComputedWhereItStands() throws {
    var scheduler = Scheduler(tree: PrefixTree(blockSize: 4, blockCount: 100, policy: .lru))
    var memory = ShadowMemory(blockCount: 100, blockSize: 4)
    let reuse = PassageReuse(source: "exact", passages: [2..<6, 6..<9], recomputedCount: 1, isBlending: false)
    let id = scheduler.submit([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], namespace: "moved", reuse: reuse)
    let step = scheduler.plan(&memory)
    let run = try #require(step).runs[0]
    #expect(run.positions == 0..<10 && run.moved.isEmpty && run.rowCount == 10)
    #expect(scheduler[id]?.usage.movedTokenCount == 0)
  }
}
