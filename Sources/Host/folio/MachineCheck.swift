import Building
import Document
import Foundation
import Machine
import Mathematics
import Record
import Session
import Store

/// Looks whether this machine can run notebooks, part by part; for `folio doctor`.
enum MachineCheck {
  struct Finding {
    enum State {
      case fine
      /// It is not here, and nothing needs it.
      case absent
      case missing
    }

    var part: String
    var state: State
    /// What was found; for what is not fine, with an advice.
    var text: String
  }

  /// All findings, in the order in which parts depend on each other.
  static func findings() -> [Finding] {
    [
      finding("Swift") {
        let toolchain = try Toolchain.find()
        return "\(try toolchain.version()), \(toolchain.frontend)"
      },
      finding("Folio") { try Installation.find().worker },
      finding("Markdown") { Notebook.parserVersion },
      mathematics,
      finding("a cell") {
        let clock = ContinuousClock()
        var answer = ""
        let duration = try clock.measure { answer = try answerOfCell("6 * 7") }
        return String(format: "compiled and run in %.2f s, with the worker's start: %@", duration / .seconds(1), answer)
      },
      finding("numerics") { try answerOfCell("MachineReport.numerics()") + preset },
      graphics,
      finding("memory") { try memory() },
      finding("disk") { try disk() },
      finding("cache") { try cache() },
      finding("models") { models() },
    ]
  }

  private static func finding(_ part: String, _ look: () throws -> String) -> Finding {
    do {
      return Finding(part: part, state: .fine, text: try look())
    } catch let error as Diagnostic {
      return Finding(part: part, state: .missing, text: error.description)
    } catch {
      return Finding(part: part, state: .missing, text: Diagnostic.words(error))
    }
  }

  /// The value of a notebook of one cell, run as any other.
  private static func answerOfCell(_ source: String) throws -> String {
    let notebook = Notebook(
      file: "doctor.md", frontMatter: FrontMatter(), blocks: [.cell(Cell(number: 1, source: source, line: 1))])
    var options = NotebookSession.Options()
    options.store = nil
    options.device = .cpu
    let record = try notebook.session(options).run(notebook).record
    for case .value(let text) in record.cells.flatMap(\.outputs) { return text }
    throw Diagnostics(record.cells.compactMap(\.error).flatMap(\.diagnostics))
  }

  /// Cells run without a graphics card too, so none, or what one lacks, is no fault of the machine.
  private static var graphics: Finding {
    let report =
      (try? Installation.find().graphics(withMemory: true)) ?? GraphicsReport(obstacle: "Folio's own parts are missing.")
    return Finding(part: "graphics processor", state: report.usableCards.isEmpty ? .absent : .fine, text: report.words)
  }

  /// Only formulas need it.
  private static var mathematics: Finding {
    do {
      return Finding(part: "mathematics", state: .fine, text: try FormulaConverter.version())
    } catch {
      return Finding(
        part: "mathematics", state: .absent, text: "no 'blahtexml', which formulas need: 'apt-get install blahtexml'")
    }
  }

  private static var preset: String {
    guard let preset = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] else { return "" }
    return " (OPENBLAS_CORETYPE=\(preset) in the environment; Folio chooses for its worker itself)"
  }

  private static func memory() throws -> String {
    let gibibytes = [SystemMemory.available, SystemMemory.total].map { Double($0) / 1_073_741_824 }
    return String(
      format: "%.1f GiB available of %.1f; gemma-2b takes 5 for its weights and 1 for a long prompt", gibibytes[0], gibibytes[1])
  }

  private static func disk() throws -> String {
    let folder = FileManager.default.temporaryDirectory.path
    guard let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder) else {
      throw Diagnostic(
        "there is no folder '\(folder)' for temporary files",
        advice: "Name one that you may write to by the environment variable TMPDIR.")
    }
    let free = (attributes[.systemFreeSize] as? NSNumber)?.doubleValue ?? 0
    guard free > 1e8 else { throw Diagnostic("\(folder) has less than 100 MB free", advice: "Compiled cells are put there.") }
    return String(format: "%.1f GB free in %@", free / 1e9, folder)
  }

  /// The store and its size.
  private static func cache() throws -> String {
    let store = EntryStore(folder: EntryStore.folder(environment: ProcessInfo.processInfo.environment))
    if let danger = store.makeSafeFolder() { throw Diagnostic(danger.message, advice: danger.advice) }
    let bytes = store.usage().values.reduce(0) { $0 + $1.bytes }
    return String(format: "%.1f MB in %@; see 'folio cache'", Double(bytes) / 1e6, store.folder)
  }

  /// The models of the hub cache.
  private static func models() -> String {
    let hub = ModelHub.folder()
    let names = ModelHub.models(in: hub)
    return names.isEmpty
      ? "none in \(hub.path); the shipped notebooks bring their own" : "\(names.joined(separator: ", ")) in \(hub.path)"
  }
}
