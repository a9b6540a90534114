import CKernels
import Foundation

/// The figures of one run of `quarry bench`: the JSON of `.build/bench/*.json`.
package struct BenchmarkReport: Sendable, Codable {
  /// One figure, with the peer's and the bar where there are any.
  package struct Figure: Sendable, Codable {
    package var name: String
    package var value: Double
    package var unit: String
    package var peer: String?
    package var peerValue: Double?
    /// How many times better than the peer.
    package var ratio: Double?
    package var bar: Double?
    /// Whether the bar is met; `nil` without a bar.
    package var holds: Bool?

    enum CodingKeys: String, CodingKey {
      case name, value, unit, peer, ratio, bar, holds
      case peerValue = "peer_value"
    }

    /// - Parameter lowerIsBetter: For times.
    package init(
      _ name: String, _ value: Double, _ unit: String, bar: Double? = nil, lowerIsBetter: Bool = false, peer: String? = nil, peerValue: Double? = nil
    ) {
      self.name = name
      self.value = value
      self.unit = unit
      self.bar = bar
      holds = bar.map { lowerIsBetter ? value <= $0 : value >= $0 }
      if let peerValue {
        self.peer = peer
        self.peerValue = peerValue
        ratio = lowerIsBetter ? peerValue / value : value / peerValue
      }
    }
  }

  package var machine: String
  package var figures: [Figure]

  package init(machine: String, figures: [Figure]) {
    self.machine = machine
    self.figures = figures
  }

  /// A table for people.
  package var table: String {
    var rows = [["", "value", "unit", "bar", "peer", "its value", "ratio"]]
    for figure in figures {
      rows.append([
        figure.name, number(figure.value), figure.unit, figure.bar.map { "\(number($0)) \(figure.holds == true ? "holds" : "MISSED")" } ?? "",
        figure.peer ?? "", figure.peerValue.map(number) ?? "", figure.ratio.map { String(format: "%.2f", $0) } ?? "",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return machine + "\n"
      + rows.map { row in zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ") + "\n" }.joined()
  }

  private func number(_ value: Double) -> String { String(format: value < 10 ? "%.2f" : "%.0f", value) }

  /// Processor, cores and memory, from what Linux says.
  package static var machineDescription: String {
    let processor =
      (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown processor"
    let info = ProcessInfo.processInfo
    let kernels =
      switch qk_cpu_level() {
      case QK_CPU_AVX2: "AVX2"
      case QK_CPU_AVX512: "AVX-512-VNNI"
      case QK_CPU_NEON: "NEON"
      default: "scalar"
      }
    return "\(processor), \(info.activeProcessorCount) cores, \(info.physicalMemory >> 30) GiB, kernels \(kernels)"
  }
}
