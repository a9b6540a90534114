/// How a programming language shows where its functions and types begin and end. A family of languages shares one light scanner.
enum CodeLanguage: Sendable, Equatable {
  /// Blocks in braces; `//` and `/* */` comments.
  case braces
  /// Blocks by indentation; `#` comments.
  case indentation
  /// Blocks end with `end`; `#` or `--` comments, laid out by indentation as a rule.
  case endKeyword
  /// Functions in braces at the start of a line; `#` comments.
  case shell
  /// Statements without such blocks: cut at blank lines.
  case flat

  init?(fileExtension: String) {
    switch fileExtension {
    case "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm", "swift", "java", "kt", "kts", "scala", "js", "mjs", "cjs", "jsx", "ts", "tsx", "go",
      "rs", "cs", "php",
      "dart", "zig", "css", "scss", "less", "proto", "groovy", "gradle", "v", "d", "cu", "glsl", "vue", "svelte", "tf", "hcl":
      self = .braces
    case "py", "pyi", "pyx", "nim", "coffee": self = .indentation
    case "rb", "rake", "lua", "ex", "exs", "jl", "cr", "gemspec": self = .endKeyword
    case "sh", "bash", "zsh", "ksh", "fish", "ps1", "awk", "pl", "pm", "r": self = .shell
    case "sql", "hs", "ml", "mli", "clj", "lisp", "el", "scm", "erl", "asm", "s", "mk", "cmake", "dockerfile", "bat", "vim", "f90", "pas", "fs",
      "elm", "graphql":
      self = .flat
    default: return nil
    }
  }

  init?(fileName: String) {
    switch fileName {
    case "makefile", "dockerfile", "gnumakefile", "cmakelists.txt": self = .flat
    case "rakefile", "gemfile", "podfile", "vagrantfile": self = .endKeyword
    case "jenkinsfile": self = .braces
    default: return nil
    }
  }
}
