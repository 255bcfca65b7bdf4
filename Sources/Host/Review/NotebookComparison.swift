import Foundation
import Record

/// The records of one notebook, cell by cell.
struct NotebookComparison {
  let base: any RecordSource
  let head: any RecordSource
  let notebook: String
  let tolerance: Tolerance?

  /// - Parameter tolerance: for all cells; nil for what they, the notebook, and the standard say.
  init(_ notebook: String, _ base: any RecordSource, _ head: any RecordSource, tolerance: Tolerance?) {
    (self.notebook, self.base, self.head, self.tolerance) = (notebook, base, head, tolerance)
  }

  func review() -> NotebookReview {
    do {
      let (old, new) = (try base.index(of: notebook), try head.index(of: notebook))
      let records = try RecordPair(of: notebook, base: base, head: head)
      let sources = CellSources(try base.markdown(of: old.ownNotebook), try head.markdown(of: new.ownNotebook))
      var review = NotebookReview(name: notebook, status: .same, cells: cells(old, new, in: records, sources: sources))
      review.parameters = parameters(old, new)
      if let before = old.device, let after = new.device, before != after {
        review.device = ValueChange(name: "device", base: before, head: after)
      }
      let isChanged = !review.parameters.isEmpty || review.cells.contains { $0.isChanged }
      review.status = isChanged ? .changed : .same
      return review
    } catch {
      if isKnownToBeTheSame { return NotebookReview(name: notebook, status: .same, cells: []) }
      let reason = (error as? RecordIndex.Unreadable)?.reason ?? (error as? Diagnostic)?.message ?? "\(error)"
      return NotebookReview(name: notebook, status: .unreadable, cells: [], problem: reason)
    }
  }

  /// Whether git says of all files that they are the same, also of those that cannot be read.
  private var isKnownToBeTheSame: Bool {
    guard let records = try? RecordPair(of: notebook, base: base, head: head), !records.baseFiles.isEmpty else { return false }
    return records.baseFiles == records.headFiles && records.baseFiles.values.allSatisfy { $0 != nil }
  }

  private func parameters(_ old: RecordIndex, _ new: RecordIndex) -> [ValueChange] {
    Set(old.parameters.keys).union(new.parameters.keys).sorted().compactMap { name in
      let (before, after) = (old.parameters[name], new.parameters[name])
      return before == after ? nil : ValueChange(name: name, base: before, head: after)
    }
  }

  // MARK: - Cells

  private func cells(_ old: RecordIndex, _ new: RecordIndex, in records: RecordPair, sources: CellSources) -> [CellReview] {
    let pairing = CellPairing(old.cells, new.cells)
    var reviews = new.cells.enumerated().map { index, cell -> CellReview in
      guard let former = pairing.former[index] else {
        return CellReview(
          id: cell.id, status: .added,
          outputs: cell.outputs.enumerated().map { alone($1, number: $0 + 1, isAdded: true) })
      }
      let before = old.cells[former]
      let rule = NumberRule(tolerance ?? cell.tolerance ?? new.tolerance)
      var review = compare(before, cell, by: OutputComparison(records: records, rule: rule))
      if before.id != cell.id, !(before.isNamedByPlace && cell.isNamedByPlace) { review.formerID = before.id }
      review.isMoved = pairing.moved.contains(index)
      if before.key != cell.key { review.source = sources.changes(before.id, cell.id) }
      return review
    }
    for index in pairing.removed.reversed() {
      let cell = old.cells[index]
      let review = CellReview(
        id: cell.id, status: .removed, outputs: cell.outputs.enumerated().map { alone($1, number: $0 + 1, isAdded: false) })
      // After the cell that it stood behind.
      let place = (0..<index).reversed().lazy.compactMap { former in pairing.former.first { $0.value == former }?.key }.first
      reviews.insert(review, at: place.map { $0 + 1 } ?? 0)
    }
    return reviews
  }

  private func alone(_ output: RecordIndex.Output, number: Int, isAdded: Bool) -> OutputReview {
    OutputReview(
      kind: output.kind.rawValue, number: number, expression: output.expression, verdict: isAdded ? .added : .removed,
      baseFile: isAdded ? nil : output.file, headFile: isAdded ? output.file : nil, tolerance: 0)
  }

