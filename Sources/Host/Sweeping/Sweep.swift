import Document
import Foundation
import Keys
import Record

/// A sweep: many runs of one notebook, each a point, here or on a cluster.
///
/// It is known by what it consists of: the notebook's code, the points and what they take. So the same command finds the same sweep again, with all that is
/// done of it, and a notebook that was changed begins another one.
package struct Sweep: Sendable {
  package let folder: SweepFolder
  package let receipt: SweepReceipt
  package let points: [SweepPoint]

  private static let pointsFile = "points.jsonl"
  private static let notebookFile = "notebook.md"

  // MARK: - Planning

  /// Plans a sweep, and writes down what it consists of before anything runs. One that is there already stays as it is.
  /// - Parameters:
  ///   - project: the project's folder, as paths begin: empty for the working directory.
  ///   - folio: the version of Folio.
  ///   - begins: whether one that is not there yet is written down; if not, it is an error.
  /// - Throws: a `Diagnostic` if there is no point, or if nothing can be written.
  package static func plan(
    _ notebook: Notebook, variants: [Variant], resources: Resources = Resources(), options: SweepReceipt.Options = .init(),
    site: String, inProject project: String, folio: String, begins: Bool = true
  ) throws -> Sweep {
    guard !variants.isEmpty else {
      throw Diagnostic(
        "\(notebook.file) names no runs",
        advice: "Give its parameters values, as -P idx=0..25, or name them in its front matter: variants: {idx: 0..25}.")
    }
    let source = SweepSource(notebook)
    let points = SweepPoint.all(variants, of: source)
    let receipt = SweepReceipt(
      folio: folio, file: SweepFolder.path(notebook.file, fromProject: project), notebook: notebook.notebookName,
      source: source.digest, count: points.count,
      resources: notebook.frontMatter.resources.overridden(by: resources), options: options,
      site: SweepFolder.path(site, fromProject: project))
    let name = "\(notebook.notebookName.replacing("/", with: "~"))-\(id(points, source, receipt))"
    let folder = SweepFolder(path: "\(SweepFolder.all(inProject: project))/\(name)")
    if folder.isThere { return try Sweep(folder) }
    guard begins else {
      throw Diagnostic(
        "there is no sweep of these \(points.count) points of \(notebook.file) as the notebook is now",
        advice: "'folio sweep --list' names those that there are; their folders can be named in place of the notebook.")
    }
    try ignoreByGit(project)
    try folder.write(Data(notebook.markdown.utf8), to: notebookFile)
    var lines = Data()
    for point in points { lines += Data((point.line + "\n").utf8) }
    try folder.write(lines, to: pointsFile)
    // It names the others, so it comes last.
    try folder.write(receipt, to: SweepReceipt.fileName)
    return Sweep(folder: folder, receipt: receipt, points: points)
  }

  private static func id(_ points: [SweepPoint], _ source: SweepSource, _ receipt: SweepReceipt) -> String {
    var builder = KeyBuilder("sweep")
    builder.add("source", source.digest)
    // Its cells read files from there.
    builder.add("file", receipt.file)
    builder.add("device", receipt.options.device ?? "")
    for point in points { builder.add(point.variant.name, point.digest) }
    return String(builder.key.description.prefix(8))
  }

  /// Sweeps are no part of a repository.
  private static func ignoreByGit(_ project: String) throws {
    let path = "\((project.isEmpty ? "" : project)).folio/.gitignore"
    guard !FileManager.default.fileExists(atPath: path) else { return }
    try SweepFolder(path: (path as NSString).deletingLastPathComponent).write(Data("*\n".utf8), to: ".gitignore")
  }

  private init(folder: SweepFolder, receipt: SweepReceipt, points: [SweepPoint]) {
    (self.folder, self.receipt, self.points) = (folder, receipt, points)
  }

  // MARK: - Finding

  /// Reads the sweep that lies in a folder.
  /// - Throws: a `Diagnostic` if there is none, or if it is not whole.
  package init(_ folder: SweepFolder) throws {
    guard let receipt = folder.read(SweepReceipt.self, SweepReceipt.fileName), receipt.format == 1,
      let text = FileManager.default.contents(atPath: folder.file(Self.pointsFile)).map({ String(decoding: $0, as: UTF8.self) })
    else {
      throw Diagnostic(
        "there is no sweep in '\(folder.path)'", advice: "'folio sweep --list' names those of this project.")
    }
    (self.folder, self.receipt) = (folder, receipt)
    let defaults = try Self.source(folder, receipt).notebookText().defaults
    let lines = text.split(separator: "\n")
    points = lines.enumerated().compactMap { SweepPoint(line: $1, number: $0, defaults: defaults) }
    guard points.count == receipt.count, lines.count == receipt.count else {
      throw Diagnostic("'\(folder.file(Self.pointsFile))' does not hold the \(receipt.count) points of the sweep")
    }
  }

  /// The sweeps of a notebook, the latest first; of all notebooks if none is named.
  package static func all(inProject project: String, of notebook: String? = nil) -> [SweepFolder] {
    let root = SweepFolder.all(inProject: project)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    let folders = names.map { SweepFolder(path: "\(root)/\($0)") }.filter { folder in
      guard let receipt = folder.read(SweepReceipt.self, SweepReceipt.fileName) else { return false }
      return notebook == nil || receipt.notebook == notebook
    }
    func time(_ folder: SweepFolder) -> (Int, Int) {
      var status = stat()
      return stat(folder.file(SweepReceipt.fileName), &status) == 0 ? (status.st_mtim.tv_sec, status.st_mtim.tv_nsec) : (0, 0)
    }
    return folders.map { ($0, time($0)) }.sorted { $0.1 > $1.1 }.map(\.0)
  }

  /// The folder of the site that its pages are for, from the working directory.
  package var site: String { folder.path(fromReceipt: receipt.site) }

  package var name: String { folder.name }

  /// Whether the notebook's file still says what it said when the sweep was planned.
  package var isOfNotebookNow: Bool {
    guard let now = try? Notebook(contentsOf: folder.path(fromReceipt: receipt.file)) else { return false }
    return SweepSource(now).digest == receipt.source
  }

  // MARK: - What runs

  private static func source(_ folder: SweepFolder, _ receipt: SweepReceipt) throws -> SweepSource {
    guard let text = FileManager.default.contents(atPath: folder.file(notebookFile)) else {
      throw Diagnostic("'\(folder.file(notebookFile))' is not there: it is the notebook that the sweep runs")
    }
    return SweepSource(
      markdown: String(decoding: text, as: UTF8.self), file: folder.path(fromReceipt: receipt.file), digest: receipt.source)
  }

  /// The notebook as it was when the sweep was planned.
  /// - Throws: a `Diagnostic` if code that it shares with others is not what it was.
  package func notebook() throws -> Notebook { try Self.source(folder, receipt).notebook() }

  // MARK: - Submissions

  package var submissions: [SweepSubmission] {
    folder.names(in: "submissions").filter { $0.wholeMatch(of: /[0-9]+\.json/) != nil }.compactMap {
      folder.read(SweepSubmission.self, "submissions/\($0)")
    }.sorted { $0.number < $1.number }
  }

  /// The number that a cluster gave a submission; nil if it is not known.
  package func job(of submission: SweepSubmission) -> String? {
    FileManager.default.contents(atPath: folder.file("submissions/\(submission.number).job")).map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }.flatMap { $0.isEmpty ? nil : $0 }
  }

  func note(job: String, of submission: SweepSubmission) throws {
    try folder.write(Data((job + "\n").utf8), to: "submissions/\(submission.number).job")
  }

  /// Writes down what is about to be handed to an executor.
  /// - Parameters:
  ///   - status: what was known when the tasks were made.
  ///   - resources: what the command says of what a run takes; what it does not say is as it was before.
  ///   - process: this process, which others see to be at work as long as it is.
  /// - Returns: nil if another command has handed over something meanwhile: then its points are in its hands.
  package func submission(
    _ executor: SweepSubmission.Executor, tasks: [[Int]], after status: SweepStatus, retriesFailed: Bool = false,
    resources: Resources = Resources(), options: SweepReceipt.Options = .init(), process: SweepProcess
  ) throws -> SweepSubmission? {
    if let device = options.device, device != receipt.options.device {
      throw Diagnostic(
        "the sweep in '\(folder.path)' computes on \(receipt.options.device ?? "the device that the notebook names")",
        advice: "Results of another device are another sweep: 'folio sweep' with the values and '--device \(device)' plans it.")
    }
    let former = submissions.last
    let number = status.latestSubmission + 1
    let submission = SweepSubmission(
      number: number, executor: executor, tasks: tasks, retriesFailed: retriesFailed, name: Self.jobName(receipt.notebook),
      resources: (former?.resources ?? receipt.resources).overridden(by: resources),
      options: (former?.options ?? receipt.options).overridden(by: options), process: process.name)
    return try folder.writeFirst(submission, to: "submissions/\(number).json") ? submission : nil
  }

  /// A name that no other job has, of letters that every list of Slurm's takes.
  private static func jobName(_ notebook: String) -> String {
    let word = notebook.split(separator: "/").last.map { $0.filter { $0.isASCII && ($0.isLetter || $0.isNumber) } } ?? ""
    return "folio-\(word.prefix(40))-\(UUID().uuidString.prefix(8).lowercased())"
  }

  static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension SweepSource {
  /// The notebook's own text, without the code that it shares.
  func notebookText() throws -> Notebook { try Notebook(markdown: markdown, file: file) }
}
