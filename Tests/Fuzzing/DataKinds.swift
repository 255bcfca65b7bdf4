import Foundation
import Keys
import PrOntoQADataset
import Randomness
import Record
import Rendering
import Store
import Tensors
import TestSupport

/// Comma-separated values: results of the task, tables of records; and the texts in them.
final class TableKind: Kind {
  static let name = "csv", share = 12
  private let seeds: Seeds

  init(folder: String) throws {
    let questions = try PrOntoQA.prompts(count: 3, shots: 1, seed: 1)
    let made = Results(rows: questions).csv
    let shipped =
      Repository.files("Notebooks/results", ending: ".csv", upTo: 4000) + Repository.files("Site", ending: ".csv", upTo: 4000)
    let texts = [
      made, made, made, "a,b\n\"x\"\"y\",1\n", "\"", ",\n,",
      "prompt,label,prediction,gold_chain,predicted_chain\n\"q\",True,,\"['a', \"\"b\"\"]\",[]\n",
    ]
    seeds = Seeds(inputs: shipped.map { [Part("t.csv", $0.bytes)] } + texts.map { [Part("t.csv", $0)] })
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    let text = input.text("t.csv")
    let rows = CSVText.rows(text)
    guard CSVText.rows(CSVText.text(rows)) == rows.map({ $0 }) else { throw Failure("rows that were written are read as others") }
    let table = Table(columns: (rows.first ?? []).map { Table.Column($0) }, rows: Array(rows.dropFirst()))
    _ = (TableView(table: table).html(link: nil), table.plainText)
    for row in rows.prefix(3) { for field in row.prefix(4) { use(field) } }
    guard let results = try? Results(csv: text, file: "t.csv") else { return }
    _ = results.correct
    for row in results.rows {
      use(row.prompt)
      var random = SeededGenerator(seed: 1)
      for subtask in Subtask.allCases { _ = (try? row.decision(subtask), try? row.contrast(subtask, using: &random)) }
    }
    guard try Results(csv: results.csv, file: "t.csv") == results else {
      throw Failure("results that were written are read as others")
    }
  }

  private func use(_ text: String) {
    _ = Answer(parsing: text)
    _ = Fact(text)
    _ = try? Example(prompt: text).chosenSpecies(chain: [text])
  }
}

/// Entries of the cache, damaged or made by others, and folders with anything in them.
final class StoreKind: Kind {
  static let name = "cache", share = 6
  private let seeds: Seeds
  private let store: EntryStore
  private let files: Files
  private let entry: String
  private let key = KeyBuilder("fuzzing").key

  private struct Value: Codable, Equatable {
    var record: NotebookRecord
  }

  init(folder: String) throws {
    store = EntryStore(folder: folder + "/store")
    files = Files(folder: folder)
    store.put(value: Value(record: RecordSeeds.record), .records, key)
    entry = "\(store.folder)/records/\(key.description.prefix(2))/\(key.description.dropFirst(2))"
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: entry)))
    let digest = #"{"digest":"00","stamp":{"file":{"device":1,"inode":2},"modified":{"nanoseconds":0,"seconds":1},"size":3}}"#
    let value = String(decoding: try JSONEncoder().encode(Value(record: RecordSeeds.record)), as: UTF8.self)
    let small = Array(whole.prefix(48)) + [UInt8](repeating: 0, count: 16)
    seeds = Seeds(
      inputs: [whole, small].map {
        [Part("entry", $0), Part("digest.json", digest), Part("value.json", value), Part("file.txt", "text")]
      })
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    try Data(input.bytes("entry")).write(to: URL(fileURLWithPath: entry))
    if let value = store.value(Value.self, .records, key), value != Value(record: RecordSeeds.record) {
      throw Failure("a damaged entry was read")
    }
    store.put(Data(input.bytes("value.json")), .records, key)
    _ = store.value(Value.self, .records, key)
    try files.write(input.filter { $0.name == "file.txt" })
    var builder = KeyBuilder("digest")
    builder.add("path", files.path("file.txt"))
    store.put(Data(input.bytes("digest.json")), .digests, builder.key)
    _ = FileDigests(store: store).digest(files.path("file.txt"))
    _ = (store.usage(), store.report())
  }
}
