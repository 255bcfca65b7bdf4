import Document
import Foundation
import Keys
import Machine
import Record
import Store

/// Makes MathML of a notebook's formulas: all that are not kept already at once, by a process for each core.
package struct FormulaConverter: Sendable {
  /// What became of a formula.
  package enum Result: Sendable, Equatable {
    /// A `math` element.
    case html(String)
    case problem(FormulaProblem)
  }

  private let store: EntryStore?
  private let program: String

  /// - Parameters:
  ///   - store: where MathML is kept; nil keeps nothing.
  ///   - program: blahtexml, by its path or its name on the `PATH`.
  package init(store: EntryStore?, program: String = "blahtexml") { (self.store, self.program) = (store, program) }

  /// What `folio doctor` tells of the program.
  package static func version() throws -> String { try Blahtexml().version() }

  /// What becomes of each formula.
  /// - Throws: a `Diagnostic` if there are formulas and no program.
  package func results(_ formulas: [Formula]) throws -> [Formula.Source: Result] {
    if formulas.isEmpty { return [:] }
    let blahtexml = Blahtexml(program: program)
    let version = try blahtexml.version()
    var (results, unknown) = ([Formula.Source: Result](), [Formula.Source]())
    var seen: Set<Formula.Source> = []
    for source in formulas.map(\.source) where seen.insert(source).inserted {
      if let html = store?.data(.formulas, key(source, version)).map({ String(decoding: $0, as: UTF8.self) }) {
        results[source] = .html(html)
      } else if let problem = FormulaProblem.forbiddenCharacter(in: source.tex) {
        results[source] = .problem(problem)
      } else {
        unknown.append(source)
      }
    }
    for (source, answer) in zip(unknown, try answers(unknown, blahtexml)) {
      let result = Self.result(answer, source)
      if case .html(let html) = result { _ = store?.put(Data(html.utf8), .formulas, key(source, version)) }
      results[source] = result
    }
    return results
  }

  private func key(_ source: Formula.Source, _ version: String) -> Key {
    var builder = KeyBuilder("formula")
    builder.add("tex", source.tex)
    builder.add("display", source.isDisplay ? "yes" : "no")
    builder.add("blahtexml", version)
    builder.add("writer", "\(MathMLWriter.version)")
    return builder.key
  }

  private func answers(_ sources: [Formula.Source], _ blahtexml: Blahtexml) throws -> [Blahtexml.Answer] {
    if sources.isEmpty { return [] }
    // A process takes some milliseconds to begin, as long as dozens of formulas take.
    let parts = max(1, min(Processor.threads, sources.count / 50))
    let size = (sources.count + parts - 1) / parts
    let batches = stride(from: 0, to: sources.count, by: size).map { Array(sources[$0..<min($0 + size, sources.count)]) }
    let answers = Answers(count: batches.count)
    DispatchQueue.concurrentPerform(iterations: batches.count) { index in
      answers.set(
        index, Swift.Result { try blahtexml.answers(batches[index].map { (TeXMacros.expanded($0.tex), $0.isDisplay) }) })
    }
    return try answers.all.flatMap { try $0.get() }
  }

  /// What the processes answer, each at its place.
  private final class Answers: @unchecked Sendable {
    private let lock = NSLock()
    private var results: [Swift.Result<[Blahtexml.Answer], any Error>]

    init(count: Int) { results = Array(repeating: .success([]), count: count) }

    func set(_ index: Int, _ result: Swift.Result<[Blahtexml.Answer], any Error>) { lock.withLock { results[index] = result } }

    var all: [Swift.Result<[Blahtexml.Answer], any Error>] { lock.withLock { results } }
  }

  private static func result(_ answer: Blahtexml.Answer, _ source: Formula.Source) -> Result {
    switch answer {
    case .error(let message): return .problem(FormulaProblem(message: message, tex: source.tex))
    case .failure: return .problem(.unreadable)
    case .mathML(let root):
      guard let html = try? MathMLWriter.html(root, tex: source.tex, isDisplay: source.isDisplay) else {
        return .problem(.unreadable)
      }
      return .html(html)
    }
  }
}
