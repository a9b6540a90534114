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
}

/// One forward pass over `rowCount` tokens: runs of tokens of one or several sequences, and the memory that it works in.
///
/// `@unchecked Sendable`: parts of a job write disjoint rows or columns.
@safe final class Pass: @unchecked Sendable {
  /// Neighbouring tokens of one sequence.
  @safe struct Run {
    let rows: Range<Int>
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

  init(runs tokenRuns: [TokenRun], configuration: ModelConfiguration, ropes: [RotaryEmbedding.Kind: RotaryEmbedding]) {
    var rowsTaken = 0
    let runs = tokenRuns.map { run in
      precondition(run.blocks.count * KVBlock.positionCount >= run.first + run.tokens.count, "each token needs a place")
      defer { rowsTaken += run.tokens.count }
      return Run(rows: rowsTaken..<rowsTaken + run.tokens.count, first: run.first, blocks: run.blocks)
    }
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
    convolution =
      configuration.convolutionTapCount == 0
      ? nil : ConvolutionBuffers(projected: FloatBuffer(count: rowCount * 3 * width), mixed: Activations(rowCount: rowCount, width: width))
    let positions = runs.flatMap { run in run.rows.indices.map { run.first + $0 - run.rows.lowerBound } }
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
  func position(of row: Int) -> Int {
    let run = runs[runOfRow[row]]
    return run.first + row - run.rows.lowerBound
  }

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

  func quantise(row: Int, width: Int) {
    unsafe qk_quantise(quantised + row * width / Int(QK_BLOCK), floats.base + row * width, width)
  }
}
