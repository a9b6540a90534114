// swift-tools-version: 6.2

import PackageDescription

/// Readers of what strangers write (documents, generators, encoders, tokenizers, JSON schemas, chat templates) under libFuzzer: `make fuzz` at the top builds and
/// runs it, with the address sanitizer, which sees the C kernels too.
///
/// A package of its own, because a fuzzer brings its own `main` and every module is built with coverage. `Sources/ModelFile` and the others
/// are links to the real folders.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let fuzzed: [SwiftSetting] = strict + [.unsafeFlags(["-sanitize=fuzzer"])]
let fuzzedMemory: [SwiftSetting] = fuzzed + [.strictMemorySafety()]

func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: ["FuzzInput"] + dependencies, swiftSettings: fuzzedMemory,
    linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
}

let package = Package(
  name: "quarry-fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    .target(name: "CKernels"),
    .target(name: "Diagnostics", swiftSettings: strict),
    .target(name: "ModelFile", dependencies: ["Diagnostics"], swiftSettings: fuzzedMemory),
    .target(name: "Jinja", dependencies: ["Diagnostics"], swiftSettings: fuzzed),
    .target(name: "Tokenizer", dependencies: ["Diagnostics", "Jinja", "ModelFile"], swiftSettings: fuzzedMemory),
    .target(name: "Scheduling", dependencies: [.product(name: "HeapModule", package: "swift-collections")], swiftSettings: fuzzed),
    .target(
      name: "Inference",
      dependencies: ["Diagnostics", "CKernels", "ModelFile", "Scheduling", "Tokenizer", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: fuzzedMemory),
    .target(name: "Embedding", dependencies: ["Diagnostics", "CKernels", "Inference", "ModelFile", "Tokenizer"], swiftSettings: fuzzedMemory),
    .systemLibrary(name: "CMarkGFM", pkgConfig: "libcmark-gfm"),
    .systemLibrary(name: "CGumbo", pkgConfig: "gumbo"),
    .target(name: "CHTML", dependencies: ["CGumbo"]),
    .systemLibrary(name: "CUchardet", pkgConfig: "uchardet"),
    .systemLibrary(name: "CGMime", pkgConfig: "gmime-3.0"),
    .target(name: "CMail", dependencies: ["CGMime"]),
    .target(name: "Documents", dependencies: ["Diagnostics", "CMarkGFM", "CHTML", "CMail", "CUchardet"], swiftSettings: fuzzed),
    .target(name: "Chunking", dependencies: ["Documents"], swiftSettings: fuzzed),
    .target(name: "CFuzzer"),
    .target(name: "FuzzInput", dependencies: ["CFuzzer"], swiftSettings: fuzzedMemory),
    fuzzer("FuzzGGUF", ["ModelFile", "Tokenizer"]),
    fuzzer("FuzzSafetensors", ["ModelFile"]),
    fuzzer("FuzzModel", ["Inference"]),
    fuzzer("FuzzEncoder", ["Embedding", "Inference"]),
    fuzzer("FuzzTokenizer", ["ModelFile", "Tokenizer"]),
    fuzzer("FuzzSchema", ["Inference", "Tokenizer"]),
    fuzzer("FuzzTemplate", ["Jinja", "Tokenizer"]),
    fuzzer("FuzzDocument", ["Chunking", "Documents"]),
  ]
)
