import Foundation
@_exported import ModelTwin
import Checkpoints
import Transformer
import Tensors
import TestSupport

/// A tiny checkpoint, and what TransformerLens and Hugging Face compute on it (`Tests/TransformerTests/Fixtures/README.md` says what is there,
/// and how close one must come).
package struct ModelFixture: Sendable, CustomStringConvertible {
  package let name: String
  package let expectations: Expectations
  /// The checkpoint in one fp32 file.
  package let model: LanguageModel
  private let expected: SafetensorsFile

  /// What `NAME.expected.json` says.
  package struct Expectations: Decodable, Sendable {
    package let prompt: String
    package let cleanOut: String
    package let tokensClean: [Int]
    package let tokensCorr: [Int]
    package let aClean: [Int]
    package let aCorr: [Int]
    package let species: [String]
    package let logitDiff: [String: Double]
    package let generateUntilStop: [String: String]
    package let dlaCompleteness: [String: Double]
  }

  package static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "TransformerTests/Fixtures")

  /// The trained model that the notebooks run on, where the package holds it.
  package static let standIn = URL(filePath: Repository.model)

  /// Both checkpoints: multi-query, and grouped-query with heads that are wider than the residual stream.
  package static let all = Result { try ["tiny-gemma", "tiny-gemma-gqa"].map(ModelFixture.init) }

  /// One of them.
  package static func named(_ name: String) throws -> ModelFixture {
    guard let fixture = try all.get().first(where: { $0.name == name }) else { throw MissingKey(key: name) }
    return fixture
  }

  private init(_ name: String) throws {
    self.name = name
    model = try LanguageModel(folder: Self.folder.appending(path: name)).onTestDevice()
    expected = try SafetensorsFile(Self.folder.appending(path: name + ".expected.safetensors"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    expectations = try decoder.decode(
      Expectations.self, from: Data(contentsOf: Self.folder.appending(path: name + ".expected.json")))
  }

  package var description: String { name }

  /// The keys of `NAME.expected.safetensors` that begin with a prefix.
  package func keys(_ prefix: String) -> [String] { expected.entries.keys.filter { $0.hasPrefix(prefix) }.sorted() }

  /// An expected tensor.
  package func tensor(_ key: String) throws -> Tensor {
    guard let entry = expected.entries[key] else { throw MissingKey(key: key) }
    return try expected.tensor(entry)
  }

  package struct MissingKey: Error { let key: String }
}

/// The largest difference between numbers at the same place. NaN anywhere, or another count, is infinitely far.
package func largestDifference(_ actual: Tensor, _ expected: Tensor) -> Float {
  guard actual.count == expected.count else { return .infinity }
  return zip(actual.elements, expected.elements).reduce(0) { worst, pair in
    let difference = pair.0 == pair.1 ? 0 : abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(worst, difference)
  }
}
