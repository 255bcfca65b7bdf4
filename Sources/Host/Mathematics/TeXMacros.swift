/// Commands that authors use, GitHub shows and blahtexml lacks, in those that it has.
enum TeXMacros {
  private static let definitions: [(name: String, definition: String)] = [
    ("\\dfrac", #"\newcommand{\dfrac}[2]{{\displaystyle\frac{#1}{#2}}}"#),
    ("\\tfrac", #"\newcommand{\tfrac}[2]{{\textstyle\frac{#1}{#2}}}"#),
    ("\\mathscr", #"\newcommand{\mathscr}[1]{\mathcal{#1}}"#),
    ("\\bm", #"\newcommand{\bm}[1]{\boldsymbol{#1}}"#),
    ("\\stackrel", #"\newcommand{\stackrel}[2]{\overset{#1}{#2}}"#),
  ]

  /// The formula with the definitions of what it uses.
  static func expanded(_ tex: String) -> String {
    // blahtexml would take the star for the operator's name.
    let tex = tex.replacing(#"\operatorname*"#, with: #"\operatornamewithlimits"#)
    return definitions.filter { tex.contains($0.name) && !tex.contains("\\newcommand{\($0.name)}") }.map(\.definition).joined()
      + tex
  }
}
