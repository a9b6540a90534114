import Hummingbird
import Inference
import Scheduling

extension ServiceResponder {
  /// What the service does, in Prometheus' text form (version 0.0.4).
  func metrics() async -> Response {
    var page = MetricsPage()
    let responses = state.responses
    page.add(
      "http_responses_total", .counter, "Responses by status.",
      responses.counts.sorted { $0.key < $1.key }.map { (["status": "\($0.key)"], Double($0.value)) })
    page.add("http_response_seconds_total", .counter, "Seconds from a request's first byte to its response's last, all together.", responses.seconds)
    page.add("answers_open", .gauge, "Answers that are worked on or wait.", Double(await answers.runningCount))
    page.add("searches_waiting", .gauge, "Searches that wait for their turn.", Double(await searches.waitingCount))
    page.add(ingestionStatus())
    if let statistics = answering.statistics { page.add(statistics) }
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"], body: .init(byteBuffer: .init(string: page.text)))
  }
}

/// A page of metrics while it is written.
struct MetricsPage {
  enum Kind: String { case counter, gauge }

  private(set) var text = ""

  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) { add(name, kind, help, [([:], value)]) }

  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ values: [(labels: [String: String], value: Double)]) {
    text += "# HELP quarry_\(name) \(help)\n# TYPE quarry_\(name) \(kind.rawValue)\n"
    for (labels, value) in values {
      let marks = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
      // Whole numbers without a point.
      let number = value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
      text += "quarry_\(name)\(marks.isEmpty ? "" : "{\(marks)}") \(number)\n"
    }
  }

  /// A histogram whose buckets end at the powers of two.
  ///
  /// - Parameters:
  ///   - counts: Of the values up to 1, of those above it up to 2, then 4, and so on.
  ///   - sum: Of all values.
  mutating func addPowersOfTwo(_ name: String, _ help: String, counts: [Int], sum: Int) {
    text += "# HELP quarry_\(name) \(help)\n# TYPE quarry_\(name) histogram\n"
    var total = 0
    for (power, count) in counts.enumerated() {
      total += count
      text += "quarry_\(name)_bucket{le=\"\(1 << power)\"} \(total)\n"
    }
    text += "quarry_\(name)_bucket{le=\"+Inf\"} \(total)\nquarry_\(name)_sum \(sum)\nquarry_\(name)_count \(total)\n"
  }

  mutating func add(_ statistics: EngineStatistics) {
    let scheduler = statistics.scheduler
    add(
      "requests_total", .counter, "Requests to the engine that ended, by how.",
      [
        (["end": "finished"], Double(statistics.finishedRequestCount)), (["end": "cancelled"], Double(statistics.cancelledRequestCount)),
      ])
    add("requests_running", .gauge, "Requests that are computed together now.", Double(statistics.runningCount))
    add("requests_waiting", .gauge, "Requests that wait for the engine.", Double(statistics.waitingCount))
    add("prompt_tokens_total", .counter, "Tokens of prompts.", Double(scheduler.promptTokenCount))
    add(
      "cached_tokens_total", .counter, "Tokens of prompts whose keys and values were there, by where.",
      [
        (["tier": "disk"], Double(scheduler.diskTokenCount)), (["tier": "memory"], Double(scheduler.memoryTokenCount)),
      ])
    add(
      "prepared_tokens_total", .counter, "Tokens of prompts that were taken over from where their passage stood before, approximately.",
      Double(scheduler.movedTokenCount))
    add("written_tokens_total", .counter, "Tokens written.", Double(scheduler.writtenTokenCount))
    add("drafted_tokens_total", .counter, "Tokens guessed ahead.", Double(scheduler.draftedTokenCount))
    add("accepted_tokens_total", .counter, "Guessed tokens that held.", Double(scheduler.acceptedTokenCount))
    add("steps_total", .counter, "Passes over the weights.", Double(scheduler.stepCount))
    add("rows_total", .counter, "Tokens computed in them: the mean batch is rows by steps.", Double(scheduler.rowCount))
    addPowersOfTwo(
      "batch_requests", "Requests computed together in a pass.", counts: scheduler.stepsBySequenceCount, sum: scheduler.stepSequenceCount)
    add("preemptions_total", .counter, "Times that a request had to give way and begin again.", Double(scheduler.preemptionCount))
    add(
      "kv_blocks", .gauge, "Blocks of keys and values, of 64 tokens each, by what they are used for.",
      [
        (["use": "free"], Double(statistics.blockCount - statistics.usedBlockCount)), (["use": "idle"], Double(statistics.idleBlockCount)),
        (["use": "pinned"], Double(statistics.pinnedBlockCount)),
        (["use": "running"], Double(statistics.usedBlockCount - statistics.idleBlockCount - statistics.pinnedBlockCount)),
      ])
    add("kv_block_bytes", .gauge, "Bytes of a block.", Double(statistics.blockByteCount))
    add("kv_evictions_total", .counter, "Blocks that went from memory.", Double(statistics.evictionCount))
    add(
      "kv_pages", .gauge, "Blocks on disk, by whether they are used.",
      [
        (["use": "free"], Double(statistics.pageCount - statistics.usedPageCount)), (["use": "kept"], Double(statistics.usedPageCount)),
      ])
    add("kv_page_evictions_total", .counter, "Blocks that went from disk.", Double(statistics.pageEvictionCount))
    add(
      "kv_page_write_failures_total", .counter, "Blocks that could not be written to disk; they are computed again.",
      Double(statistics.failedPageWriteCount))
  }
}
