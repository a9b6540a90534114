import CKernels

extension Transformer {
  /// delta = W_out · (c ⊙ conv(b ⊙ x)), with b, c, x the thirds of W_in · normal, for all rows of the pass.
  ///
  /// The inputs b ⊙ x go into the cache, position by position, and are read from there: so a sequence can be cut and shared anywhere, and the
  /// rows of a pass are no different from those before it.
  func convolve(_ convolution: ShortConvolution, layer: Int, _ pass: Pass) {
    guard let buffers = pass.convolution else { preconditionFailure("a pass without memory for the model's convolutions") }
    let width = configuration.width
    multiply([(convolution.input, buffers.projected)], pass.normal, rowCount: pass.rowCount)
    forEachRow(of: pass) { [self] row in
      let projected = unsafe buffers.projected.base + row * 3 * width
      unsafe qk_convolution_store(input(of: row, at: pass.position(of: row), layer: layer, pass), projected, projected + 2 * width, width)
    }
    forEachRow(of: pass) { [self] row in
      let position = pass.position(of: row)
      let taps = configuration.convolutionTapCount
      unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<UInt16>?.self, capacity: taps) { inputs in
        for tap in 0..<taps {
          let seen = position - (taps - 1 - tap)
          unsafe inputs.initializeElement(at: tap, to: seen < 0 ? nil : UnsafePointer(input(of: row, at: seen, layer: layer, pass)))
        }
        unsafe qk_convolution(
          buffers.mixed.floats.base + row * width, buffers.projected.base + row * 3 * width + width, convolution.weights, inputs.baseAddress!, taps,
          width)
      }
      buffers.mixed.quantise(row: row, width: width)
    }
    multiply([(convolution.output, pass.delta)], buffers.mixed, rowCount: pass.rowCount)
  }

  /// Where the cache keeps what a position of a row's sequence gave to a layer's convolution.
  private func input(of row: Int, at position: Int, layer: Int, _ pass: Pass) -> UnsafeMutablePointer<UInt16> {
    let offset = layout.inputOffset(layer: layer, slot: position % KVBlock.positionCount)
    return unsafe (pass.block(of: row, holding: position).base + offset).assumingMemoryBound(to: UInt16.self)
  }
}
