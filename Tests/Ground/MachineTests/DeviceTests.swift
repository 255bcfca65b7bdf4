import Foundation
import Machine
import Testing

/// The device on which a model computes, and its spelling.
@Suite struct DeviceTests {
  @Test(arguments: [
    ("auto", Device.auto), ("cpu", .cpu), ("cuda", .cuda(0)), ("cuda:0", .cuda(0)), ("cuda:1", .cuda(1)), ("cuda:12", .cuda(12)),
  ])
  func aSpellingIsItsDevice(text: String, device: Device) { #expect(Device(text) == device) }

  @Test(arguments: [
    "", "gpu", "mps", "CPU", "Auto", " cpu", "cuda1", "cuda:", "cuda:-1", "cuda:+1", "cuda: 1", "cuda:1 ", "cuda:1.0", "cuda:x",
    "cuda:99999999999999999999",
  ])
  func anythingElseIsNone(text: String) { #expect(Device(text) == nil) }

  @Test(arguments: [Device.auto, .cpu, .cuda(0), .cuda(3)])
  func theDescriptionIsASpelling(device: Device) { #expect(Device(device.description) == device) }

  @Test(arguments: [Device.auto, .cpu, .cuda(2)])
  func itIsCodedAsItsSpelling(device: Device) throws {
    let code = try JSONEncoder().encode([device])
    #expect(String(decoding: code, as: UTF8.self) == "[\"\(device)\"]")
    #expect(try JSONDecoder().decode([Device].self, from: code) == [device])
  }

  @Test func aCodedWordThatIsNoDeviceIsAnError() {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([Device].self, from: Data("[\"gpu\"]".utf8)) }
  }

  @Test(arguments: [
    ([:], Device.auto), (["FOLIO_DEVICE": ""], .auto), (["FOLIO_DEVICE": "cpu"], .cpu), (["FOLIO_DEVICE": "cuda:1"], .cuda(1)),
    (["FOLIO_DEVICE": "gpu"], nil),
  ])
  func theEnvironmentNamesADeviceOrNone(environment: [String: String], device: Device?) {
    #expect(Device.preset(in: environment) == device)
  }
}
