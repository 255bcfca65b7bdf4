import Document
import Foundation
import Record
import Session
import Sweeping
import Synchronization
import TestSupport

/// A project of a test's own, with one notebook that can be swept.
final class SweepProject: Sendable {
  let folder: TestFolder

  static let text = """
    ---
    params: {idx: 0}
    variants: {idx: 0..5}
    resources: {memory: 2G, cores: 1}
    ---
    # Points

    ```swift
    //| label: square
    let square = params.idx * params.idx
    precondition(params.idx != 3, "three is bad")
    square
    ```

    """

  init(_ text: String = SweepProject.text) throws {
    folder = try TestFolder()
    try write(text)
  }

  var path: String { folder.path + "/" }
  var site: String { path + "Site" }

  func write(_ text: String) throws { try folder.write(text, to: "Notebooks/n.md") }

  func notebook() throws -> Notebook { try Notebook(contentsOf: path + "Notebooks/n.md") }

  /// The sweep of the notebook's variants, or of others.
  func plan(
    _ variants: [Variant]? = nil, resources: Resources = Resources(), options: SweepReceipt.Options = .init()
  ) throws -> Sweep {
    let notebook = try notebook()
    return try Sweep.plan(
      notebook, variants: variants ?? notebook.frontMatter.variants, resources: resources, options: options, site: site,
      inProject: path, folio: "1")
  }

  /// Where a file of the sweep lies, from the project's folder.
  func file(_ name: String, of sweep: Sweep) -> String { ".folio/sweeps/\(sweep.folder.name)/\(name)" }

  var options: NotebookSession.Options {
    var options = NotebookSession.Options()
    options.store = folder.path + "/cache"
    return options
  }
}

extension Sweep {
  /// A result of a point, as a run of it would give.
  func result(_ number: Int, values: [String] = ["1"], fails: Bool = false, submission: Int = 1) -> SweepResult {
    let problem = Diagnostic("it went wrong")
    let outputs = values.map(Output.value) + (fails ? [.error(CellError(kind: .trap, diagnostics: [problem]))] : [])
    let cell = CellRecord(id: "square", outcome: fails ? .failed : .succeeded, outputs: outputs)
    return SweepResult(
      of: points[number], record: NotebookRecord(notebook: "n", cells: [cell]), seconds: 1, peakMemory: 1, host: "here",
      job: "7_0",
      submission: submission)
  }

  func places(_ slurm: Slurm) -> [String] { SweepStatus(self, slurm: slurm).places.map(\.word) }
}

extension SweepStatus.Place {
  var word: String {
    switch self {
    case .done: "done"
    case .failed: "failed"
    case .queued(let isRunning, _): isRunning ? "running" : "queued"
    case .lost: "lost"
    case .outdated: "outdated"
    case .waiting: "waiting"
    }
  }
}

/// Slurm that answers as a test says, and remembers what it was asked.
final class ScriptedSlurm: SlurmCommands {
  struct Answer: Sendable {
    var status: Int32 = 0
    var output = ""
    var errors = ""
  }

  private let state: Mutex<(answers: [String: [Answer]], asked: [[String]])>

  /// - Parameter answers: by program, one after the other; the last one is given again and again. A program without any is not there.
  init(_ answers: [String: [Answer]]) { state = Mutex((answers, [])) }

  convenience init(_ answers: [String: String]) { self.init(answers.mapValues { [Answer(output: $0)] }) }

  var asked: [[String]] { state.withLock { $0.asked } }

  func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let answer = state.withLock { state -> Answer? in
      state.asked.append([program] + arguments)
      guard let answers = state.answers[program], let first = answers.first else { return nil }
      if answers.count > 1 { state.answers[program]?.removeFirst() }
      return first
    }
    guard let answer else { throw Diagnostic("there is no \(program)") }
    return (answer.status, answer.output, answer.errors)
  }

  var slurm: Slurm { Slurm(self, pause: { _ in }) }
}
