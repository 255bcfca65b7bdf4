import Foundation
import Processes
import Record

/// What a review asks git for. Nothing is ever written through it but settings, and those only by `folio git`.
package final class GitRepository: @unchecked Sendable {
  /// Its top folder.
  package let top: String
  private let lock = NSLock()
  /// `git cat-file --batch`: one process reads all blobs.
  private var reader: BlobReader?

  /// The repository that a folder lies in.
  /// - Throws: `Diagnostic`, if it lies in none, or there is no git.
  package init(containing folder: String = ".") throws {
    let output = try Git.run(["rev-parse", "--show-toplevel"], in: folder, environment: ["LC_ALL": "C"])
    guard output.status == 0 else {
      let place = folder == "." ? "This folder" : folder
      guard output.errors.contains("not a git repository") else {
        let reason = output.errors.isEmpty ? "git ended with status \(output.status)" : SiteReview.shortened(output.errors)
        throw Diagnostic("git does not say where \(place) belongs: \(reason)", advice: "See what 'git status' says there.")
      }
      throw Diagnostic("\(place) is not in a git repository", advice: "Compare two folders instead: folio diff OLD NEW.")
    }
    top = output.text.trimmingCharacters(in: .newlines)
  }

  /// A folder as git names it, from the repository's top; empty for the top, nil if it is not in the repository.
  package func path(of folder: String) -> String? {
    let path = URL(filePath: folder).resolvingSymlinksInPath().standardizedFileURL.path
    let top = URL(filePath: top).resolvingSymlinksInPath().standardizedFileURL.path
    if path == top { return "" }
    return path.hasPrefix(top + "/") ? String(path.dropFirst(top.count + 1)) : nil
  }

  /// The revision from which two others have gone their own ways; nil if there is none.
  package func mergeBase(_ base: String, _ head: String) -> String? {
    guard let result = try? Git.run(["merge-base", base, head], in: top), result.status == 0 else { return nil }
    return result.text.trimmingCharacters(in: .newlines)
  }

  /// Whether a text names a revision.
  package func hasRevision(_ name: String) -> Bool {
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
      let reader = try reader ?? BlobReader(in: top, environment: stage?.environment ?? [:])
      self.reader = reader
      return try reader.read(blob)
    }
  }

  /// A blob's content as a checkout would write it: through the filters of its path (Git LFS, and those that `.gitattributes` names).
  /// - Parameter path: from the repository's top.
  func checkedOut(_ blob: String, path: String) throws -> Data {
    let result = try Git.run(["cat-file", "--filters", "--path=\(path)", blob], in: top)
    guard result.status == 0 else {
      throw Diagnostic(
        "git cannot check out \(path) (if Git LFS keeps it: git lfs fetch --all): \(SiteReview.shortened(result.errors))",
        advice: "See the filters that .gitattributes names.")
    }
    return result.data
  }

  /// Which of some paths, from the top, go through a filter (`filter=lfs`) on their way into the repository.
  func filtered(_ paths: [String]) throws -> Set<String> {
    let input = Data(paths.joined(separator: "\0").utf8)
    let result = try Git.run(["check-attr", "--stdin", "-z", "filter"], in: top, input: input)
    // path, attribute, value
    let fields = result.text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
    return Set(
      stride(from: 0, to: fields.count - 2, by: 3).filter { !["unspecified", "unset"].contains(fields[$0 + 2]) }.map {
        fields[$0]
      })
  }

  /// What git would keep of files of the working tree: their blobs, by path from the top. Line ends and filters are taken care of as by
  /// `git add`. The blobs are kept in a folder beside, for as long as this object lives; the repository is not written to.
  func blobs(ofFiles paths: [String]) throws -> [String: String] {
    guard !paths.isEmpty else { return [:] }
    let input = Data(paths.map { Self.quoted($0) + "\n" }.joined().utf8)
    let output = try Git.run(
      ["-c", "core.safecrlf=false", "hash-object", "-w", "--stdin-paths"], in: top, input: input,
      environment: try staged().environment)
    let blobs = output.text.split(separator: "\n").map(String.init)
    guard output.status == 0, blobs.count == paths.count else {
      throw Diagnostic("git cannot read the working tree as it would add it: \(output.errors.prefix(200))")
    }
    return Dictionary(zip(paths, blobs), uniquingKeysWith: { first, _ in first })
  }

  /// What git would keep of some content, if it stood at a path from the top.
  func blob(of content: Data, at path: String) throws -> String {
    let output = try Git.run(
      ["-c", "core.safecrlf=false", "hash-object", "-w", "--stdin", "--path=\(path)"], in: top, input: content,
      environment: try staged().environment)
    guard output.status == 0 else { throw Diagnostic("git hash-object failed: \(output.errors.prefix(200))") }
    return output.text.trimmingCharacters(in: .newlines)
  }

  /// As git reads a path in a list, whatever it holds.
  private static func quoted(_ path: String) -> String {
    guard path.hasPrefix("\"") || path.utf8.contains(0x0A) else { return path }
    let escaped = path.unicodeScalars.map {
      $0 == "\"" || $0 == "\\" || $0.value < 0x20 ? "\\" + octal(UInt8($0.value)) : String($0)
    }
    return "\"\(escaped.joined())\""
  }

  private static func octal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 8)
    return String(repeating: "0", count: 3 - digits.count) + digits
  }

  /// The folder beside the repository, for blobs that are not in it.
  private var stage: ObjectFolder?

  private func staged() throws -> ObjectFolder {
    try lock.withLock {
      if let stage { return stage }
      let objects = try Git.run(["rev-parse", "--path-format=absolute", "--git-path", "objects"], in: top)
      let folder = try ObjectFolder(beside: objects.text.trimmingCharacters(in: .newlines))
      (stage, reader) = (folder, nil)
      return folder
    }
  }
}

