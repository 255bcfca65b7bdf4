/// Builds a site from notebooks: reads them, runs each in a session of its own, and writes a page each and the index.
///
/// Promises: nothing is written before all notebooks could be read; a page is replaced whole when its notebook has run, also if a cell
/// failed (the page then shows where and why, and keeps what was put out before); pages of other notebooks stay as they are.

import Document
import Foundation
import Record
import Rendering
import Session

public struct SiteBuilder {
  public enum Event {
    case notebookStarted(Document, number: Int, of: Int)
    case session(Document, Session.Event)
    /// The page is written.
    case notebookEnded(Document, NotebookRecord, page: String)
    /// A notebook could not be run, or its page not be written.
    case problem(any Error)
  }

  /// How a build ended; the raw value is the command's exit status.
  public enum Status: Int32, Comparable, Sendable {
    case succeeded = 0
    case cellFailed = 1
    case couldNotRun = 2

    public static func < (left: Status, right: Status) -> Bool { left.rawValue < right.rawValue }
  }

  public var documents: [Document]
  /// The site's folder.
  public var site: String
  public var options: Session.Options

  public init(_ documents: [Document], site: String, options: Session.Options) {
    self.documents = documents
    self.site = site
    self.options = options
  }

  /// Builds the site. After a notebook that did not run through, the others are built only if the options say to keep going.
  public func build(observe: @escaping (Event) -> Void) -> Status {
    var status = Status.succeeded
    for (offset, document) in documents.enumerated() {
      observe(.notebookStarted(document, number: offset + 1, of: documents.count))
      status = max(status, build(document, observe: observe))
      if status != .succeeded && !options.keepsGoing { break }
    }
    do {
      let folder = Site(folder: site)
      try folder.write(IndexPage(folder.entries))
    } catch {
      observe(.problem(error))
      status = .couldNotRun
    }
    return status
  }

  private func build(_ document: Document, observe: @escaping (Event) -> Void) -> Status {
    do {
      let record = try document.run(options: options) { observe(.session(document, $0)) }
      try Site(folder: site).write(Page(document.embeddingLocalImages(), record: record))
      observe(.notebookEnded(document, record, page: "\(site)/\(document.name)/index.html"))
      return Status(record)
    } catch {
      observe(.problem(error))
      return .couldNotRun
    }
  }
}

extension SiteBuilder.Status {
  /// What a notebook's record says of the run.
  public init(_ record: NotebookRecord) {
    let kinds = record.cells.filter { $0.outcome == .failed }.compactMap(\.error?.kind)
    if kinds.contains(.compile) || kinds.contains(.unavailable) {
      self = .couldNotRun
    } else {
      self = kinds.isEmpty ? .succeeded : .cellFailed
    }
  }
}

extension Document {
  /// Runs the notebook, in its own folder.
  public func run(options: Session.Options, observe: @escaping (Session.Event) -> Void) throws -> NotebookRecord {
    let session = try Session(
      self, directory: URL(fileURLWithPath: file).deletingLastPathComponent().path, toolchain: .find(), installation: .find(),
      options: options, observe: observe)
    return try session.run()
  }
}

extension CellRecord {
  /// Why it failed, if it did.
  public var error: CellError? {
    for case .error(let error) in outputs.reversed() { return error }
    return nil
  }
}
