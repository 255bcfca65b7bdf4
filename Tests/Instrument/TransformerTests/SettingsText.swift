import Checkpoints
import Foundation
import Transformer

/// The text of a `config.json`, to be changed key by key.
struct SettingsText: CustomStringConvertible {
  var text: String

  init(_ text: String) { self.text = text }

  var description: String { text }

  private var reader: SettingsReader? { try? SettingsReader(json: Data(text.utf8), file: "config.json") }

  var keys: [String] { reader?.names ?? [] }

  func value(_ key: String) -> JSONNode? { reader?.node(key) }

  /// With a key that has another value, or that is added.
  func setting(_ key: String, _ value: String) -> SettingsText {
    guard let range = self.value(key)?.range else {
      return SettingsText("{\"\(key)\": \(value)," + text.dropFirst(text.prefix { $0 != "{" }.count + 1))
    }
    let bytes = Array(text.utf8)
    return SettingsText(
      String(decoding: bytes[..<range.lowerBound], as: UTF8.self) + value
        + String(decoding: bytes[range.upperBound...], as: UTF8.self))
  }

  /// Without a key.
  func without(_ key: String) -> SettingsText {
    let text = setting(key, "null").text
    guard let member = text.range(of: "\"\(key)\": null") else { return self }
    let (before, behind) = (String(text[..<member.lowerBound]), text[member.upperBound...].drop { $0.isWhitespace })
    // The comma behind it goes with it, or the one before the last.
    guard behind.first != ",", let comma = before.lastIndex(of: ",") else { return SettingsText(before + behind.dropFirst()) }
    return SettingsText(String(before[..<comma]) + behind)
  }

  func setting(_ pairs: [(String, String)]) -> SettingsText { pairs.reduce(self) { $0.setting($1.0, $1.1) } }

  /// What it describes.
  func configuration() throws -> ModelConfiguration { try ModelConfiguration(json: Data(text.utf8), file: "config.json") }

  /// Why it cannot be read; empty if it can.
  var error: String {
    do {
      _ = try configuration()
      return ""
    } catch { return "\(error)" }
  }
}
