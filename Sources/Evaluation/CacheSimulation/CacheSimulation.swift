package import Scheduling

/// Serves requests with the real scheduler, tree and pool, and computes nothing: what a cache of some size and policy would have had.
package struct CacheSimulation {
  /// A request: its prompt, in tokens that stand for what they would be, and how many it writes.
  package struct Request: Sendable {
    package var prompt: [Int32]
    package var writtenCount: Int

    package init(prompt: [Int32], writtenCount: Int) {
      self.prompt = prompt
      self.writtenCount = writtenCount
    }
  }

  package struct Outcome: Sendable, Equatable {
    package var promptTokenCount = 0
    package var memoryTokenCount = 0
    package var diskTokenCount = 0
    package var evictionCount = 0
    package var preemptionCount = 0
    package var stepCount = 0

    /// Share of the prompts' tokens that were not computed.
    package var hitRate: Double { Double(memoryTokenCount + diskTokenCount) / Double(max(1, promptTokenCount)) }
  }

  private struct NoMemory: BlockMemory {
    mutating func copy(_ source: BlockID, to target: BlockID, positionCount: Int) {}
    mutating func move(_ source: BlockID, _ slots: Range<Int>, to target: BlockID, at slot: Int, by distance: Int) {}
    mutating func save(_ block: BlockID, to page: PageID, tokens: [Int32], parent: PageID?, namespace: String) -> Bool { true }
    mutating func load(_ page: PageID, into block: BlockID) -> Bool { true }
    mutating func discard(_ page: PageID) {}
  }

  /// - Parameters:
  ///   - groups: Requests that come together; the next group comes when they are served.
  ///   - pinnedTokenCount: The instructions that all prompts begin with.
  package static func run(
    _ groups: [[Request]], blockSize: Int, blockCount: Int, pageCount: Int = 0, policy: EvictionPolicy, pinnedTokenCount: Int = 0
  ) -> Outcome {
    var scheduler = Scheduler(tree: PrefixTree(blockSize: blockSize, blockCount: blockCount, pageCount: pageCount, policy: policy))
    var memory = NoMemory()
    for group in groups {
      var left: [SequenceID: Int] = [:]
      for request in group where request.prompt.count + request.writtenCount < scheduler.tokenLimit {
        left[scheduler.submit(request.prompt, pinnedTokenCount: pinnedTokenCount)] = request.writtenCount
      }
      while let step = scheduler.plan(&memory) {
        for run in step.runs {
          guard run.reachesEnd else {
            scheduler.complete(run, written: [])
            continue
          }
          // What is written differs from everything else.
          let count = left[run.sequence] ?? 0
          if count <= 1 {
            scheduler.finish(run, written: [])
          } else {
            left[run.sequence] = count - 1
            scheduler.complete(run, written: [-1])
          }
        }
      }
    }
    let statistics = scheduler.statistics
    return Outcome(
      promptTokenCount: statistics.promptTokenCount, memoryTokenCount: statistics.memoryTokenCount, diskTokenCount: statistics.diskTokenCount,
      evictionCount: scheduler.tree.evictionCount, preemptionCount: statistics.preemptionCount, stepCount: statistics.stepCount)
  }
}
