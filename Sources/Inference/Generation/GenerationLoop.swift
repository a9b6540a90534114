import Scheduling

/// What the engine's thread does: takes requests, asks the scheduler what to compute, computes it, chooses tokens.
struct GenerationLoop {
  private let model: LanguageModel
  private let constraints: ConstraintCompiler
  private let status: EngineStatus
  private var scheduler: Scheduler
  private var blocks: BlockStore
  private var drafting: Drafting?
  private var texts: [SequenceID: Text] = [:]
  private var finishedCount = 0
  private var cancelledCount = 0

  /// A request while it is served.
  private struct Text {
    let entry: RequestQueue.Entry
    var continuation: Continuation
    /// When its first row was computed, and when its prompt was read.
    var begun: ContinuousClock.Instant?
    var read: ContinuousClock.Instant?
    var draftedCount = 0
    var acceptedCount = 0
    /// Log-probabilities of the prompt's last tokens.
    var scores: [Float]
  }

  init(model: LanguageModel, scheduler: Scheduler, blocks: BlockStore, drafting: Drafting?, status: EngineStatus) {
    self.model = model
    self.scheduler = scheduler
    self.blocks = blocks
    self.drafting = drafting
    self.status = status
    constraints = ConstraintCompiler(model.tokenizer)
    publish()
  }

  /// Serves until the queue is closed.
  mutating func run(_ requests: RequestQueue) {
    while true {
      let (entries, isClosed) = requests.take(waits: scheduler.isEmpty)
      for entry in entries { begin(entry) }
      if isClosed { break }
      dropCancelled()
      // Reading pages from disk is part of reading the prompt.
      let start = ContinuousClock.now
      if let step = plan() { run(step, plannedAt: start) }
      publish()
    }
    for id in Array(texts.keys) { end(id, throwing: CancellationError()) }
    blocks.waitsForDisk = true
    scheduler.save(&blocks)
    blocks.flush()
    publish()
    status.end()
  }

  private mutating func begin(_ entry: RequestQueue.Entry) {
    if entry.isCancelled.isSet { return entry.end(CancellationError()) }
    do {
      let constrained = try entry.request.constraint.map(constraints.begin)
      let text = Text(
        entry: entry, continuation: Continuation(entry.request, model: model, constrained: constrained),
        scores: Array(repeating: 0, count: entry.request.scoredTokenCount))
      let reuse = entry.request.passageReuse
      let id = scheduler.submit(
        entry.request.prompt, namespace: reuse?.namespace ?? entry.request.namespace, pinnedTokenCount: entry.request.instructionTokenCount,
        scoredTokenCount: entry.request.scoredTokenCount, reuse: reuse?.passages)
      texts[id] = text
    } catch {
      entry.end(error)
    }
  }

  private mutating func dropCancelled() {
    for (id, text) in texts where text.entry.isCancelled.isSet {
      scheduler.finish(id)
      end(id, throwing: CancellationError())
    }
  }

  // MARK: A step

  private mutating func plan() -> Step? {
    let drafts = draft()
    return scheduler.plan(&blocks) { id, limit in Array(drafts[id]?.prefix(limit) ?? []) }
  }

  /// Guesses for those texts for which they are worth the while.
  private mutating func draft() -> [SequenceID: ArraySlice<Int32>] {
    guard drafting != nil else { return [:] }
    drafting?.beginStep()
    let writing = scheduler.writing
    var rowCount = writing.count
    var drafts: [SequenceID: ArraySlice<Int32>] = [:]
    for id in writing {
      guard let sequence = scheduler[id], let text = texts[id] else { preconditionFailure("a sequence without a text") }
      // The last token of all is chosen after a row that is there anyway.
      let limit = text.continuation.remainingTokenCount - 1
      guard limit > 0, let draft = drafting?.draft(for: id, sequence.tokens, limit: limit, rowCount: rowCount) else { continue }
      drafts[id] = draft
      rowCount += draft.count
    }
    return drafts
  }

  private mutating func run(_ step: Step, plannedAt start: ContinuousClock.Instant) {
    let began = ContinuousClock.now
    var runs: [TokenRun] = []
    // The one of each of the step's runs that logits are wanted of.
    var lastRuns: [Int] = []
    for run in step.runs {
      if texts[run.sequence]?.begun == nil { texts[run.sequence]?.begun = start }
      runs += tokenRuns(of: run)
      lastRuns.append(runs.count - 1)
    }
    let isWriting = step.runs.allSatisfy { $0.reachesEnd && $0.positions.count == 1 }
    let results = model.transformer.compute(runs)
    if isWriting { drafting?.noteStep(seconds: began.duration(to: .now) / .seconds(1), rowCount: step.rowCount) }
    for (run, last) in zip(step.runs, lastRuns) {
      if texts[run.sequence]?.scores.isEmpty == false { score(run, results[last]) }
      if run.reachesEnd { write(run, results[last].suffix(run.draftCount + 1)) } else { scheduler.complete(run, written: []) }
    }
  }

