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
  /// - Throws: a `Diagnostic` if there is no point, or if nothing can be written.
  package static func plan(
    _ notebook: Notebook, variants: [Variant], resources: Resources, options: SweepReceipt.Options, site: String,
    inProject project: String, folio: String
  ) throws -> Sweep {
    guard !variants.isEmpty else {
      throw Diagnostic(
        "\(notebook.file) names no runs",
        advice: "Give its parameters values, as -P idx=0..25, or name them in its front matter: variants: {idx: 0..25}.")
    }
    let source = SweepSource(notebook)
    let points = SweepPoint.all(variants, of: source)
    let receipt = SweepReceipt(
      folio: folio, file: notebook.file, notebook: notebook.notebookName, source: source.digest, count: points.count,
      resources: notebook.frontMatter.resources.overridden(by: resources), options: options, site: site)
    let name = "\(notebook.notebookName.replacing("/", with: "~"))-\(id(points, source))"
    let folder = SweepFolder(path: "\(SweepFolder.all(inProject: project))/\(name)")
    if folder.isThere { return try Sweep(folder) }
    try ignoreByGit(project)
    try folder.write(Data(notebook.markdown.utf8), to: notebookFile)
    var lines = Data()
    for point in points { lines += Data((point.line + "\n").utf8) }
    try folder.write(lines, to: pointsFile)
    // It names the others, so it comes last.
    try folder.write(receipt, to: SweepReceipt.fileName)
    return Sweep(folder: folder, receipt: receipt, points: points)
  }

  private static func id(_ points: [SweepPoint], _ source: SweepSource) -> String {
    var builder = KeyBuilder("sweep")
    builder.add("source", source.digest)
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

  package var name: String { folder.path.split(separator: "/").last.map(String.init) ?? folder.path }

  // MARK: - What runs

  private static func source(_ folder: SweepFolder, _ receipt: SweepReceipt) throws -> SweepSource {
    guard let text = FileManager.default.contents(atPath: folder.file(notebookFile)) else {
      throw Diagnostic("'\(folder.file(notebookFile))' is not there: it is the notebook that the sweep runs")
    }
    return SweepSource(markdown: String(decoding: text, as: UTF8.self), file: receipt.file, digest: receipt.source)
  }

  /// The notebook as it was when the sweep was planned.
  /// - Throws: a `Diagnostic` if code that it shares with others is not what it was.
  package func notebook() throws -> Notebook { try Self.source(folder, receipt).notebook() }

  // MARK: - Submissions

  package var submissions: [SweepSubmission] {
    folder.names(in: "submissions").filter { $0.hasSuffix(".json") }.compactMap {
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

  /// Writes down what is about to be handed to an executor. Two commands at once do not take one number.
  package func submission(
    _ executor: SweepSubmission.Executor, tasks: [[Int]], retriesFailed: Bool
  ) throws -> SweepSubmission {
    try FileManager.default.createDirectory(atPath: folder.file("submissions"), withIntermediateDirectories: true)
    var number = (submissions.map(\.number).max() ?? 0) + 1
    // To make a folder is one step on every file system: only one of several gets it.
    while mkdir(folder.file("submissions/\(number)"), 0o755) != 0 {
      guard errno == EEXIST else { throw Diagnostic.system("'\(folder.file("submissions"))' cannot be written") }
      number += 1
    }
    var submission = SweepSubmission(
      number: number, executor: executor, tasks: tasks, retriesFailed: retriesFailed, name: "folio-\(name)-\(number)")
    if executor == .local { submission.process = "\(Self.host) \(getpid())" }
    try folder.write(submission, to: "submissions/\(number).json")
    return submission
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
