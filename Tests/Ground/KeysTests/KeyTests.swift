import Foundation
import Keys
import Testing

@Suite struct KeyTests {
  private func key(_ purpose: String, _ parts: [(String, String)]) -> Key {
    var builder = KeyBuilder(purpose)
    for (label, value) in parts { builder.add(label, value) }
    return builder.key
  }

  @Test func noTwoSequencesOfPartsAreOneKey() {
    let keys = [
      key("p", [("l", "ab"), ("l", "c")]), key("p", [("l", "a"), ("l", "bc")]), key("p", [("l", "abc")]),
      key("p", [("la", "b"), ("l", "c")]), key("p", [("l", "abl"), ("c", "")]), key("p", [("l", "c"), ("l", "ab")]),
      key("p", []), key("p", [("", "")]), key("p", [("", ""), ("", "")]), key("pl", [("ab", "l"), ("c", "")]),
      key("", [("p", "l"), ("ab", "c")]), key("", []), key("q", [("l", "ab"), ("l", "c")]),
      key("p", [("l", "a\0b"), ("l", "c")]),
    ]
    #expect(Set(keys).count == keys.count)
  }

  @Test func thePurposeKeepsKeysApart() { #expect(key("cell", [("a", "b")]) != key("record", [("a", "b")])) }

  @Test func theSamePartsAreTheSameKey() {
    var first = KeyBuilder("p")
    first.add("text", "é")
    first.add("key", key("q", []))
    var second = KeyBuilder("p")
    second.add("text", Data("é".utf8))
    second.add("key", key("q", []).description)
    #expect(first.key == second.key)
    #expect(first.key.hashValue == second.key.hashValue)
  }

  @Test func spellingsThatSwiftTakesForOneAreDifferent() { #expect(key("p", [("l", "\u{e9}")]) != key("p", [("l", "e\u{301}")])) }

  @Test func bytesCountWhateverHoldsThem() {
    let bytes: [UInt8] = [9, 0, 1, 255, 9]
    var keys: Set<Key> = []
    for add: (inout KeyBuilder) -> Void in [
      { $0.add("b", bytes[1...3]) }, { $0.add("b", Array(bytes[1...3])) }, { $0.add("b", Data(bytes)[1...3]) },
    ] {
      var builder = KeyBuilder("p")
      add(&builder)
      keys.insert(builder.key)
    }
    #expect(keys.count == 1)
  }

  /// Computed with Python's hashlib: each part after its length, in eight bytes, the lowest first. Were it to change, every cache in use
  /// would be forgotten.
  @Test func theKeyIsTheSHA256OfThePartsWithTheirLengths() {
    var builder = KeyBuilder("cell")
    builder.add("source", "let x = 1")
    builder.add("bytes", Data([0, 1, 255]))
    #expect(builder.key.description == "485475be0edfeb74cfcead41c5d4dcb6cc54fd625c2e2db0fb010d7d7e87deb8")
  }

  @Test func askingForTheKeyDoesNotEndTheBuilding() {
    var builder = KeyBuilder("p")
    let before = builder.key
    #expect(builder.key == before)
    builder.add("a", "b")
    #expect(builder.key == key("p", [("a", "b")]))
    #expect(builder.key != before)
  }

  @Test func aKeyIsReadFromItsDigits() throws {
    let original = key("p", [])
    let text = original.description
    #expect(text.count == 64)
    #expect(text.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    #expect(try #require(Key(hexadecimal: text)) == original)
    #expect(try #require(Key(hexadecimal: text.uppercased())) == original)
    #expect(original.short == String(text.prefix(16)))
  }

  @Test(
    arguments: [
      "", "abc", String(repeating: "a", count: 63), String(repeating: "a", count: 65), String(repeating: "g", count: 64),
      "../" + String(repeating: "a", count: 61), String(repeating: "é", count: 32), String(repeating: "a", count: 63) + " ",
      "+" + String(repeating: "1", count: 63), String(repeating: "١", count: 32),
    ])
  func whatIsNot64DigitsIsNoKey(text: String) { #expect(Key(hexadecimal: text) == nil) }

  @Test func aKeyIsItsDigitsAsJSON() throws {
    let original = key("p", [])
    let json = try JSONEncoder().encode([original])
    #expect(String(decoding: json, as: UTF8.self) == "[\"\(original)\"]")
    #expect(try JSONDecoder().decode([Key].self, from: json) == [original])
    for wrong in ["[\"abc\"]", "[1]", "[null]", "[{}]"] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode([Key].self, from: Data(wrong.utf8)) }
    }
  }
}