  /// What is computed of a run: all of it, or what is left beside stretches that were taken over.
  private mutating func tokenRuns(of run: Step.Run) -> [TokenRun] {
    let blocks = run.blocks.map { self.blocks[$0] }
    let wanted = run.wantedCount > 0 ? run.tokens.count - run.draftCount - run.wantedCount..<run.tokens.count : 0..<0
    let first = run.positions.lowerBound
    let moved = run.moved.map { $0.lowerBound - first..<$0.upperBound - first }
    if run.isBlending {
      var all = TokenRun(tokens: run.tokens, first: first, blocks: blocks, wanted: wanted)
      if case .cacheBlend(let share) = texts[run.sequence]?.entry.request.reuse { (all.moved, all.blendingShare) = (moved, share) }
      return [all]
    }
    let starts = [0] + moved.map(\.upperBound)
    let ends = moved.map(\.lowerBound) + [run.tokens.count]
    return zip(starts, ends).filter { $0 < $1 }.map { start, end in
      TokenRun(
        tokens: Array(run.tokens[start..<end]), first: first + start, blocks: blocks,
        wanted: end == run.tokens.count && !wanted.isEmpty ? wanted.lowerBound - start..<wanted.upperBound - start : 0..<0)
    }
  }

  /// Notes the log-probabilities of tokens of the prompt, from the rows before them. Who had to give way comes by the same ones again.
  private mutating func score(_ run: Step.Run, _ logits: [[Float]]) {
    guard var text = texts[run.sequence] else { preconditionFailure("a sequence without a text") }
    let prompt = text.entry.request.prompt
    let first = run.positions.upperBound - run.wantedCount + 1
    for (place, row) in zip(first..., logits) where place < prompt.count {
      text.scores[place - (prompt.count - text.scores.count)] = LogProbability.measure(row, chosen: prompt[place], count: 0).chosen.value
    }
    texts[run.sequence] = text
  }

  /// Chooses tokens after a run that reached its sequence's end: one, and one more for each draft that held.
  private mutating func write(_ run: Step.Run, _ logits: ArraySlice<[Float]>) {
    guard var text = texts[run.sequence] else { preconditionFailure("a sequence without a text") }
    if text.read == nil { text.read = .now }
    let drafts = run.tokens.suffix(run.draftCount)
    var written: [Int32] = []
    var failure: (any Error)?
    for row in logits where text.continuation.finishReason == nil {
      do {
        guard let token = try text.continuation.write(after: row, emit: text.entry.emit) else { break }
        written.append(token)
        guard written.count <= drafts.count, drafts[drafts.startIndex + written.count - 1] == token else { break }
      } catch {
        failure = error
        break
      }
    }
    if !drafts.isEmpty {
      let heldCount = zip(drafts, written).prefix { $0 == $1 }.count
      text.draftedCount += drafts.count
      text.acceptedCount += heldCount
      drafting?.note(held: heldCount, of: drafts.count, for: run.sequence)
    }
    drafting?.append(written, to: run.sequence)
    texts[run.sequence] = text
    guard failure != nil || text.continuation.finishReason != nil else { return scheduler.complete(run, written: written) }
    let usage = scheduler[run.sequence]?.usage ?? Scheduler.PrefixUsage()
    scheduler.finish(run, written: written)
    end(run.sequence, with: failure == nil ? result(of: text, usage) : nil, throwing: failure)
  }

  private func result(of text: Text, _ usage: Scheduler.PrefixUsage) -> GenerationResult {
    let now = ContinuousClock.now
    let (arrival, begun, read) = (text.entry.arrival, text.begun ?? now, text.read ?? now)
    return GenerationResult(
      promptTokenCount: text.entry.request.prompt.count, cachedTokenCount: usage.memoryTokenCount + usage.diskTokenCount,
      diskTokenCount: usage.diskTokenCount, movedTokenCount: usage.movedTokenCount, completionTokenCount: text.continuation.tokenCount,
      draftedTokenCount: text.draftedCount,
      acceptedTokenCount: text.acceptedCount, queueSeconds: arrival.duration(to: begun) / .seconds(1),
      prefillSeconds: begun.duration(to: read) / .seconds(1), decodeSeconds: read.duration(to: now) / .seconds(1),
      finishReason: text.continuation.finishReason ?? .limit, promptLogProbabilities: text.scores)
  }

  private mutating func end(_ id: SequenceID, with result: GenerationResult? = nil, throwing error: (any Error)?) {
    if error is CancellationError { cancelledCount += 1 } else { finishedCount += 1 }
    drafting?.forget(id)
    let entry = texts.removeValue(forKey: id)?.entry
    // First the status, so that who has an answer and then asks for the status finds the answer in it.
    publish()
    if let result { entry?.emit(.generation(.finished(result))) }
    entry?.end(error)
  }

  // MARK: Telling

  private func publish() {
    var statistics = EngineStatistics()
    statistics.scheduler = scheduler.statistics
    statistics.runningCount = scheduler.runningCount
    statistics.waitingCount = scheduler.waitingCount
    statistics.blockCount = scheduler.tree.blockCount
    statistics.usedBlockCount = scheduler.tree.usedBlockCount
    statistics.idleBlockCount = scheduler.tree.idleCount
    statistics.pinnedBlockCount = scheduler.tree.pinnedCount
    statistics.blockByteCount = model.transformer.layout.byteCount
    statistics.evictionCount = scheduler.tree.evictionCount
    statistics.pageCount = scheduler.tree.pageCount
    statistics.usedPageCount = scheduler.tree.usedPageCount
    statistics.pageEvictionCount = scheduler.tree.pageEvictionCount
    statistics.failedPageWriteCount = blocks.failedPageWriteCount
    statistics.finishedRequestCount = finishedCount
    statistics.cancelledRequestCount = cancelledCount
    status.current = statistics
  }
}
