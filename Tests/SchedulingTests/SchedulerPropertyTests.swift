import Scheduling
import Testing

/// Random traffic: prompts of few different tokens that share beginnings, cancellations, drafts, too little room, a disk that fails.
@Suite struct SchedulerPropertyTests {
  private struct Traffic {
    var blockSize = 4
    var blockCount = 24
    var pageCount = 0
    var faultShare = 0.0
    var policy = EvictionPolicy.lru
  }

  /// What a text goes on with depends on all of it and on nothing else, as with a model.
  private static func next(after tokens: [Int32], _ namespace: String) -> Int32 {
    Int32(truncatingIfNeeded: tokens.reduce(ShadowMemory.begin(namespace), ShadowMemory.mix) % 3)
  }

  private static func alone(_ prompt: [Int32], _ namespace: String, count: Int) -> [Int32] {
    var tokens = prompt
    for _ in 0..<count { tokens.append(next(after: tokens, namespace)) }
    return Array(tokens.dropFirst(prompt.count))
  }

  /// What has happened in a run, so that a test can tell that it tested something.
  private struct Events {
    var copies = 0, loads = 0, evictions = 0, pageEvictions = 0
    var statistics = SchedulerStatistics()
  }

  private func run(_ traffic: Traffic, seeds: Range<UInt64>, stepCount: Int) throws -> Events {
    var events = Events()
    for seed in seeds { try run(traffic, seed: seed, stepCount: stepCount, &events) }
    #expect(events.copies > 0 && events.statistics.memoryTokenCount > 0)
    #expect(events.statistics.acceptedTokenCount > 0 && events.statistics.acceptedTokenCount < events.statistics.draftedTokenCount)
    return events
  }

