/// LaTeX in a form of which pandoc (2.17) reads more: of commands that it does not know it leaves out what they hold, and of figures all captions but one.
///
/// It expands macros, so that definitions are all that is needed; those of the document itself go before them.
enum LaTeXForm {
  /// `source` with definitions behind its preamble, on a line that is there, or before all.
  static func readable(_ source: [UInt8]) -> [UInt8] {
    let plain = withoutOverlays(source)
    let end = endOfPreamble(plain) ?? plain.startIndex
    return plain[..<end] + Array(definitions.joined().utf8) + plain[end...]
  }

  /// Behind the line that begins the document; comments and code may speak of it, and so may a part of a document.
  private static func endOfPreamble(_ source: [UInt8]) -> Int? {
    let opening = "\\begin{document}"
    guard source.firstRange(of: opening) != nil else { return nil }
    var code: String?
    for line in source.split(separator: 0x0A) {
      let text = line.drop(while: \.isWhiteSpace)
      if let name = code {
        if text.firstRange(of: "\\end{\(name)") != nil { code = nil }
      } else if text.starts(with: opening.utf8) {
        return text.startIndex + opening.utf8.count
      } else if text.starts(with: "\\documentclass".utf8), let place = text.firstRange(of: opening) {
        return place.upperBound
      } else {
        code = codeEnvironments.first { text.firstRange(of: "\\begin{\($0)") != nil }
      }
    }
    return nil
  }

  private static let codeEnvironments = ["verbatim", "Verbatim", "lstlisting", "minted", "alltt"]

  private static let definitions = [
    // Boxes.
    #"\providecommand{\resizebox}[3]{#3}"#, #"\providecommand{\scalebox}[2]{#2}"#, #"\providecommand{\fbox}[1]{#1}"#,
    #"\providecommand{\framebox}[2][]{#2}"#, #"\newenvironment{adjustbox}[1]{}{}"#,
    // Words beside the text, and above it.
    #"\providecommand{\hl}[1]{#1}"#, #"\providecommand{\todo}[2][]{#2}"#, #"\providecommand{\marginpar}[2][]{#2}"#,
    #"\providecommand{\footnotetext}[2][]{\footnote{#2}}"#, #"\providecommand{\textquote}[2][]{``#2''}"#,
    // Floats with captions of any number.
    #"\providecommand{\caption}[2][]{\par #2\par}"#, #"\providecommand{\captionof}[2]{\par #2\par}"#,
    #"\providecommand{\subfloat}[2][]{\par #1\par #2}"#, #"\newenvironment{subfigure}[2][]{}{}"#, #"\newenvironment{subtable}[2][]{}{}"#,
    #"\newenvironment{wrapfigure}[3][]{}{}"#, #"\newenvironment{wraptable}[3][]{}{}"#, #"\newenvironment{sidewaystable}[1][]{}{}"#,
    #"\newenvironment{sidewaysfigure}[1][]{}{}"#, #"\newenvironment{algorithm}[1][]{}{}"#,
    // Tables under other names.
    #"\newenvironment{supertabular}[1]{\begin{tabular}{#1}}{\end{tabular}}"#, #"\newenvironment{tabu}[1]{\begin{tabular}{#1}}{\end{tabular}}"#,
    #"\newenvironment{xltabular}[2]{\begin{tabular}{#2}}{\end{tabular}}"#,
    // Algorithms, and the entries of moderncv.
    #"\providecommand{\If}[1]{\par if #1:\par}"#, #"\providecommand{\ElsIf}[1]{\par else if #1:\par}"#,
    #"\providecommand{\While}[1]{\par while #1:\par}"#, #"\providecommand{\For}[1]{\par for #1:\par}"#,
    #"\providecommand{\cventry}[6]{\par #1 #2, #3, #4, #5\par #6\par}"#, #"\providecommand{\cvitem}[3][]{\par #2: #3\par}"#,
  ]

  /// Commands of beamer that show what they hold on some slides (`\only<2->{…}`).
  private static let overlayCommands: Set<String> = ["only", "uncover", "visible", "onslide"]

  /// The commands that say when something is shown go, and what they hold stays in its braces.
  private static func withoutOverlays(_ source: [UInt8]) -> [UInt8] {
    guard source.firstRange(of: "{beamer}") != nil || source.firstRange(of: "{frame}") != nil else { return source }
    var result: [UInt8] = []
    var copied = 0
    var place = 0
    while let start = source[place...].firstIndex(of: UInt8(ascii: "\\")) {
      let name = source[(start + 1)...].prefix(10).prefix(while: \.isLetter)
      place = max(start + 1, name.endIndex)
      guard overlayCommands.contains(String(decoding: name, as: UTF8.self)), name.endIndex < source.count, source[name.endIndex] == UInt8(ascii: "<"),
        let end = source[name.endIndex...].prefix(40).firstIndex(of: UInt8(ascii: ">"))
      else { continue }
      result += source[copied..<start]
      (copied, place) = (end + 1, end + 1)
    }
    return result + source[copied...]
  }
}
