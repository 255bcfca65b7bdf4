import ArgumentParser
import Building
import Document
import Foundation
import Record
import Session
import Sweeping

/// What many runs of one notebook cost besides what their cells compute.
struct SweepBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Measure what runs cost besides their cells, and the planning of many.",
    discussion: """
      A point of a trivial notebook (two parameters, three cells, one figure) has 30 ms of processor time for its session, its page and its record; \
      planning 100,000 points has 5 s and 500 MB.
      """)

  @Option(help: ArgumentHelp("How many points are run.", valueName: "n"))
  var points = 1000

  @Option(help: ArgumentHelp("How many points are planned.", valueName: "n"))
  var planned = 100_000

  private static let notebook = """
    ---
    params: {idx: 0, scale: 1.5}
    ---
    # Points

    ```swift
    let start = 7
    ```

    ```swift
    //| label: value
    let square = start + params.idx * params.idx
    square
    ```

    ```swift
    //| label: rows
    LineChart(["y": (0...20).map { Double($0 * square) * params.scale }])
    ```

    It is `{swift} square`.

    """

  func run() throws {
    let workshop = try Workshop()
    defer { workshop.close() }
    let file = workshop.folder + "/Notebooks/points.md"
    try FileManager.default.createDirectory(atPath: workshop.folder + "/Notebooks", withIntermediateDirectories: true)
    try workshop.write(Self.notebook, to: file)
    let notebook = try Notebook(contentsOf: file)
    // Planning comes first: what runs take of memory would hide what planning does.
    try measurePlanning(notebook, in: workshop)
    try measureRuns(notebook, in: workshop)
  }

  private func measurePlanning(_ notebook: Notebook, in workshop: Workshop) throws {
    let time = try seconds {
      let variants = try notebook.variants(assigning: [("idx", "0..<\(planned / 2)"), ("scale", "1.5,2")])
      let project = workshop.folder + "/"
      _ = try Sweep.plan(
        notebook, variants: variants, site: workshop.folder + "/Site", inProject: project, folio: "bench")
    }
    let again = try seconds {
      guard let folder = Sweep.all(inProject: workshop.folder + "/").first else { return }
      _ = try Sweep(folder)
    }
    report("planning \(planned) points, receipt written", text(time), judged(time, limit: 5))
    report("  reading them back", text(again), judged(again, limit: 5))
    let memory = Double(Self.peakMemory) / 1e6
    report("  memory of the program, MB", String(format: "%.0f", memory), judged(memory, limit: 500))
  }

  private func measureRuns(_ notebook: Notebook, in workshop: Workshop) throws {
    let runs = try notebook.variants(assigning: [("idx", "0..<\(points)")]).map(notebook.running)
    let site = workshop.folder + "/Site"
    for name in ["with nothing known", "with all known"] {
      let before = Self.processorTime
      let time = try seconds {
        let builder = SiteBuilder(runs, site: site, options: workshop.options("points"))
        guard builder.build(observe: { _ in }) == .succeeded else { throw ExitCode(1) }
      }
      let each = (Self.processorTime - before) / Double(points)
      report("\(points) points, \(name), processor time of each", text(each), judged(each, limit: 0.03))
      report("  the whole build", text(time), "")
    }
  }

  /// Of this process and of those that have ended: workers and compilers.
  private static var processorTime: Double {
    [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue].reduce(0) { sum, who in
      var usage = rusage()
      getrusage(__rusage_who_t(who), &usage)
      return sum + [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
  }

  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
