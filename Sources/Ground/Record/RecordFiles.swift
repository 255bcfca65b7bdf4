import Foundation

/// A notebook's record as files that read well in a plain `git diff`: one file for each output, and an index.
///
/// Each kind of output says what its file holds (`OutputContent.recorded`): a text is a `.txt`, a table a `.csv`, a figure a `.json` in which
/// each row of a matrix is one line, a picture is its own file. The index says which figures and tokens were computed in single precision. A change of one number is one changed
/// line. Nothing in it is a time, an address, a path or a date, unless a cell printed one. The same record gives the same bytes.
public struct RecordFiles: Sendable, Equatable {
  /// Those that are texts, by name, relative to the record's folder.
  public private(set) var files: [String: String] = [:]
  /// Those that are no texts: pictures.
  public private(set) var binaries: [String: Data] = [:]

  /// All of them, as bytes.
  public var all: [String: Data] { files.mapValues { Data($0.utf8) }.merging(binaries) { text, _ in text } }

  /// The name of the index among the files.
  public static let indexName = "index.json"

  /// - Parameters:
  ///   - details: what is known of the cells besides their outputs, by id.
  ///   - run: which of the runs of a notebook it is.
  ///   - parameters: with which the notebook ran, as text.
  ///   - tolerance: the notebook's.
  public init(
    _ record: NotebookRecord, details: [String: RecordIndex.Detail] = [:], run: RecordIndex.Run? = nil,
    parameters: [String: String] = [:], tolerance: Tolerance? = nil
  ) {
    var cells: [RecordIndex.Cell] = []
    for cell in record.cells {
      let detail = details[cell.id]
      var expressions = (detail?.expressions ?? [])[...]
      var outputs: [RecordIndex.Output] = []
      for output in cell.outputs {
        let recorded = output.content.recorded
        let expression = recorded.kind == .value ? expressions.popFirst() : nil
        guard let type = recorded.fileType else {
          outputs.append(RecordIndex.Output(kind: recorded.kind, text: recorded.text))
          continue
        }
        let file = Self.file(of: cell.id, number: outputs.count + 1, type: type)
        if let data = recorded.data {
          binaries[file] = data
        } else {
          files[file] = recorded.text.isEmpty || recorded.text.hasSuffix("\n") ? recorded.text : recorded.text + "\n"
        }
        var entry = RecordIndex.Output(kind: recorded.kind, expression: expression, file: file)
        if recorded.data != nil, !recorded.text.isEmpty { entry.text = recorded.text }
        entry.singlePrecision = recorded.singlePrecision.isEmpty ? nil : recorded.singlePrecision
        outputs.append(entry)
      }
      cells.append(
        RecordIndex.Cell(
          id: cell.id, outcome: cell.outcome, key: detail?.key, tolerance: detail?.tolerance, outputs: outputs))
    }
    let index = RecordIndex(
      notebook: record.notebook, device: record.device, run: run, parameters: parameters, tolerance: tolerance, cells: cells)
    files[Self.indexName] = index.text
  }

  /// The name of an output's file.
  /// - Parameter number: its place among its cell's outputs, from 1.
  public static func file(of cell: String, number: Int, type: String) -> String { "\(name(cell))-\(number).\(type)" }

  /// A name as a part of a file's name: letters, digits, `-` and `_` of ASCII stay, others become their numbers, so that no file system takes
  /// two names for one. File systems end at 255 bytes: of a longer name the beginning stays, with a number that stands for all of it.
  public static func name(_ label: String) -> String {
    let name = spelled(label)
    if name.utf8.count <= 200 { return name }
    // FNV-1a.
    let digest = label.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return "\(name.prefix(160))~~\(String(digest, radix: 16))"
  }

  private static func spelled(_ label: String) -> String {
    label.unicodeScalars.map { scalar in
      let stays =
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) || scalar == "-" || scalar == "_"
      return stays ? String(scalar) : "~" + String(scalar.value, radix: 16)
    }.joined()
  }
}