  private func compare(_ old: RecordIndex.Cell, _ new: RecordIndex.Cell, by comparison: OutputComparison) -> CellReview {
    var review = CellReview(id: new.id, status: .same)
    if old.outcome != new.outcome {
      review.outcome = ValueChange(name: "outcome", base: old.outcome.rawValue, head: new.outcome.rawValue)
    }
    let pairing = outputPairing(old.outputs, new.outputs)
    for (before, after) in pairing.pairs {
      let output = comparison.compare(old.outputs[before], new.outputs[after], number: after + 1)
      if output.verdict != .same { review.outputs.append(output) }
    }
    review.outputs += pairing.gone.map { alone(old.outputs[$0], number: $0 + 1, isAdded: false) }
    review.outputs += pairing.came.map { alone(new.outputs[$0], number: $0 + 1, isAdded: true) }
    let isWithin = review.outputs.allSatisfy { $0.verdict == .within }
    review.status = review.outcome == nil && isWithin ? (review.outputs.isEmpty ? .same : .within) : .changed
    return review
  }

  /// Outputs belong together if they have the same kind and expression, in order; of the rest, those of the same kind.
  private func outputPairing(_ old: [RecordIndex.Output], _ new: [RecordIndex.Output]) -> Pairing {
    var (gone, came) = (Array(old.indices), Array(new.indices))
    var pairs: [(Int, Int)] = []
    for trait: (RecordIndex.Output) -> [String] in [{ [$0.kind.rawValue, $0.expression ?? ""] }, { [$0.kind.rawValue] }] {
      let found = Alignment.pairs(gone.map { trait(old[$0]) }, came.map { trait(new[$0]) }).map { (gone[$0], came[$1]) }
      pairs += found
      gone.removeAll { index in found.contains { $0.0 == index } }
      came.removeAll { index in found.contains { $0.1 == index } }
    }
    return Pairing(pairs: pairs.sorted { $0.1 < $1.1 }, oldCount: old.count, newCount: new.count)
  }
}

extension RecordIndex {
  /// The name of the notebook of which it is a run: that of its file.
  var ownNotebook: String { run?.notebook ?? notebook }
}

extension RecordIndex.Cell {
  /// Whether its name is only its number, which another cell's coming or going changes.
  fileprivate var isNamedByPlace: Bool { id.wholeMatch(of: /(cell|inline)-\d+/) != nil }
}

/// Which cells of both belong together: those of the same label, of the others those of the same source, and then those of the same number.
struct CellPairing {
  /// By the index in the head, that in the base.
  private(set) var former: [Int: Int] = [:]
  /// Indices in the head of cells that stand in another order.
  private(set) var moved: Set<Int> = []
  /// Indices in the base.
  private(set) var removed: [Int] = []

  init(_ old: [RecordIndex.Cell], _ new: [RecordIndex.Cell]) {
    var free = Array(old.indices)
    func pair(_ belong: (RecordIndex.Cell, RecordIndex.Cell) -> Bool) {
      for (index, cell) in new.enumerated() where former[index] == nil {
        guard let place = free.firstIndex(where: { belong(old[$0], cell) }) else { continue }
        former[index] = free.remove(at: place)
      }
    }
    pair { $0.id == $1.id && !$0.isNamedByPlace }
    // In order as far as there is one: equal cells follow each other.
    let (rest, unknown) = (free, new.indices.filter { former[$0] == nil && new[$0].key != nil })
    for (place, index) in Alignment.pairs(rest.map { old[$0].key }, unknown.map { new[$0].key }) {
      former[unknown[index]] = rest[place]
    }
    free.removeAll { former.values.contains($0) }
    pair { $0.key != nil && $0.key == $1.key }
    pair { $0.id == $1.id }
    removed = free
    let common = former.sorted { $0.key < $1.key }
    let kept = Set(Alignment.longestRise(common.map(\.value)))
    moved = Set(common.indices.filter { !kept.contains($0) }.map { common[$0].key })
  }
}
