import CWorker
import Foundation
import Record

/// What CWorker says of the last run of a cell, as values of `WorkerProtocol`.
enum CellRun {
  /// How the run ended.
  struct End {
    private let end: folio_end

    init(_ end: folio_end) { self.end = end }

    var kind: folio_end_kind { folio_end_kind(rawValue: UInt32(end.kind)) }
    var signal: Int32 { end.signal }

    /// What the host is told of it.
    var told: WorkerProtocol.CellEnd {
      switch kind {
      case FOLIO_THREW: .threw(description: takeDescription(), isUnavailable: end.is_unavailable != 0, backtrace: backtrace)
      case FOLIO_TRAPPED: .trapped(signal: end.signal, backtrace: backtrace)
      case FOLIO_OVERFLOWED_STACK: .stackOverflow(backtrace: backtrace)
      case FOLIO_CRASHED: .crashed(signal: end.signal, address: end.address, backtrace: backtrace)
      case FOLIO_INTERRUPTED: .interrupted(backtrace: backtrace)
      default: .finished
      }
    }

    /// The words of what a cell threw, which C has allocated.
    private func takeDescription() -> String {
      defer { free(end.description) }
      return end.description.map { String(cString: $0) } ?? ""
    }

    /// The call stack, innermost first.
    private var backtrace: [WorkerProtocol.StackFrame] {
      withUnsafeBytes(of: end.frames) { bytes in
        bytes.bindMemory(to: UInt64.self).prefix(Int(end.frame_count)).compactMap { address in
          var library: UnsafePointer<CChar>?
          var symbol: UnsafePointer<CChar>?
          var offset: UInt64 = 0
          guard folio_locate(address, &library, &offset, &symbol), let library else { return nil }
          return .init(library: String(cString: library), offset: offset, symbol: symbol.map { String(cString: $0) })
        }
      }
    }
  }

  /// The files that the run used.
  static func files() -> [WorkerProtocol.FileUse] {
    var files: UnsafePointer<UnsafeMutablePointer<folio_file>?>?
    let count = folio_files_end(&files)
    return UnsafeBufferPointer(start: files, count: count).compactMap { $0?.pointee }.map { file in
      var use = WorkerProtocol.FileUse(path: String(cString: file.path))
      use.wasRead = file.was_read
      use.wasWritten = file.was_written
      use.wasListed = file.was_listed
      use.wasExamined = file.was_examined
      use.wasRemoved = file.was_removed
      use.state = .init(size: file.size, inode: file.inode, modified: file.modified)
      return use
    }
  }

  /// What was done to objects that a run made, up to the run with the number `last`.
  static func accessesOfObjects(upTo last: Int) -> [WorkerProtocol.Access] {
    (1..<max(1, min(last + 1, 1 << 16))).compactMap { run in
      let access = folio_access_of_objects(UInt16(run))
      guard access.was_read || access.was_changed else { return nil }
      return .init(.objects(run: run), wasRead: access.was_read, wasChanged: access.was_changed)
    }
  }

  /// What was done to what no cell defines.
  static func otherAccesses() -> [WorkerProtocol.Access] {
    var accesses: [WorkerProtocol.Access] = []
    withUnsafeMutablePointer(to: &accesses) { accesses in
      _ = folio_access_others(accesses) { context, name, access in
        guard let context, let name else { return }
        context.assumingMemoryBound(to: [WorkerProtocol.Access].self).pointee.append(
          .init(.other(String(cString: name)), wasRead: access.was_read, wasChanged: access.was_changed))
      }
    }
    return accesses
  }
}
