import Foundation
import Record

/// One output in both records.
struct OutputComparison {
  private let base: any RecordSource
  private let head: any RecordSource
  private let notebook: String
  private let rule: NumberRule
  private let files: (base: [String: String?], head: [String: String?])

  /// Larger ones are not taken apart: they would not fit into memory, or onto a page.
  private static let largest = 64 << 20

  init(
    _ base: any RecordSource, _ head: any RecordSource, _ notebook: String, _ rule: NumberRule,
    _ files: (base: [String: String?], head: [String: String?])
  ) {
    (self.base, self.head, self.notebook, self.rule, self.files) = (base, head, notebook, rule, files)
  }

  func compare(_ old: RecordIndex.Output, _ new: RecordIndex.Output, number: Int) -> OutputReview {
    var review = OutputReview(
      kind: new.kind.rawValue, number: number, verdict: .same, baseFile: old.file, headFile: new.file,
      tolerance: rule.tolerance.relative)
    review.expression = new.expression
    guard let oldFile = old.file, let newFile = new.file else {
      let (before, after) = (old.text ?? "", new.text ?? "")
      if !before.utf8.elementsEqual(after.utf8) { take(TextComparison(before, after, rule: rule), &review) }
      return review
    }
    // Git knows equal contents by their names.
    if let before = files.base[oldFile] ?? nil, let after = files.head[newFile] ?? nil, before == after { return review }
    do {
      let (before, after) = (try base.read(oldFile, of: notebook), try head.read(newFile, of: notebook))
      guard let before, let after else {
        let missing = before == nil ? "\(base.name) has no \(oldFile)" : "\(head.name) has no \(newFile)"
        return unreadable(missing, review)
      }
      if before == after { return review }
      guard max(before.count, after.count) <= Self.largest else {
        review.findings = ["it is different, and too large to be compared number by number (\(after.count >> 20) MB)"]
        (review.verdict, review.isStructural) = (.changed, true)
        return review
      }
      take(new.kind.comparator.compare(sides(old, new, before, after)), &review)
    } catch {
      return unreadable((error as? Diagnostic)?.message ?? "\(error)", review)
    }
    return review
  }

  private func sides(_ old: RecordIndex.Output, _ new: RecordIndex.Output, _ base: Data, _ head: Data) -> OutputSides {
    let single = Set(old.singlePrecision ?? []).intersection(new.singlePrecision ?? [])
    return OutputSides(base: base, head: head, singlePrecision: single, rule: new.expression == nil ? rule : rule.forSentences)
  }

  private func unreadable(_ reason: String, _ review: OutputReview) -> OutputReview {
    var review = review
    (review.verdict, review.isStructural, review.findings) = (.changed, true, [reason])
    return review
  }

  /// Takes over what a comparison of two outputs that are not the same byte by byte has found.
  private func take(_ found: any Comparison, _ review: inout OutputReview) {
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
  public var text: String { "\(place): \(Words.change(base, head))" }
}