/// A folder for git objects that reads the repository's own as well, and is gone with this object.
private final class ObjectFolder {
  let environment: [String: String]
  private let folder: TemporaryFolder

  init(beside objects: String) throws {
    folder = try TemporaryFolder()
    let others = ProcessInfo.processInfo.environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"].map { ":" + $0 } ?? ""
    environment = ["GIT_OBJECT_DIRECTORY": folder.path, "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects + others]
  }
}

/// Runs git.
package enum Git {
  package struct Result {
    package var status: Int32
    package var data: Data
    package var errors: String
    package var text: String { String(decoding: data, as: UTF8.self) }
  }

  /// Runs it to its end.
  /// - Parameter environment: besides this process's own.
  package static func run(
    _ arguments: [String], in folder: String, input: Data? = nil, environment: [String: String] = [:]
  ) throws -> Result {
    var call = ChildProcess.Call("git", ["-C", folder] + arguments)
    call.environment = whole(environment)
    call.input = input ?? Data()
    call.advice = "Install git."
    let finished = try ChildProcess.finish(call)
    return Result(status: finished.status, data: finished.output, errors: finished.errorText)
  }

  fileprivate static func whole(_ environment: [String: String]) -> [String: String] {
    ProcessInfo.processInfo.environment.merging(environment) { $1 }
  }
}

/// One `git cat-file --batch`.
private final class BlobReader {
  private let process: ChildProcess
  private var input: Descriptor?
  private let output: Descriptor
  private var unread: ArraySlice<UInt8> = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  init(in folder: String, environment: [String: String]) throws {
    let (input, output) = (try Descriptor.socketPair(), try Descriptor.pipe())
    process = try ChildProcess(
      "git", arguments: ["-C", folder, "cat-file", "--batch"], environment: Git.whole(environment),
      descriptors: [input.theirs, output.write, .null()], advice: "Install git.")
    (self.input, self.output) = (input.ours, output.read)
  }

  deinit {
    // It ends with its input.
    input = nil
    _ = process.wait()
  }

  func read(_ blob: String) throws -> Data {
    guard input?.send((blob + "\n").utf8) == true else { throw Diagnostic("git ended before it read the blob \(blob)") }
    // `<blob> blob <size>`, the content, and a line feed.
    while !unread.contains(UInt8(ascii: "\n")), more() {}
    let head = unread.prefix { $0 != UInt8(ascii: "\n") }
    unread = unread.dropFirst(head.count + 1)
    let fields = String(decoding: head, as: UTF8.self).split(separator: " ")
    guard fields.count == 3, let size = Int(fields[2]) else { throw Diagnostic("git has no blob \(blob)") }
    while unread.count <= size {
      guard more() else { throw Diagnostic("git ended while it read the blob \(blob)") }
    }
    defer { unread = unread.dropFirst(size + 1) }
    return Data(unread.prefix(size))
  }

  /// Waits for more. Returns false at the end.
  private func more() -> Bool {
    guard let bytes = output.read(&buffer) else { return false }
    unread += bytes
    return true
  }
}
