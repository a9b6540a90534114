/// Names a sequence for as long as it is known to the scheduler.
package struct SequenceID: Hashable, Sendable {
  package let number: Int
}

/// Decides which tokens of which sequences the next step computes, and in which blocks their keys and values go: continuous batching (Orca, Yu et
/// al. 2022) over paged memory (vLLM, Kwon et al. 2023) with a prefix tree (SGLang, Zheng et al. 2024).
///
/// Running sequences come first, one token and its drafts each; the rest of a step's rows goes to prompts, in the order they came. A waiting
/// sequence whose prefix is known may go before others, but not before the same one more than a few times; one whose prefix is being computed
/// waits for it. When no block can be had, the sequence that came last goes back to the waiting ones and is computed again later: none is
/// ever aborted for another.
///
/// It knows tokens and the numbers of blocks; what stands in them is moved by `BlockMemory`.
package struct Scheduler {
  package struct Limits: Sendable {
    /// Rows of a step at most.
    package var rowCount = 256
    /// Rows of a step at most while a sequence is written, so that its next token does not wait for long.
    package var rowCountBesideWriting = 128
    /// Sequences computed side by side at most.
    package var sequenceCount = 32
    /// How many later ones may go before a waiting sequence.
    package var overtakingCount = 8

    package init() {}
  }

  package struct Sequence {
    package let id: SequenceID
    package let namespace: String
    package let promptCount: Int
    /// The prompt and what was written.
    package internal(set) var tokens: [Int32]
    /// Tokens whose keys and values stand in blocks; less than `tokens.count` while it runs.
    package internal(set) var computedCount = 0
    /// Blocks that are in the tree, from the beginning.
    var nodes: [NodeID] = []
    /// Blocks after those, known to this sequence only.
    var own: [BlockID] = []
    let pinnedTokenCount: Int
    /// Tokens at the prompt's end that are to be judged: what comes before each of them is computed, known or not.
    let scoredTokenCount: Int
    package let reuse: PassageReuse?
    /// Positions behind `computedCount` whose keys and values were taken over, in order.
    package internal(set) var moved: [Range<Int>] = []
    var overtakenCount = 0
    package internal(set) var usage = PrefixUsage()

    /// Tokens of which keys and values may be taken from what is known.
    var usableCount: Int { scoredTokenCount == 0 ? tokens.count - 1 : promptCount - 1 - scoredTokenCount }

    package var isWriting: Bool { computedCount + 1 == tokens.count && tokens.count > promptCount }
  }

  /// Where a prompt's beginning came from when its sequence was begun.
  package struct PrefixUsage: Sendable, Equatable {
    package var memoryTokenCount = 0
    package var diskTokenCount = 0
    /// Taken over from another place, approximately.
    package var movedTokenCount = 0
    package var preemptionCount = 0

    package init() {}
  }

  package let limits: Limits
  package internal(set) var tree: PrefixTree
  package internal(set) var statistics = SchedulerStatistics()
  var sequences: [SequenceID: Sequence] = [:]
  /// In the order they came; those that had to give way are first again.
  var waiting: [SequenceID] = []
  /// In the order they came.
  var running: [SequenceID] = []
  private var nextNumber = 0

  package init(tree: PrefixTree, limits: Limits = Limits()) {
    precondition(limits.rowCount >= limits.sequenceCount && limits.rowCountBesideWriting >= limits.sequenceCount, "each sequence needs a row")
    self.tree = tree
    self.limits = limits
  }

  package var isEmpty: Bool { sequences.isEmpty }
  package var waitingCount: Int { waiting.count }
  package var runningCount: Int { running.count }
  /// Sequences of which the next step computes the last token, and drafts after it.
  package var writing: [SequenceID] { running.filter { sequences[$0]?.isWriting == true } }
  package subscript(_ id: SequenceID) -> Sequence? { sequences[id] }

  /// Tokens that one sequence may have, prompt and all, however many others there are.
  package var tokenLimit: Int { (tree.blocks.capacity - tree.pinLimit - 1) * tree.blockSize }

  /// Takes a sequence.
  ///
  /// - Parameters:
  ///   - prompt: One token at least, and no more than `tokenLimit` with all that will be written.
  ///   - namespace: Only sequences of the same one share anything.
  ///   - pinnedTokenCount: How much of the beginning is the same for all, and worth keeping before anything else.
  ///   - scoredTokenCount: Tokens at the prompt's end before each of which a row is wanted; less than there are.
  ///   - reuse: Passages that may be taken over from elsewhere; its source is another namespace.
  package mutating func submit(
    _ prompt: [Int32], namespace: String = "", pinnedTokenCount: Int = 0, scoredTokenCount: Int = 0, reuse: PassageReuse? = nil
  ) -> SequenceID {
    precondition(0..<max(1, prompt.count) ~= scoredTokenCount && (scoredTokenCount == 0 || reuse == nil), "tokens that can be judged")
    precondition(!prompt.isEmpty && prompt.count < tokenLimit, "a prompt that the pool cannot hold")
    if let reuse {
      precondition(reuse.source != namespace, "what is approximate is not kept where everything is exact")
      precondition(zip(reuse.passages, reuse.passages.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }, "passages in order")
      precondition(reuse.passages.allSatisfy { !$0.isEmpty && $0.upperBound < prompt.count }, "passages within the prompt")
    }
    let id = SequenceID(number: nextNumber)
    nextNumber += 1
    sequences[id] = Sequence(
      id: id, namespace: namespace, promptCount: prompt.count, tokens: prompt, pinnedTokenCount: pinnedTokenCount,
      scoredTokenCount: scoredTokenCount, reuse: reuse)
    waiting.append(id)
    return id
  }

  /// What a step has computed of a sequence, which goes on.
  ///
  /// - Parameters:
  ///   - run: As it was planned.
  ///   - written: Tokens chosen after it: none if the run did not reach the sequence's end, else those of its drafts that held, and one more.
  package mutating func complete(_ run: Step.Run, written: [Int32]) {
    precondition(run.reachesEnd ? !written.isEmpty && written.count <= run.draftCount + 1 : written.isEmpty, "not what the run can give")
    note(run, written)
  }

  /// What a step has computed of a sequence, which has come to its end and is forgotten. What was computed stays for others as long as there is
  /// room.
  ///
  /// - Parameter written: As for `complete`; none if the end itself was chosen.
  package mutating func finish(_ run: Step.Run, written: [Int32]) {
    note(run, written)
    finish(run.sequence)
  }

  /// Forgets a sequence.
  package mutating func finish(_ id: SequenceID) {
    guard var sequence = sequences[id] else { preconditionFailure("a sequence that is not there") }
    giveBackBlocks(of: &sequence)
    sequences[id] = nil
    running.removeAll { $0 == id }
    waiting.removeAll { $0 == id }
  }

  /// Writes what is in memory to disk, as far as there is room, before the process ends. All sequences must be finished.
  package mutating func save(_ memory: inout some BlockMemory) {
    tree.saveAll(&memory)
  }

  private mutating func note(_ run: Step.Run, _ written: [Int32]) {
    guard var sequence = sequences[run.sequence] else { preconditionFailure("a sequence that is not there") }
    let heldCount = PrefixTree.commonCount(run.tokens.suffix(run.draftCount), written)
    sequence.tokens += written
    sequence.computedCount = min(run.positions.upperBound + heldCount, sequence.tokens.count)
    shareWholeBlocks(of: &sequence)
    sequences[run.sequence] = sequence
    statistics.writtenTokenCount += written.count
    if run.draftCount > 0 {
      statistics.draftedTokenCount += run.draftCount
      statistics.acceptedTokenCount += heldCount
    }
  }

  // MARK: Blocks

  /// Gives blocks that are full to the tree; where another sequence was faster, its block is used from now on.
  private mutating func shareWholeBlocks(of sequence: inout Sequence) {
    let size = tree.blockSize
    while (sequence.nodes.count + 1) * size <= sequence.computedCount {
      let start = sequence.nodes.count * size
      let node = tree.insert(
        sequence.tokens[start..<start + size], block: sequence.own[0], after: sequence.nodes.last, namespace: sequence.namespace,
        isPinned: start + size <= sequence.pinnedTokenCount)
      let block = sequence.own.removeFirst()
      if tree.block(of: node) != block {
        tree.retain(node)
        tree.blocks.release(block.index)
      }
      sequence.nodes.append(node)
    }
  }

  /// Ends the use of a sequence's blocks. All of them stay in the tree until there is no room.
  mutating func giveBackBlocks(of sequence: inout Sequence) {
    keepTail(of: &sequence)
    for block in sequence.own.reversed() { tree.blocks.release(block.index) }
    // Backwards, so that what is needed by others goes last.
    for node in sequence.nodes.reversed() { tree.release(node) }
    sequence.own = []
    sequence.nodes = []
    sequence.moved = []
    sequence.computedCount = 0
  }

  /// Gives the last block, which is not full, to the tree.
  private mutating func keepTail(of sequence: inout Sequence) {
    let start = sequence.nodes.count * tree.blockSize
    guard start < sequence.computedCount, let block = sequence.own.first else { return }
    // A block that begins with the same tokens is of as much use.
    let known = tree.match(sequence.tokens, namespace: sequence.namespace, limit: sequence.computedCount)
    if known.nodes.count == sequence.nodes.count, let partial = known.partial, partial.tokenCount == sequence.computedCount - start { return }
    let node = tree.insert(
      sequence.tokens[start..<sequence.computedCount], block: block, after: sequence.nodes.last, namespace: sequence.namespace)
    if tree.block(of: node) == block {
      sequence.own.removeFirst()
      sequence.nodes.append(node)
    }
  }
}
