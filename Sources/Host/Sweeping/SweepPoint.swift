import Document
import Foundation
import Keys
import Record
import Store

/// A point of a sweep: one run of its notebook.
package struct SweepPoint: Sendable, Equatable {
  /// From 0, in the order of the sweep.
  package var number: Int
  package var variant: Variant
  /// Stands for all that makes its result what it is: the notebook's code, and the values of the run.
  package var digest: String

  /// The points of runs, in their order.
  package static func all(_ variants: [Variant], of source: SweepSource) -> [SweepPoint] {
    variants.enumerated().map { number, variant in
      var builder = KeyBuilder("point")
      builder.add("source", source.digest)
      for assignment in variant.assignments {
        builder.add(assignment.name, "\(assignment.value.typeName) \(assignment.value.text)")
      }
      return SweepPoint(number: number, variant: variant, digest: String(builder.key.description.prefix(24)))
    }
  }

  // MARK: - As a line of a receipt

  /// On one line: what is needed to know it again, and nothing else.
  var line: String {
    let values = variant.assignments.map { JSONValue.array([.string($0.name), .string($0.value.text)]).line }.joined(
      separator: ",")
    return "[\(JSONValue.string(variant.name).line),\(variant.isDeclared),\"\(digest)\",[\(values)]]"
  }

  /// - Parameter defaults: of the notebook's parameters, whose types the values have.
  init?(line: Substring, number: Int, defaults: [String: ParameterValue]) {
    guard let parts = (try? JSONValue(line.utf8))?.array, parts.count == 4, let name = parts[0].string,
      case .bool(let isDeclared) = parts[1], let digest = parts[2].string, let values = parts[3].array
    else { return nil }
    let assignments = values.map { pair -> Variant.Assignment? in
      guard let pair = pair.array, pair.count == 2, let name = pair[0].string, let text = pair[1].string else { return nil }
      return defaults[name]?.value(ofText: text).map { Variant.Assignment(name, $0) }
    }
    guard !assignments.contains(nil) else { return nil }
    self.init(
      number: number, variant: Variant(assignments.compactMap(\.self), name: name, isDeclared: isDeclared), digest: digest)
  }

  init(number: Int, variant: Variant, digest: String) { (self.number, self.variant, self.digest) = (number, variant, digest) }
}

/// The notebook of a sweep as it was when the sweep was planned.
package struct SweepSource: Sendable, Equatable {
  /// Its text.
  package var markdown: String
  /// The path by which it was named; it counts from the project's folder.
  package var file: String
  /// Stands for its text and for the code that it shares with others.
  package var digest: String

  package init(_ notebook: Notebook) {
    (markdown, file) = (notebook.markdown, notebook.file)
    digest = Self.digest(of: notebook)
  }

  init(markdown: String, file: String, digest: String) { (self.markdown, self.file, self.digest) = (markdown, file, digest) }

  private static func digest(of notebook: Notebook) -> String {
    var builder = KeyBuilder("sweep's source")
    builder.add("name", notebook.notebookName)
    builder.add("text", notebook.markdown)
    for cell in notebook.shared { builder.add("shared", cell.source) }
    for path in notebook.packageFiles {
      builder.add("package", FileDigests(store: nil).digest(path) ?? "none")
    }
    return builder.key.description
  }

  /// The notebook, with the code that it shares as that is now.
  /// - Throws: what is wrong with it; a `Diagnostic` if code that it shares is not what it was.
  package func notebook() throws -> Notebook {
    var notebook = try Notebook(markdown: markdown, file: file)
    try notebook.takeSharedCode()
    guard Self.digest(of: notebook) == digest else {
      throw Diagnostic(
        "code that \(file) shares with others has changed since the sweep was planned",
        advice: "Put it back as it was, or plan the sweep anew: run 'folio sweep' again.")
    }
    return notebook
  }
}

extension Notebook {
  /// The files of local packages that it uses; which packages and which code it shares, its front matter says.
  fileprivate var packageFiles: [String] {
    frontMatter.packages.flatMap { package in
      PackageFiles.all(in: URL(fileURLWithPath: package.path, relativeTo: URL(fileURLWithPath: folder)).standardizedFileURL.path)
    }.sorted()
  }
}
