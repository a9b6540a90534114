extension Scheduler {
  /// Takes over what is known of a beginning sequence's passages, as far as there is room; the rest will be computed where it stands.
  ///
  /// - Returns: How many tokens of which tier stand where they stood, preamble and all, and how many were moved.
  mutating func takeOverPassages(of sequence: inout Sequence, _ memory: inout some BlockMemory) -> (memory: Int, disk: Int, moved: Int) {
    var counts = (memory: 0, disk: 0, moved: 0)
    guard let reuse = sequence.reuse, let first = reuse.passages.first else { return counts }
    for passage in reuse.passages where passage.upperBound > sequence.computedCount {
      let distance = passage.lowerBound - first.lowerBound
      // Nothing but the preamble stands before the first passage, so that all of it is as it was.
      let start = max(sequence.computedCount, distance == 0 ? 0 : passage.lowerBound + reuse.recomputedCount)
      guard start < passage.upperBound else { continue }
      let source = hold(Array(sequence.tokens[..<first.lowerBound] + sequence.tokens[passage]), namespace: reuse.source, &memory)
      let end = min(passage.upperBound, source.tokenCount + distance, makeRoom(for: passage.upperBound, of: &sequence, &memory))
      if start < end {
        takeOver(start..<end, from: source, distance: distance, into: &sequence, &memory)
        if distance == 0 {
          let fromDisk = (start..<end).count { source.isFromDisk[$0 / tree.blockSize] }
          counts.disk += fromDisk
          counts.memory += end - start - fromDisk
        } else {
          counts.moved += end - start
        }
      }
      for node in source.nodes.reversed() { tree.release(node) }
    }
    return counts
  }

  /// What is known of a text: blocks in memory, which stay there until they are released.
  private struct Source {
    var nodes: [NodeID] = []
    /// By node: whether it was read for this.
    var isFromDisk: [Bool] = []
    var tokenCount = 0
  }

  private mutating func hold(_ tokens: [Int32], namespace: String, _ memory: inout some BlockMemory) -> Source {
    let match = tree.match(tokens, namespace: namespace, limit: tokens.count)
    var source = Source()
    for (node, tokenCount) in match.nodes.map({ ($0, tree.blockSize) }) + (match.partial.map { [$0] } ?? []) {
      let wasResident = tree.block(of: node) != nil
      guard tree.makeResident(node, &memory) else { break }
      tree.retain(node)
      source.nodes.append(node)
      source.isFromDisk.append(!wasResident)
      source.tokenCount += tokenCount
    }
    return source
  }

  private mutating func takeOver(
    _ positions: Range<Int>, from source: Source, distance: Int, into sequence: inout Sequence, _ memory: inout some BlockMemory
  ) {
    let size = tree.blockSize
    var position = positions.lowerBound
    while position < positions.upperBound {
      let from = position - distance
      // As far as both blocks reach.
      let count = min(positions.upperBound - position, size - position % size, size - from % size)
      guard let block = tree.block(of: source.nodes[from / size]) else { preconditionFailure("a block that was held is gone") }
      let target = sequence.own[position / size - sequence.nodes.count]
      if distance == 0 {
        memory.copy(block, to: target, positionCount: position % size + count)
      } else {
        memory.move(block, from % size..<from % size + count, to: target, at: position % size, by: distance)
      }
      position += count
    }
    if positions.lowerBound == sequence.computedCount, distance == 0 || sequence.reuse?.isBlending == false {
      sequence.computedCount = positions.upperBound
    } else {
      sequence.moved.append(positions)
    }
  }
}

extension Scheduler.Sequence {
  /// How far a step gets with so many rows: those of positions that were moved are not computed, unless they are blended.
  func reach(rowCount: Int) -> Int {
    var position = computedCount
    var rowsLeft = rowCount
    for stretch in moved where reuse?.isBlending == false && stretch.upperBound > position {
      let gap = max(0, stretch.lowerBound - position)
      if gap >= rowsLeft { break }
      rowsLeft -= gap
      position = stretch.upperBound
    }
    return min(tokens.count, position + rowsLeft)
  }
}
