import Foundation
import Record
import Testing

@Suite struct PictureOutputTests {
  private static let zeros = [UInt8](repeating: 0, count: 40)

  @Test(
    arguments: [
      (Array("GIF89a".utf8) + [5, 0, 3, 1], "gif", [5, 259]),
      ([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 0, 7, 0, 9, 0, 0], "jpg", [9, 7]),
      (
        Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBPVP8X".utf8) + [0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 6, 0, 0], "webp", [9, 7]
      ),
      (Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBPVP8L".utf8) + [0, 0, 0, 0, 0x2F, 8, 0x80, 1, 0] + zeros, "webp", [9, 7]),
      (Array("\u{FEFF}<?xml version=\"1.0\"?>\n<!-- <p> -->\n<svg width=\"3\"></svg>".utf8), "svg", []),
      (Array("<svg>".utf8), "svg", []), ([0xFF, 0xD8, 0xFF], "jpg", []), (Array("GIF87a".utf8), "gif", []),
    ] as [([UInt8], String, [Int])])
  func aPictureIsKnownByItsBytes(bytes: [UInt8], fileType: String, size: [Int]) throws {
    let picture = try #require(PictureOutput(Data(bytes)))
    #expect(picture.format.fileType == fileType)
    #expect((picture.pixels.map { [$0.width, $0.height] } ?? []) == size)
  }

  @Test(arguments: ["", "<svgx>", "<html><svg></svg></html>", "GIF", "<!-- <svg>", "%PDF-1.4", "RIFF....WAVE"])
  func anythingElseIsNone(text: String) { #expect(PictureOutput(Data(text.utf8)) == nil) }

  @Test func aRecordHoldsItAsItsOwnFileAndItsWordsInTheIndex() throws {
    let picture = try #require(PictureOutput(Data("<svg></svg>".utf8), alt: "A <drawing>"))
    let record = NotebookRecord(
      notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [.picture(picture), .value("1")])])
    let files = RecordFiles(record)
    #expect(files.binaries == ["a-1.svg": Data("<svg></svg>".utf8)])
    #expect(files.files.keys.sorted() == ["a-2.txt", "index.json"])
    #expect(files.all.count == 3)
    let index = try RecordIndex(json: Data((files.files["index.json"] ?? "").utf8))
    #expect(index.cells[0].outputs.map(\.kind) == [.picture, .value])
    #expect(index.cells[0].outputs[0].text == "A <drawing>")
  }

  @Test func itSurvivesTheWayThroughJSON() throws {
    let picture = try #require(PictureOutput(Data([0xFF, 0xD8, 0xFF, 0]), alt: "a", width: 3))
    #expect(try JSONDecoder().decode(Output.self, from: JSONEncoder().encode(Output.picture(picture))) == .picture(picture))
  }
}
