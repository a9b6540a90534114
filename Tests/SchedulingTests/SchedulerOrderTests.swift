import Scheduling
import Testing

/// Who goes first, who waits, and for how long at most.
@Suite struct SchedulerOrderTests {
  private struct NoMemory: BlockMemory {
    mutating func copy(_ source: BlockID, to target: BlockID, positionCount: Int) {}
    mutating func move(_ source: BlockID, _ slots: Range<Int>, to target: BlockID, at slot: Int, by distance: Int) {}
    mutating func save(_ block: BlockID, to page: PageID, tokens: [Int32], parent: PageID?, namespace: String) -> Bool { true }
    mutating func load(_ page: PageID, into block: BlockID) -> Bool { true }
    mutating func discard(_ page: PageID) {}
  }

  private var memory = NoMemory()

  private static func scheduler(blockCount: Int = 64, sequenceCount: Int = 1, overtakingCount: Int = 3) -> Scheduler {
    var limits = Scheduler.Limits()
    limits.rowCount = 16
    limits.rowCountBesideWriting = 16
    limits.sequenceCount = sequenceCount
    limits.overtakingCount = overtakingCount
    return Scheduler(tree: PrefixTree(blockSize: 4, blockCount: blockCount, policy: .adaptive), limits: limits)
  }

  /// One step, after which whoever has a token to write is finished.
  ///
  /// - Returns: Those that were computed.
  private mutating func step(_ scheduler: inout Scheduler) -> [SequenceID] {
    guard let step = scheduler.plan(&memory) else { return [] }
    for run in step.runs {
      if run.reachesEnd { scheduler.finish(run, written: []) } else { scheduler.complete(run, written: []) }
    }
    return step.runs.map(\.sequence)
  }

  private static func prompt(_ first: Int32, _ count: Int = 12) -> [Int32] { (0..<Int32(count)).map { first + $0 } }

  @Test mutating func aKnownBeginningGoesFirst() {
    var scheduler = Self.scheduler()
    _ = scheduler.submit(Self.prompt(100))
    _ = step(&scheduler)
    let unknown = scheduler.submit(Self.prompt(200))
    let known = scheduler.submit(Self.prompt(100) + [1])
    #expect(step(&scheduler) == [known])
    #expect(step(&scheduler) == [unknown])
  }

  @Test mutating func nobodyIsOvertakenForEver() {
    var scheduler = Self.scheduler()
    _ = scheduler.submit(Self.prompt(100, 16))
    _ = step(&scheduler)
    // Each takes a step of its own: one sequence at a time, and as many rows as there are.
    let patient = scheduler.submit(Self.prompt(500, 40))
    var overtakers = 0
    var began = false
    for number in 0..<20 where !began {
      _ = scheduler.submit(Self.prompt(100, 16) + Self.prompt(Int32(1000 * (number + 1)), 15))
      let computed = step(&scheduler)
      began = computed.contains(patient)
      overtakers += computed.count { $0 != patient }
    }
    #expect(began)
    #expect(overtakers >= 1 && overtakers <= 4, "\(overtakers) went before")
  }

  @Test mutating func whatIsBeingReadIsWaitedFor() {
    var scheduler = Self.scheduler(sequenceCount: 8)
    let ids = (0..<4).map { scheduler.submit(Self.prompt(100, 40) + [Int32($0)]) }
    var computedRows = 0
    var order: [SequenceID] = []
    while let step = scheduler.plan(&memory) {
      computedRows += step.rowCount
      for run in step.runs {
        order.append(run.sequence)
        if run.reachesEnd { scheduler.finish(run, written: []) } else { scheduler.complete(run, written: []) }
      }
    }
    // Once for all, and for each its last token and at most a block.
    #expect(computedRows <= 41 + 3 * 5, "\(computedRows) rows")
    #expect(order.first == ids[0] && Set(order) == Set(ids))
    #expect(scheduler.statistics.memoryTokenCount >= 3 * 40)
  }

  @Test mutating func anotherNamespaceSharesNothing() {
    var scheduler = Self.scheduler()
    _ = scheduler.submit(Self.prompt(100), namespace: "a")
    _ = step(&scheduler)
    _ = scheduler.submit(Self.prompt(100), namespace: "b")
    _ = step(&scheduler)
    #expect(scheduler.statistics.memoryTokenCount == 0)
    _ = scheduler.submit(Self.prompt(100), namespace: "a")
    _ = step(&scheduler)
    #expect(scheduler.statistics.memoryTokenCount == 11)
  }

  @Test mutating func instructionsOutliveAFlood() {
    var scheduler = Self.scheduler(blockCount: 32)
    let instructions = Self.prompt(1, 12)
    _ = scheduler.submit(instructions + Self.prompt(100, 4), pinnedTokenCount: 12)
    _ = step(&scheduler)
    for number in 0..<60 {
      _ = scheduler.submit(Self.prompt(Int32(1000 + 100 * number), 15))
      _ = step(&scheduler)
    }
    #expect(scheduler.tree.evictionCount > 30 && scheduler.tree.pinnedCount == 3)
    #expect(scheduler.tree.match(instructions, namespace: "", limit: 12).nodes.count == 3)
  }

  @Test mutating func whoCameFirstIsNeverMadeToGiveWay() throws {
    // Two that fit alone and not together.
    var scheduler = Self.scheduler(blockCount: 16, sequenceCount: 4)
    let first = scheduler.submit(Self.prompt(100, 8))
    let second = scheduler.submit(Self.prompt(200, 8))
    var written: [SequenceID: Int] = [:]
    while let step = scheduler.plan(&memory) {
      for run in step.runs {
        guard run.reachesEnd else {
          scheduler.complete(run, written: [])
          continue
        }
        written[run.sequence, default: 0] += 1
        if written[run.sequence] == 36 { scheduler.finish(run, written: []) } else { scheduler.complete(run, written: [7]) }
      }
      try scheduler.checkInvariants()
      #expect(scheduler[first]?.usage.preemptionCount ?? 0 == 0)
    }
    #expect(written == [first: 36, second: 36])
    #expect(scheduler.statistics.preemptionCount > 0)
  }
}
