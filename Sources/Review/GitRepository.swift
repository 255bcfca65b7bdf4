import Foundation
import Record

/// What a review asks git for. Nothing is ever written through it but settings, and those only by `folio git`.
public final class GitRepository: @unchecked Sendable {
  /// Its top folder.
  public let top: String
  private let lock = NSLock()
  /// `git cat-file --batch`: one process reads all blobs.
  private var reader: BlobReader?

  /// The repository that a folder lies in.
  /// - Throws: `Diagnostic`, if it lies in none, or there is no git.
  public init(containing folder: String = ".") throws {
    let output = try Git.run(["rev-parse", "--show-toplevel"], in: folder)
    guard output.status == 0 else {
      throw Diagnostic(
        "\(folder == "." ? "This folder" : folder) is not in a git repository",
        advice: "Compare two folders instead: folio diff OLD NEW.")
    }
    top = output.text.trimmingCharacters(in: .newlines)
  }

  /// Whether a text names a revision.
  public func hasRevision(_ name: String) -> Bool {
    !name.hasPrefix("-") && (try? Git.run(["rev-parse", "--verify", "--quiet", name + "^{commit}"], in: top))?.status == 0
  }

  /// The blobs of a revision by path.
  func blobs(_ revision: String, below paths: [String]) throws -> [String: String] {
    guard hasRevision(revision) else {
      throw Diagnostic("There is no revision '\(revision)' in \(top)", advice: "`git log --oneline` shows them.")
    }
    let output = try Git.run(["ls-tree", "-r", "-z", "--full-tree", revision, "--"] + paths, in: top)
    guard output.status == 0 else { throw Diagnostic("git ls-tree failed: \(output.text)") }
    // `100644 blob 5716ca… <tab>Site/index.html`
    return output.text.split(separator: "\0").reduce(into: [:]) { blobs, entry in
      let parts = entry.split(separator: "\t", maxSplits: 1)
      let fields = parts[0].split(separator: " ")
      if parts.count == 2, fields.count == 3, fields[1] == "blob" { blobs[String(parts[1])] = String(fields[2]) }
    }
  }

  /// A blob's content.
  func read(_ blob: String) throws -> Data {
    try lock.withLock {
      if reader == nil { reader = try BlobReader(in: top) }
      return try reader!.read(blob)
    }
  }
}

/// Runs git.
package enum Git {
  package struct Result { package var status: Int32, text: String, errors: String }

  /// Runs it to its end.
  package static func run(_ arguments: [String], in folder: String, input: Data? = nil) throws -> Result {
    let process = try self.process(arguments, in: folder)
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    let inputPipe = input.map { _ in Pipe() }
    process.standardInput = inputPipe ?? FileHandle.nullDevice
    try start(process)
    if let input, let inputPipe {
      try? inputPipe.fileHandleForWriting.write(contentsOf: input)
      try? inputPipe.fileHandleForWriting.close()
    }
    // What git says of errors is short; it fits into its pipe while the output is read.
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Result(status: process.terminationStatus, text: text, errors: said)
  }

  fileprivate static func process(_ arguments: [String], in folder: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git", "-C", folder] + arguments
    return process
  }

  fileprivate static func start(_ process: Process) throws {
    do {
      try process.run()
    } catch {
      throw Diagnostic("git could not be started: \(error.localizedDescription)", advice: "Install git.")
    }
  }
}

/// One `git cat-file --batch`.
private final class BlobReader {
  private let process: Process
  private let input = Pipe()
  private let output = Pipe()

  init(in folder: String) throws {
    process = try Git.process(["cat-file", "--batch"], in: folder)
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try Git.start(process)
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func read(_ blob: String) throws -> Data {
    try input.fileHandleForWriting.write(contentsOf: Data((blob + "\n").utf8))
    // `<blob> blob <size>`, the content, and a line feed.
    var head = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), byte.first != UInt8(ascii: "\n") { head += byte }
    let fields = String(decoding: head, as: UTF8.self).split(separator: " ")
    guard fields.count == 3, let size = Int(fields[2]) else { throw Diagnostic("git has no blob \(blob)") }
    var content = Data()
    while content.count < size + 1 {
      guard let part = try output.fileHandleForReading.read(upToCount: size + 1 - content.count), !part.isEmpty else {
        throw Diagnostic("git ended while it read the blob \(blob)")
      }
      content += part
    }
    return content.dropLast()
  }
}
