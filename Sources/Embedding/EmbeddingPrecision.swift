/// What an encoder's matrix products are computed in; norms and attention are always single precision.
package enum EmbeddingPrecision: String, Sendable, CaseIterable {
  case float32
  /// Weights and activations in 8 bits with a scale for each 64 of a row: a quarter of the memory, several times the speed. Cosines to
  /// `float32` are .9997 on average.
  case int8
}
