extension Scheduler {
  /// The next step; `nil` if nothing waits or runs.
  ///
  /// - Parameters:
  ///   - memory: Where blocks are copied and read for sequences that begin.
  ///   - draft: Up to so many tokens that may follow a sequence that is being written.
  package mutating func plan(_ memory: inout some BlockMemory, draft: (SequenceID, _ limit: Int) -> [Int32] = { _, _ in [] }) -> Step? {
    guard !sequences.isEmpty else { return nil }
    var runs: [Step.Run] = []
    let preemptionCount = statistics.preemptionCount
    let writing = writing
    var rowsLeft = writing.isEmpty ? limits.rowCount : limits.rowCountBesideWriting
    // A row for each that is written, before drafts take any.
    var rowsForDrafts = rowsLeft - writing.count
    for id in writing {
      let drafts = draft(id, rowsForDrafts)
      precondition(drafts.count <= rowsForDrafts, "more drafts than there are rows")
      guard let run = plan(id, rowCount: 1, drafts: drafts, &memory) else { continue }
      rowsForDrafts -= run.draftCount
      rowsLeft -= run.rowCount
      runs.append(run)
    }
    for id in running where rowsLeft > 0 && sequences[id]?.isWriting == false {
      guard let run = plan(id, rowCount: rowsLeft, drafts: [], &memory) else { continue }
      rowsLeft -= run.rowCount
      runs.append(run)
    }
    // Who had to give way waits for a step at least.
    while rowsLeft > 0, statistics.preemptionCount == preemptionCount, let id = admit(&memory) {
      guard let run = plan(id, rowCount: rowsLeft, drafts: [], &memory) else { break }
      rowsLeft -= run.rowCount
      runs.append(run)
    }
    runs.removeAll { !running.contains($0.sequence) }
    precondition(!runs.isEmpty, "nothing can go on")
    let step = Step(runs: runs)
    statistics.note(step)
    return step
  }

  /// Up to `rowCount` of a running sequence's tokens, and drafts; `nil` if it had to give way itself.
  private mutating func plan(_ id: SequenceID, rowCount: Int, drafts: [Int32], _ memory: inout some BlockMemory) -> Step.Run? {
    guard let sequence = sequences[id], running.contains(id) else { return nil }
    let positions = sequence.computedCount..<sequence.reach(rowCount: rowCount)
    let reachesEnd = positions.upperBound == sequence.tokens.count
    var drafts = reachesEnd ? drafts : []
    while !makeRoom(for: positions.upperBound + drafts.count, of: id, &memory) {
      // Guesses are not worth another's place.
      if !drafts.isEmpty {
        drafts = []
        continue
      }
      guard let last = running.last else { preconditionFailure("a running sequence that is not among them") }
      preempt(last)
      if last == id { return nil }
    }
    guard let sequence = sequences[id] else { preconditionFailure("a sequence that is not there") }
    let wantedCount =
      sequence.scoredTokenCount > 0 ? min(positions.count, max(0, positions.upperBound - sequence.usableCount)) : reachesEnd ? 1 : 0
    return Step.Run(
      sequence: id, positions: positions, wantedCount: wantedCount, tokens: Array(sequence.tokens[positions]) + drafts, draftCount: drafts.count,
      blocks: sequence.nodes.compactMap(tree.block) + sequence.own, reachesEnd: reachesEnd,
      moved: sequence.moved.map { $0.clamped(to: positions) }.filter { !$0.isEmpty }, isBlending: sequence.reuse?.isBlending == true)
  }

  /// Gets the blocks for a sequence's first `tokenCount` tokens, without taking any from others that run.
  private mutating func makeRoom(for tokenCount: Int, of id: SequenceID, _ memory: inout some BlockMemory) -> Bool {
    guard var sequence = sequences[id] else { preconditionFailure("a sequence that is not there") }
    defer { sequences[id] = sequence }
    return makeRoom(for: tokenCount, of: &sequence, &memory) >= tokenCount
  }

