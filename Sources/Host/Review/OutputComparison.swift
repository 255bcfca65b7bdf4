import Foundation
import Record

/// The records of one notebook that are compared, each with what tells equal files without reading them.
struct RecordPair {
  let base: any RecordSource
  let head: any RecordSource
  let notebook: String
  let baseFiles: [String: String?]
  let headFiles: [String: String?]

  init(of notebook: String, base: any RecordSource, head: any RecordSource) throws {
    (self.notebook, self.base, self.head) = (notebook, base, head)
    (baseFiles, headFiles) = (try base.files(of: notebook), try head.files(of: notebook))
  }

  /// Two records of which nothing is known but what is read.
  init(base: any RecordSource, head: any RecordSource) {
    (notebook, self.base, self.head, baseFiles, headFiles) = ("", base, head, [:], [:])
  }

  /// Whether a source knows of two files that they are equal. Git knows equal contents by their names.
  func isKnownToBeTheSame(_ old: String, _ new: String) -> Bool {
    guard let before = baseFiles[old] ?? nil, let after = headFiles[new] ?? nil else { return false }
    return before == after
  }

  /// The contents of a file in both.
  /// - Throws: `Diagnostic`, where either has none.
  func read(_ old: String, _ new: String) throws -> (base: Data, head: Data) {
    guard let before = try base.read(old, of: notebook) else { throw Diagnostic("\(base.name) has no \(old)") }
    guard let after = try head.read(new, of: notebook) else { throw Diagnostic("\(head.name) has no \(new)") }
    return (before, after)
  }
}

/// One output in both records.
struct OutputComparison {
  let records: RecordPair
  let rule: NumberRule

  /// Larger ones are not taken apart: they would not fit into memory, or onto a page.
  private static let largest = 64 << 20

  func compare(_ old: RecordIndex.Output, _ new: RecordIndex.Output, number: Int) -> OutputReview {
    var review = OutputReview(
      kind: new.kind.rawValue, number: number, verdict: .same, baseFile: old.file, headFile: new.file,
      tolerance: rule.tolerance.relative)
    review.expression = new.expression
    guard let oldFile = old.file, let newFile = new.file else {
      let (before, after) = (old.text ?? "", new.text ?? "")
      if !before.utf8.elementsEqual(after.utf8) { note(TextComparison(before, after, rule: rule), in: &review) }
      return review
    }
    if records.isKnownToBeTheSame(oldFile, newFile) { return review }
    do {
      let (before, after) = try records.read(oldFile, newFile)
      if before == after { return review }
      guard max(before.count, after.count) <= Self.largest else {
        return unreadable(
          "it is different, and too large to be compared number by number (\(after.count >> 20) MB)", review)
      }
      let single = Set(old.singlePrecision ?? []).intersection(new.singlePrecision ?? [])
      note(
        new.kind.comparator.compare(
          OutputSides(
            base: before, head: after, singlePrecision: single, rule: new.expression == nil ? rule : rule.forSentences)),
        in: &review)
    } catch {
      return unreadable((error as? Diagnostic)?.message ?? "\(error)", review)
    }
    return review
  }

  private func unreadable(_ reason: String, _ review: OutputReview) -> OutputReview {
    var review = review
    (review.verdict, review.isStructural, review.findings) = (.changed, true, [reason])
    return review
  }

  /// Takes over what a comparison of two outputs that are not the same byte by byte has found.
  private func note(_ found: any Comparison, in review: inout OutputReview) {
    // Bytes that differ, and say the same: a space, a digit that was written in another way.
    review.verdict = found.verdict == .same ? .within : found.verdict
    review.isStructural = found.isStructural
    review.lines = found.lines
    if found.numbers.count > 0 { review.numbers = found.numbers }
    review.findings = found.findings + found.numbers.sentences + found.remarks
    if review.verdict == .within, review.findings.isEmpty {
      review.findings = ["it is written or drawn with other digits; what is compared is the same"]
    }
  }
}

extension NumberChanges {
  /// What a reader must know of them.
  var sentences: [String] {
    var sentences: [String] = []
    if changed > 0, let largest {
      sentences.append(
        "\(changed) of \(Words.count(count, "number")) changed; most: \(largest.text) (\(PlainNumber.percent(largest.relative)))")
      if let relative = largestRelative, relative.place != largest.place {
        sentences.append("relative to itself most: \(relative.text) (\(PlainNumber.percent(relative.relative)))")
      }
    }
    if signFlips > 0 { sentences.append("\(Words.count(signFlips, "number")) changed sign") }
    if missing > 0 { sentences.append("\(Words.count(missing, "number")) came or went (NaN)") }
    if let largestWithin {
      let share = PlainNumber.percent(largestWithin.share)
      sentences.append(
        "\(Words.count(within, "number")) \(within == 1 ? "differs" : "differ") within the tolerance, by at most \(share); most: \(largestWithin.text)"
      )
      if noise > 0 { sentences.append("\(noise) of these only as rounding beside larger numbers") }
    }
    if changed > 0, let correlation { sentences.append(String(format: "correlation %.4f", correlation)) }
    return sentences
  }
}

extension NumberChanges.Difference {
  /// `L14H0 at ' a' (312): 0.81 -> 0.78`
  package var text: String { "\(place): \(Words.change(base, head))" }
}
