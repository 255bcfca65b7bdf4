import Foundation

/// Reads a parameter of the notebook; the host writes these calls.
/// - Throws: `DecodingError` if there is no parameter of the name, or its value is not of the type.
public func _folioParameter<Value: Decodable>(_ name: String) throws -> Value {
  let decoder = JSONDecoder()
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  if let key = CodingUserInfoKey(rawValue: "name") { decoder.userInfo[key] = name }
  return try decoder.decode(NamedValue<Value>.self, from: CellServices.current.parameters()).value
}

/// One value of a JSON object, by its name.
private struct NamedValue<Value: Decodable>: Decodable {
  var value: Value

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let name = Name(stringValue: decoder.userInfo.values.first as? String ?? "")
    value = try decoder.container(keyedBy: Name.self).decode(Value.self, forKey: name)
  }
}