  /// Gets blocks for a sequence's first `tokenCount` tokens, as far as any can be had.
  ///
  /// - Returns: For how many there are.
  mutating func makeRoom(for tokenCount: Int, of sequence: inout Sequence, _ memory: inout some BlockMemory) -> Int {
    while (sequence.nodes.count + sequence.own.count) * tree.blockSize < tokenCount {
      guard let block = tree.allocateBlock(&memory) else { break }
      sequence.own.append(block)
    }
    return (sequence.nodes.count + sequence.own.count) * tree.blockSize
  }

  /// Takes a running sequence's blocks; it begins again when there is room, before those that came later.
  private mutating func preempt(_ id: SequenceID) {
    guard var sequence = sequences[id] else { preconditionFailure("a sequence that is not there") }
    giveBackBlocks(of: &sequence)
    sequence.usage.preemptionCount += 1
    sequences[id] = sequence
    running.removeAll { $0 == id }
    waiting.insert(id, at: waiting.firstIndex { $0.number > id.number } ?? waiting.count)
    statistics.preemptionCount += 1
  }

  // MARK: Beginning

  /// Begins a waiting sequence with what is known of it; `nil` if none can begin now.
  private mutating func admit(_ memory: inout some BlockMemory) -> SequenceID? {
    guard running.count < limits.sequenceCount, let first = waiting.first, let id = nextToBegin() else { return nil }
    // Its own blocks, and one for each that runs: else somebody would soon have to give way again.
    guard let sequence = sequences[id] else { preconditionFailure("a sequence that is not there") }
    let match = tree.match(sequence.tokens, namespace: sequence.namespace, limit: sequence.usableCount)
    let residentCount = match.nodes.count { tree.block(of: $0) != nil }
    let neededCount = (sequence.tokens.count + tree.blockSize) / tree.blockSize - residentCount
    guard running.isEmpty || neededCount + running.count <= tree.availableCount - idleCount(of: match) else { return nil }
    if id != first { for other in waiting.prefix(while: { $0 != id }) { sequences[other]?.overtakenCount += 1 } }
    waiting.removeAll { $0 == id }
    running.insert(id, at: running.firstIndex { $0.number > id.number } ?? running.count)
    begin(id, match, &memory)
    return id
  }

  /// Blocks of a match that count as available now, and will not once they are used.
  private func idleCount(of match: PrefixTree.Match) -> Int { match.nodes.count { tree.isIdle($0) } }

  /// Waiting sequences that are compared.
  private static let candidateCount = 32

  /// The first of those that wait, or one with a longer known prefix, unless that was done to one before it too often.
  private func nextToBegin() -> SequenceID? {
    var best: (id: SequenceID, known: Int)?
    for id in waiting.prefix(Self.candidateCount) {
      guard let sequence = sequences[id] else { preconditionFailure("a sequence that is not there") }
      let known = tree.match(sequence.tokens, namespace: sequence.namespace, limit: sequence.usableCount)
      let knownCount = known.nodes.count * tree.blockSize + (known.partial?.tokenCount ?? 0)
      let isPatient = sequence.overtakenCount < limits.overtakingCount
      if isPatient, isBeingComputed(sequence, beyond: knownCount) { continue }
      if best == nil || knownCount > best!.known { best = (id, knownCount) }
      if !isPatient { break }
    }
    return best?.id
  }

  /// Whether a prompt that is being read begins like this one, further than what is known: waiting for it is cheaper than computing it twice.
  private func isBeingComputed(_ sequence: Sequence, beyond knownCount: Int) -> Bool {
    running.contains { id in
      guard let other = sequences[id], !other.isWriting, other.namespace == sequence.namespace else { return false }
      let common = PrefixTree.commonCount(other.tokens, sequence.tokens)
      return common / tree.blockSize * tree.blockSize > max(knownCount, other.computedCount / tree.blockSize * tree.blockSize)
    }
  }

