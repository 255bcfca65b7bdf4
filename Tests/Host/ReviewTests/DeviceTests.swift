import Foundation
import Record
import Rendering
import Review
import Testing

/// Records that were made on different devices: they are compared as all others, and the reader is told.
@Suite struct DeviceTests {
  private func record(_ device: String?, _ number: String = "1.0") -> MemoryRecords {
    let cells = [cell("a", .value("x = \(number)"))]
    var records = MemoryRecords("r", cells)
    let files = RecordFiles(NotebookRecord(notebook: "n", device: device, cells: cells), details: ["a": .init(key: "a")])
    records.records["n"] = files.files.mapValues { Data($0.utf8) }
    return records
  }

  private func review(_ base: MemoryRecords, _ head: MemoryRecords) throws -> SiteReview { try SiteReview(base, head) }

  @Test func anotherDeviceAloneIsNoChangeAndIsTold() throws {
    let (base, head) = (record("NVIDIA H200"), record("cpu"))
    let review = try review(base, head)
    #expect(!review.isChanged)
    #expect(review.notebooks[0].status == .same)
    #expect(review.terminalText(colors: false).contains("device: NVIDIA H200 -> cpu"))
    #expect(review.markdown.contains("Device: `NVIDIA H200` → `cpu`"))
    #expect(review.json.contains("\"head\" : \"cpu\""))
    #expect(ReviewPage(review, base: base, head: head).html.contains("device: NVIDIA H200 → cpu"))
  }

  @Test func numbersOfDifferentDevicesHoldWithinTheToleranceAndNotBeyond() throws {
    let within = try review(record("NVIDIA H200", "1.00001"), record("cpu", "1.00002"))
    #expect(!within.isChanged)
    #expect(within.cell("a")?.status == .within)
    #expect(try review(record("NVIDIA H200", "1.0"), record("cpu", "1.1")).isChanged)
  }

  @Test func theSameDeviceAndOneThatIsNotKnownAreNotTold() throws {
    for (base, head) in [("cpu", "cpu"), (nil, "cpu"), ("cpu", nil)] as [(String?, String?)] {
      let review = try review(record(base), record(head))
      #expect(review.notebooks[0].device == nil)
      #expect(!review.terminalText(colors: false).contains("device"))
    }
  }

  @Test func gitTellsItOfAnIndex() throws {
    func text(_ base: MemoryRecords, _ head: MemoryRecords) -> String {
      FileReview.text("r/index.json", base.read("index.json", of: "n"), head.read("index.json", of: "n"))
    }
    #expect(text(record("cpu"), record("NVIDIA H200")).contains("~ device: cpu -> NVIDIA H200"))
    #expect(text(record(nil), record("cpu")).contains("no cell changed"))
  }
}
