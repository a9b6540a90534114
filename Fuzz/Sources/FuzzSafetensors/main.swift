import FuzzInput
import ModelFile

/// Any bytes as a safetensors file: it is refused with an error, or every tensor's bytes can be read.
Fuzzing.run { path in
  guard let file = try? SafetensorsFile(path: path) else { return }
  for tensor in file.tensors.values {
    unsafe tensor.withBytes { bytes in
      precondition(bytes.count == tensor.elementCount * tensor.type.blockByteCount, "\(tensor.name) is not its size")
      if let first = unsafe bytes.first, let last = unsafe bytes.last { precondition(UInt16(first) + UInt16(last) < 512) }
    }
  }
}
