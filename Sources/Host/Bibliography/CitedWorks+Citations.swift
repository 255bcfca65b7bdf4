import Document

/// The words of citations, whatever they are written as.
extension CitedWorks {
  /// A part of a citation.
  package enum Part: Equatable, Sendable {
    case text(String)
    /// Words that lead to a work.
    case work(Work, words: String)
  }

  /// `(see ` `Saparov & He, 2023` `, p. 3; ` `Wei et al., 2022` `)`; nil if one of the works is not known.
  package func parts(of citation: Citation) -> [Part]? {
    var parts: [Part] = []
    for (index, item) in citation.items.enumerated() {
      guard let work = work(item.key) else { return nil }
      let (separator, year) = (index > 0 ? "; " : "", year(of: work))
      let suffix = item.suffix.isEmpty ? "" : ", \(item.suffix)"
      if citation.isNarrative {
        parts.append(.work(work, words: "\(names(of: work, isNarrative: true)) (\(year)\(suffix))"))
      } else {
        let names = item.isWithoutAuthor ? "" : names(of: work, isNarrative: false) + ", "
        parts += [
          .text(separator + (item.prefix.isEmpty ? "" : item.prefix + " ")), .work(work, words: names + year), .text(suffix),
        ]
      }
    }
    return citation.isNarrative ? parts : [.text("(")] + parts + [.text(")")]
  }
}
