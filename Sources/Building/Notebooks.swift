import Document
import Foundation
import Record

/// Finds notebooks, and reads them with the parameters that a run shall have.
public enum Notebooks {
  /// The folder that is built if no notebook is named.
  public static let folder = "Notebooks"

  /// The notebooks of a folder: its `.md` files, not those of folders in it, by name.
  public static func all(in folder: String = Notebooks.folder) throws -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw Diagnostic(
        "there is no folder '\(folder)' here",
        advice: "Name the notebooks to build (folio build a.md b.md), or go to the folder that holds '\(Notebooks.folder)'.")
    }
    let notebooks = names.filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }.sorted().map { "\(folder)/\($0)" }
    guard !notebooks.isEmpty else {
      throw Diagnostic("there is no notebook in '\(folder)'", advice: "A notebook is a Markdown file: its name ends in '.md'.")
    }
    return notebooks
  }

  /// Reads notebooks, in the order of their front matter's `order`, then by name.
  /// - Parameter overrides: parameters' values, as written after `-P`. One that a notebook lacks is another's; one that all lack is
  ///   an error, unless they are read one by one.
  /// - Throws: `Diagnostics` with everything that is wrong in any of them; `ParameterProblem` for an override that does not fit.
  public static func read(
    _ paths: [String], overrides: [(name: String, value: String)] = [], ignoringStrangers: Bool = false
  ) throws -> [Document] {
    var documents: [Document] = []
    var problems: [Diagnostic] = []
    for path in paths {
      do {
        documents.append(try Document(contentsOf: path))
      } catch let error as Diagnostics {
        problems += error.all
      } catch let error as Diagnostic {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    for (name, group) in Dictionary(grouping: documents, by: \.name) where group.count > 1 {
      throw Diagnostic(
        "\(group.map(\.file).joined(separator: " and ")) would both be the page '\(name)'", advice: "Rename one of them.")
    }
    return try override(documents, by: overrides, ignoringStrangers: ignoringStrangers).sorted {
      ($0.frontMatter.order ?? .max, $0.name) < ($1.frontMatter.order ?? .max, $1.name)
    }
  }

  private static func override(
    _ documents: [Document], by overrides: [(name: String, value: String)], ignoringStrangers: Bool
  ) throws -> [Document] {
    var documents = documents
    for override in overrides {
      let owners = documents.indices.filter { index in
        documents[index].frontMatter.parameters.contains { $0.name == override.name }
      }
      do {
        // Where nobody has it, the first document says so, with what it has instead.
        for index in owners.isEmpty && !ignoringStrangers ? Array(documents.indices.prefix(1)) : owners {
          documents[index] = try documents[index].applying(overrides: [override])
        }
      } catch let problem as Diagnostic {
        throw ParameterProblem(description: [problem.message + ".", problem.advice].compactMap(\.self).joined(separator: " "))
      }
    }
    return documents
  }

  /// A `-P name=value` that fits no parameter: a wrong use of the command.
  public struct ParameterProblem: Error, CustomStringConvertible {
    public var description: String
  }
}
