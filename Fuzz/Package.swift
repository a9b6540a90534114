// swift-tools-version: 6.2

import PackageDescription

/// Readers of untrusted model files under libFuzzer: `make fuzz` at the top builds and runs it.
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
let fuzzed: [SwiftSetting] = strict + [.strictMemorySafety(), .unsafeFlags(["-sanitize=fuzzer"])]
let linked: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]

let package = Package(
  name: "quarry-fuzz",
  platforms: [.macOS(.v15)],
  targets: [
    .target(name: "Diagnostics", swiftSettings: strict),
    .target(name: "ModelFile", dependencies: ["Diagnostics"], swiftSettings: fuzzed),
    .target(name: "Tokenizer", dependencies: ["Diagnostics", "ModelFile"], swiftSettings: fuzzed),
    .target(name: "CFuzzer"),
    .target(name: "FuzzInput", dependencies: ["CFuzzer"], swiftSettings: fuzzed),
    .executableTarget(
      name: "FuzzGGUF", dependencies: ["FuzzInput", "ModelFile", "Tokenizer"], swiftSettings: fuzzed, linkerSettings: linked),
    .executableTarget(
      name: "FuzzSafetensors", dependencies: ["FuzzInput", "ModelFile"], swiftSettings: fuzzed, linkerSettings: linked),
  ]
)
