/// Finds what a mistyped word was meant to be.
package enum Suggestion {
  /// `Did you mean 'label'?` if one of the names is near; else the names there are.
  package static func advice(for word: String, among names: [String]) -> String {
    if let nearest = nearest(to: word, among: names) { return "Did you mean '\(nearest)'?" }
    return "There are: \(names.joined(separator: ", "))."
  }

  /// The name with the smallest edit distance, if at most a third of the word is wrong.
  package static func nearest(to word: String, among names: [String]) -> String? {
    let best = names.map { (name: $0, distance: distance(word.lowercased(), $0.lowercased())) }.min { $0.distance < $1.distance }
    guard let best, best.distance <= max(1, (best.name.count + 1) / 3) else { return nil }
    return best.name
  }

  /// Levenshtein's.
  static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        (diagonal, row[j + 1]) = (row[j + 1], min(diagonal + (a == b ? 0 : 1), row[j] + 1, row[j + 1] + 1))
      }
    }
    return row[right.count]
  }
}
