import Foundation
import Record
import Review
import Testing

@Suite struct PictureReviewTests {
  private func png(_ width: UInt8, _ rest: [UInt8] = []) throws -> Output {
    let head: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, width, 0, 0, 0, 2,
    ]
    return .picture(try #require(PictureOutput(Data(head + rest))))
  }

  @Test func picturesAreComparedByTheirBytes() throws {
    #expect(try !review([cell("a", png(3))], [cell("a", png(3))]).isChanged)
    let other = try review([cell("a", png(3, [1]))], [cell("a", png(3, [2]))])
    #expect(other.isChanged)
    #expect(other.output("a")?.findings == ["another picture of the same size (PNG, 3 × 2 pixels, 25 bytes)"])
    #expect(other.output("a")?.isStructural == false)
  }

  @Test func anotherSizeIsTold() throws {
    let other = try review([cell("a", png(3))], [cell("a", png(4))])
    #expect(other.output("a")?.findings == ["PNG, 3 × 2 pixels, 24 bytes -> PNG, 4 × 2 pixels, 24 bytes"])
    #expect(other.output("a")?.isStructural == true)
    #expect(other.terminalText(colors: false).contains("4 × 2"))
    #expect(other.markdown.contains("4 × 2"))
  }

  @Test func markdownIsComparedLineByLine() throws {
    let other = try review(
      [cell("a", .markdown(MarkdownOutput("# A\n\nb\n")))], [cell("a", .markdown(MarkdownOutput("# A\n\nc\n")))])
    #expect(other.output("a")?.lines.compactMap(\.head) == ["c"])
  }
}
