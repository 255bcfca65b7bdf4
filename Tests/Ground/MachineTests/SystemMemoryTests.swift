import Foundation
import Machine
import Testing

@Suite struct SystemMemoryTests {
  @Test func noMoreIsAvailableThanThereIs() { #expect(SystemMemory.available <= SystemMemory.total) }

  @Test func thisProcessHasSomeOfItsOwn() { #expect(SystemMemory.own(of: "self") > 1 << 20) }

  @Test func thePeakIsNoLessThanWhatThereIsNow() { #expect(SystemMemory.peak(of: "self") >= SystemMemory.own(of: "self")) }

  @Test func aProcessThatIsGoneHasNone() { #expect(SystemMemory.own(of: "0") == 0) }
}
