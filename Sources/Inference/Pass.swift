import CKernels
import Foundation

/// Neighbouring tokens of a sequence that a pass reads.
struct TokenRun {
  let tokens: [Int32]
  /// Position of the first one.
  let first: Int
  /// The sequence's, up to the last token at least.
  let blocks: [KVBlock]
  /// Those of the tokens after which logits are wanted.
  let wanted: Range<Int>
  /// Those of the tokens whose keys and values are in the blocks already, computed behind another text. None of them is wanted.
  var moved: [Range<Int>] = []
  /// The share of those that is computed anew in all layers.
  var blendingShare = 0.0
}

/// One forward pass over `rowCount` tokens: runs of tokens of one or several sequences, and the memory that it works in.
///
/// `@unchecked Sendable`: parts of a job write disjoint rows or columns.
@safe final class Pass: @unchecked Sendable {
  /// Neighbouring tokens of one sequence.
  @safe struct Run {
    fileprivate(set) var rows: Range<Int>
    /// Position of the first row.
    let first: Int
    let blocks: [KVBlock]
    let blockBases: [UnsafeRawPointer?]

    init(rows: Range<Int>, first: Int, blocks: [KVBlock]) {
      self.rows = rows
      self.first = first
      self.blocks = blocks
      unsafe blockBases = blocks.map { unsafe UnsafeRawPointer($0.base) }
    }
  }

  let runs: [Run]
  let rowCount: Int
  private let runOfRow: [Int]
  private let positions: [Int]
  /// (rows, width): the residual stream.
  let hidden: FloatBuffer
  let normal: Activations
  let queries: FloatBuffer
  let keys: FloatBuffer
  let values: FloatBuffer
  let attended: Activations
  let delta: FloatBuffer
  let gated: Activations
  let up: FloatBuffer
  /// By how much the rows' positions turn heads.
  let turns: [RotaryEmbedding.Kind: Turns]
  /// Only for models with short convolutions.
  let convolution: ConvolutionBuffers?
  /// Whether the layer at hand compares its values with those in the cache; how far the rows' are from them.
  var comparesValues = false
  let deviations: FloatBuffer

  /// (rows, pairs)
  struct Turns {
    let cosines: FloatBuffer
    let sines: FloatBuffer
  }

  struct ConvolutionBuffers {
    /// (rows, 3 · width)
    let projected: FloatBuffer
    let mixed: Activations
  }

  convenience init(runs tokenRuns: [TokenRun], configuration: ModelConfiguration, ropes: [RotaryEmbedding.Kind: RotaryEmbedding]) {
    var rowsTaken = 0
    let runs = tokenRuns.map { run in
      precondition(run.blocks.count * KVBlock.positionCount >= run.first + run.tokens.count, "each token needs a place")
      defer { rowsTaken += run.tokens.count }
      return Run(rows: rowsTaken..<rowsTaken + run.tokens.count, first: run.first, blocks: run.blocks)
    }
    self.init(runs: runs, configuration: configuration, ropes: ropes)
  }

  /// Goes on with some of another pass's rows.
  convenience init(rows: [Int], of pass: Pass, configuration: ModelConfiguration, ropes: [RotaryEmbedding.Kind: RotaryEmbedding]) {
    var runs: [Run] = []
    for (place, row) in rows.enumerated() {
      let run = pass.runs[pass.runOfRow[row]]
      if let last = runs.last, place > 0, rows[place - 1] == row - 1, pass.runOfRow[row - 1] == pass.runOfRow[row] {
        runs[runs.count - 1].rows = last.rows.lowerBound..<place + 1
      } else {
        runs.append(Run(rows: place..<place + 1, first: pass.position(of: row), blocks: run.blocks))
      }
    }
    self.init(runs: runs, configuration: configuration, ropes: ropes)
    let width = configuration.width
    for (place, row) in rows.enumerated() {
      unsafe (hidden.base + place * width).update(from: pass.hidden.base + row * width, count: width)
    }
  }

  private init(runs: [Run], configuration: ModelConfiguration, ropes: [RotaryEmbedding.Kind: RotaryEmbedding]) {
    self.runs = runs
    runOfRow = runs.indices.flatMap { Array(repeating: $0, count: runs[$0].rows.count) }
    let rowCount = runOfRow.count
    self.rowCount = rowCount
    let width = configuration.width
    hidden = FloatBuffer(count: rowCount * width)
    normal = Activations(rowCount: rowCount, width: width)
    queries = FloatBuffer(count: rowCount * configuration.queryWidth)
    keys = FloatBuffer(count: rowCount * configuration.keyValueWidth)
    values = FloatBuffer(count: rowCount * configuration.keyValueWidth)
    attended = Activations(rowCount: rowCount, width: configuration.queryWidth)
    delta = FloatBuffer(count: rowCount * width)
    gated = Activations(rowCount: rowCount, width: configuration.feedForwardWidth)
    up = FloatBuffer(count: rowCount * configuration.feedForwardWidth)
    deviations = FloatBuffer(count: rowCount)
    convolution =
      configuration.convolutionTapCount == 0
      ? nil : ConvolutionBuffers(projected: FloatBuffer(count: rowCount * 3 * width), mixed: Activations(rowCount: rowCount, width: width))
    let positions = runs.flatMap { run in run.rows.indices.map { run.first + $0 - run.rows.lowerBound } }
    self.positions = positions
    turns = ropes.mapValues { rope in
      let pairs = rope.pairCount
      let turns = Turns(cosines: FloatBuffer(count: rowCount * pairs), sines: FloatBuffer(count: rowCount * pairs))
      // In double precision, so that late positions keep their angle.
      for pair in 0..<pairs {
        for row in 0..<rowCount {
          let angle = Double(positions[row]) * rope.frequencies[pair]
          unsafe turns.cosines.base[row * pairs + pair] = Float(cos(angle) * rope.magnitude)
          unsafe turns.sines.base[row * pairs + pair] = Float(sin(angle) * rope.magnitude)
        }
      }
      return turns
    }
  }

  /// A row's position in its sequence.
  func position(of row: Int) -> Int { positions[row] }

  /// The block of a row's sequence that holds a position.
  func block(of row: Int, holding position: Int) -> KVBlock { runs[runOfRow[row]].blocks[position / KVBlock.positionCount] }
}

/// Rows of activations, as floats and as int8.
@safe final class Activations: @unchecked Sendable {
  let floats: FloatBuffer
  let quantised: UnsafeMutablePointer<qk_activations>

  init(rowCount: Int, width: Int) {
    floats = FloatBuffer(count: rowCount * width)
    unsafe quantised = .allocate(capacity: rowCount * width / Int(QK_BLOCK))
  }

  deinit { unsafe quantised.deallocate() }

  func quantise(row: Int, width: Int) { quantise(row: row, width: width, columns: 0..<width) }

  /// The same for some columns, which are whole blocks.
  func quantise(row: Int, width: Int, columns: Range<Int>) {
    let first = row * width + columns.lowerBound
    unsafe qk_quantise(quantised + first / Int(QK_BLOCK), floats.base + first, columns.count)
  }
}
