import Foundation
import Keys
import Machine

/// What Folio need not compute again, on disk: compiled cells, records, remembered values, files' digests, compiled kernels.
///
/// One folder for all notebooks, branches and processes of a user. Everything in it is named by a key of all that it was made from, so that
/// nothing in it is ever out of date, and everything may be deleted at any time. An entry lies at `<folder>/<kind>/<2 digits>/<62 digits>`;
/// nothing else that someone may have put there is ever counted or removed.
///
/// Promises: an entry is there whole or not at all. It holds its own checksum; what is truncated, damaged or not ours counts as missing,
/// and is removed. Any number of threads and processes may use the folder at once: files are replaced, never changed, so the worst that
/// they can do to each other is to make one compute what it could have found. A disk that is full or read-only costs time, and nothing
/// else. Entries are not synced to the disk: what a power failure tears, the checksum notices. Nothing is held in memory.
package final class EntryStore: Sendable {
  /// What is kept; one folder each.
  package enum Kind: String, CaseIterable, Sendable {
    case cells, records, traces, notebooks, memo, digests, cubins, formulas
  }

  /// The store's folder; it is made when something is kept.
  package let folder: String

  /// A store in a folder, which need not be there yet. The disk is not touched. In a folder without a name nothing is kept.
  package init(folder: String) { self.folder = folder }

  /// Where the store is: `FOLIO_CACHE`, else `$XDG_CACHE_HOME/folio`, else `~/.cache/folio`
  /// (<https://specifications.freedesktop.org/basedir-spec>: a relative path there is not valid, an empty one as good as none).
  package static func folder(environment: [String: String]) -> String {
    if let folder = environment["FOLIO_CACHE"], !folder.isEmpty { return URL(fileURLWithPath: folder).standardizedFileURL.path }
    let caches = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return URL(fileURLWithPath: caches ?? HomeFolder.path(environment) + "/.cache").standardizedFileURL.appendingPathComponent(
      "folio"
    ).path
  }

  /// What is kept under a key; nil if there is nothing, or nothing whole. The entry counts as used now.
  package func data(_ kind: Kind, _ key: Key) -> Data? { EntryFile.read(path(kind, key)) }

  /// Keeps data under a key, in place of what was there. Returns whether it did: a disk that is full or read-only is no error.
  @discardableResult
  package func put(_ data: Data, _ kind: Kind, _ key: Key) -> Bool {
    !folder.isEmpty && EntryFile.write(data, to: path(kind, key))
  }

  /// What is kept under a key as JSON; nil also if it is of another form.
  package func value<Value: Decodable>(_ type: Value.Type, _ kind: Kind, _ key: Key) -> Value? {
    data(kind, key).flatMap { try? JSONDecoder().decode(type, from: $0) }
  }

  /// Keeps a value as JSON with sorted keys, so that equal values are equal bytes. Returns whether it did: what JSON cannot say, such as an
  /// infinite number, is not kept.
  @discardableResult
  package func put(value: some Encodable, _ kind: Kind, _ key: Key) -> Bool {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(value) else { return false }
    return put(data, kind, key)
  }

  /// Where an entry lies.
  func path(_ kind: Kind, _ key: Key) -> String {
    let digits = key.description
    return "\(folder)/\(kind.rawValue)/\(digits.prefix(2))/\(digits.dropFirst(2))"
  }
}