  private func run(_ traffic: Traffic, seed: UInt64, stepCount: Int, _ events: inout Events) throws {
    var random = SplitMix64(seed: seed)
    var limits = Scheduler.Limits()
    limits.rowCount = 16
    limits.rowCountBesideWriting = 12
    limits.sequenceCount = 6
    limits.overtakingCount = 3
    var scheduler = Scheduler(
      tree: PrefixTree(blockSize: traffic.blockSize, blockCount: traffic.blockCount, pageCount: traffic.pageCount, policy: traffic.policy),
      limits: limits)
    var memory = ShadowMemory(blockCount: traffic.blockCount, blockSize: traffic.blockSize)
    memory.faultShare = traffic.faultShare
    memory.random = SplitMix64(seed: seed ^ 0xff)
    var wanted: [SequenceID: Int] = [:]
    /// Places after which logits are still wanted of prompts whose last tokens are judged.
    var toJudge: [SequenceID: Set<Int>] = [:]
    var finished = 0
    var bases: [[Int32]] = []

    for step in 0..<stepCount {
      if step < stepCount / 2, Int.random(in: 0..<3, using: &random) == 0, scheduler.waitingCount < 12 {
        if bases.isEmpty || Int.random(in: 0..<4, using: &random) == 0 {
          bases.append((0..<Int.random(in: 1...30, using: &random)).map { _ in Int32.random(in: 0..<3, using: &random) })
        }
        let base = bases.randomElement(using: &random)!
        let prompt =
          Array(base.prefix(Int.random(in: 1...base.count, using: &random)))
          + (0..<Int.random(in: 0...8, using: &random)).map { _ in Int32.random(in: 0..<3, using: &random) }
        let namespace = ["", "a"].randomElement(using: &random)!
        let count = Int.random(in: 1...20, using: &random)
        #expect(prompt.count + count <= scheduler.tokenLimit)
        let judgedCount = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0..<prompt.count, using: &random) : 0
        let id = scheduler.submit(
          prompt, namespace: namespace, pinnedTokenCount: Int.random(in: 0...8, using: &random), scoredTokenCount: judgedCount)
        wanted[id] = count
        if judgedCount > 0 { toJudge[id] = Set(prompt.count - 1 - judgedCount..<prompt.count) }
      }
      if Int.random(in: 0..<40, using: &random) == 0, let id = wanted.keys.sorted(by: { $0.number < $1.number }).randomElement(using: &random) {
        scheduler.finish(id)
        wanted[id] = nil
      }
      var drafting = random
      let current = scheduler
      let plan = scheduler.plan(&memory) { id, limit in
        // Some drafts are right.
        var tokens = current[id]!.tokens
        let before = tokens.count
        for _ in 0..<min(limit, Int.random(in: 0...5, using: &drafting)) {
          let right = Self.next(after: tokens, current[id]!.namespace)
          tokens.append(Int.random(in: 0..<4, using: &drafting) == 0 ? (right + 1) % 3 : right)
        }
        return Array(tokens.dropFirst(before))
      }
      _ = random.next()
      try scheduler.checkInvariants()
      guard let plan else {
        #expect(wanted.isEmpty)
        continue
      }
      #expect(plan.rowCount <= limits.rowCount)
      #expect(Set(plan.runs.map(\.sequence)).count == plan.runs.count)
      for run in plan.runs {
        let sequence = try #require(scheduler[run.sequence])
        let isRight = memory.compute(run, of: sequence, blockSize: traffic.blockSize)
        try #require(isRight, "a block holds something else (seed \(seed), step \(step))")
        #expect(run.wantedCount >= (run.reachesEnd ? 1 : 0) && run.wantedCount <= run.positions.count)
        toJudge[run.sequence]?.subtract(run.positions.suffix(run.wantedCount))
        if run.reachesEnd { #expect(toJudge[run.sequence]?.isEmpty != false, "a token that is not judged") }
      }
      for run in plan.runs {
        let sequence = try #require(scheduler[run.sequence])
        guard run.reachesEnd else {
          scheduler.complete(run, written: [])
          continue
        }
        var tokens = sequence.tokens
        var written: [Int32] = []
        let limit = wanted[run.sequence]! - (sequence.tokens.count - sequence.promptCount)
        for place in 0...run.draftCount where written.count < limit {
          let token = Self.next(after: tokens, sequence.namespace)
          written.append(token)
          tokens.append(token)
          if place < run.draftCount, run.tokens[run.tokens.count - run.draftCount + place] != token { break }
        }
        if written.count == limit {
          let prompt = Array(sequence.tokens.prefix(sequence.promptCount))
          #expect(Array(tokens.dropFirst(prompt.count)) == Self.alone(prompt, sequence.namespace, count: wanted[run.sequence]!))
          scheduler.finish(run, written: written)
          wanted[run.sequence] = nil
          finished += 1
        } else {
          scheduler.complete(run, written: written)
        }
      }
      try scheduler.checkInvariants()
    }
    events.copies += memory.copyCount
    events.loads += memory.loadCount
    events.evictions += scheduler.tree.evictionCount
    events.pageEvictions += scheduler.tree.pageEvictionCount
    events.statistics.memoryTokenCount += scheduler.statistics.memoryTokenCount
    events.statistics.diskTokenCount += scheduler.statistics.diskTokenCount
    events.statistics.draftedTokenCount += scheduler.statistics.draftedTokenCount
    events.statistics.acceptedTokenCount += scheduler.statistics.acceptedTokenCount
    events.statistics.preemptionCount += scheduler.statistics.preemptionCount
    #expect(wanted.isEmpty, "everything ends")
    #expect(finished > stepCount / 20)
    #expect(scheduler.isEmpty)
    // Only the tree holds blocks, each once.
    #expect(scheduler.tree.availableCount + scheduler.tree.pinnedCount == traffic.blockCount)
  }

  @Test(arguments: EvictionPolicy.allCases) func blocksHoldWhatTheirSequencesSay(policy: EvictionPolicy) throws {
    let events = try run(Traffic(policy: policy), seeds: 0..<40, stepCount: 600)
    #expect(events.evictions > 0 && events.statistics.preemptionCount > 0)
  }

  @Test func pagesOnDiskComeBack() throws {
    let events = try run(Traffic(pageCount: 30, policy: .cost), seeds: 100..<140, stepCount: 600)
    #expect(events.loads > 0 && events.pageEvictions > 0 && events.statistics.diskTokenCount > 0)
  }

  @Test func aDiskThatFailsCostsOnlyTime() throws {
    let events = try run(Traffic(pageCount: 12, faultShare: 0.3), seeds: 200..<240, stepCount: 600)
    #expect(events.loads > 0 && events.pageEvictions > 0)
  }

  @Test func muchRoomKeepsEverything() throws {
    let events = try run(Traffic(blockSize: 8, blockCount: 4000), seeds: 300..<310, stepCount: 400)
    #expect(events.evictions == 0 && events.statistics.preemptionCount == 0)
  }
}
