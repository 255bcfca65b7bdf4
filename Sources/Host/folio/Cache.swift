import ArgumentParser
import Foundation
import Record
import Store

struct Cache: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say how large the cache is, or make it smaller.",
    discussion: """
      The cache holds compiled cells, cells' records, remembered values and files' digests, for all notebooks and branches, in \
      the folder $FOLIO_CACHE, else $XDG_CACHE_HOME/folio, else ~/.cache/folio. Everything in it can be made again, and may be deleted at \
      any time. 'folio build' keeps it under $FOLIO_CACHE_LIMIT gigabytes (5 if that is not set), by dropping what was used least recently.

      Examples:
        folio cache
        folio cache prune --to 1G
        folio cache prune --to 0
      """,
    subcommands: [Size.self, Prune.self], defaultSubcommand: Size.self)

  static var store: EntryStore { EntryStore(folder: EntryStore.folder(environment: ProcessInfo.processInfo.environment)) }

  struct Size: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what the cache holds.")

    func run() {
      Console.write(Cache.store.report() + "\n")
      if let danger = Cache.store.danger { report(Diagnostic(.warning, danger.message, advice: danger.advice)) }
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Drop what was used least recently.",
      discussion: "It also drops what processes left behind that were killed while they wrote.")

    @Option(
      help: ArgumentHelp("The size that may stay, as 1G, 500M or 0. By default it is the cache's limit.", valueName: "size"))
    var to: ByteSize?

    func run() {
      let limit = to?.bytes ?? EntryStore.limit(environment: ProcessInfo.processInfo.environment)
      let removed = Cache.store.prune(to: limit)
      Console.write(String(format: "%d entries removed, %.1f MB\n", removed.entries, Double(removed.bytes) / 1e6))
    }
  }
}