  private mutating func begin(_ id: SequenceID, _ match: PrefixTree.Match, _ memory: inout some BlockMemory) {
    guard var sequence = sequences[id] else { preconditionFailure("a sequence that is not there") }
    defer { sequences[id] = sequence }
    precondition(sequence.nodes.isEmpty && sequence.own.isEmpty && sequence.computedCount == 0, "a sequence that has begun")
    var fromMemory = 0
    var fromDisk = 0
    // Those in memory first, so that reading the others does not push them out.
    let resident = match.nodes.prefix { tree.block(of: $0) != nil }
    for node in resident { tree.retain(node) }
    sequence.nodes = Array(resident)
    fromMemory += resident.count * tree.blockSize
    for node in match.nodes.dropFirst(resident.count) {
      guard tree.makeResident(node, &memory) else { break }
      tree.retain(node)
      sequence.nodes.append(node)
      fromDisk += tree.blockSize
    }
    sequence.computedCount = sequence.nodes.count * tree.blockSize
    // What comes from disk has to be pinned anew.
    tree.pin(sequence.nodes.prefix(sequence.pinnedTokenCount / tree.blockSize))
    if sequence.nodes.count == match.nodes.count { copyPartial(match, into: &sequence, &fromMemory, &fromDisk, &memory) }
    tree.saveOften(sequence.nodes, &memory)
    let passages = takeOverPassages(of: &sequence, &memory)

    guard sequence.usage.preemptionCount == 0 else { return }
    sequence.usage.memoryTokenCount = fromMemory + passages.memory
    sequence.usage.diskTokenCount = fromDisk + passages.disk
    sequence.usage.movedTokenCount = passages.moved
    statistics.promptTokenCount += sequence.promptCount
    statistics.memoryTokenCount += sequence.usage.memoryTokenCount
    statistics.diskTokenCount += sequence.usage.diskTokenCount
    statistics.movedTokenCount += sequence.usage.movedTokenCount
  }

  /// Takes over the beginning of a block that goes on differently: a copy, of one block, because this sequence will write behind it. To compute
  /// up to a block's tokens again would take hundreds of times as long.
  private mutating func copyPartial(
    _ match: PrefixTree.Match, into sequence: inout Sequence, _ fromMemory: inout Int, _ fromDisk: inout Int, _ memory: inout some BlockMemory
  ) {
    let start = sequence.computedCount
    let limit = sequence.usableCount
    // What another sequence has written behind the same blocks, or what the tree has.
    let beside = running.compactMap { id -> (block: BlockID, count: Int)? in
      guard let other = sequences[id], other.id != sequence.id, other.namespace == sequence.namespace, other.nodes == sequence.nodes,
        let block = other.own.first
      else { return nil }
      let count = PrefixTree.commonCount(other.tokens[start..<other.computedCount], sequence.tokens[start..<max(start, limit)])
      return (block, min(count, tree.blockSize))
    }.max { $0.count < $1.count }
    if let beside, beside.count > match.partial?.tokenCount ?? 0 {
      guard let target = tree.allocateBlock(&memory) else { return }
      memory.copy(beside.block, to: target, positionCount: beside.count)
      sequence.own.append(target)
      sequence.computedCount += beside.count
      fromMemory += beside.count
    } else if let (node, count) = match.partial {
      let wasResident = tree.block(of: node) != nil
      guard wasResident || tree.makeResident(node, &memory) else { return }
      // Held, so that making room for the copy does not take it.
      tree.retain(node)
      defer { tree.release(node) }
      guard let source = tree.block(of: node), let target = tree.allocateBlock(&memory) else { return }
      memory.copy(source, to: target, positionCount: count)
      sequence.own.append(target)
      sequence.computedCount += count
      if wasResident { fromMemory += count } else { fromDisk += count }
    }
  }
}
