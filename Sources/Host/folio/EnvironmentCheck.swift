import Foundation
import Record
import Store

/// The environment variables whose values are numbers. One that is none counts as not set, and that is told before the command does anything.
enum EnvironmentCheck {
  private static let numbers: [(variable: String, form: String, isFine: @Sendable (String) -> Bool)] = [
    ("FOLIO_CACHE_LIMIT", "a number of gigabytes, as 5 or 0.5", { EntryStore.limit($0) != nil }),
    ("FOLIO_MEMORY_LIMIT", "a whole number of bytes above 0", { Int($0).map { $0 > 0 } == true }),
    ("FOLIO_THREADS", "a whole number above 0", { Int($0).map { $0 > 0 } == true }),
  ]

  /// What is wrong with the values of Folio's variables. An empty value is as good as none.
  static func problems(_ environment: [String: String]) -> [Diagnostic] {
    numbers.compactMap { variable, form, isFine in
      guard let value = environment[variable], !value.isEmpty, !isFine(value) else { return nil }
      return Diagnostic(
        .warning, "the environment variable \(variable) is '\(value)' and counts as not set", advice: "Its value is \(form).")
    }
  }
}
