import Record

/// What could be computed of many examples, and why it could not of the others: an average that does not say how many entered it says little.
///
/// ```swift
/// let dlas = collect(correct, "S1") { row in try model.directLogitAttribution(…) }
/// Figure.parts(…, title: "Mean | \(dlas.note)")      // 26 of 38 examples
/// dlas.leftOut                                        // a table of the reasons
/// ```
public struct Collected<Value> {
  /// One for each example that has one, in order.
  public private(set) var values: [Value] = []
  /// The examples' indices.
  public private(set) var indices: [Int] = []
  /// Why others have none, with how many; the most frequent first.
  public private(set) var reasons: [(reason: String, count: Int)] = []
  /// How many examples there were.
  public private(set) var total = 0

  fileprivate mutating func add(_ result: Result<Value, any Error>) {
    switch result {
    case .success(let value):
      values.append(value)
      indices.append(total)
    case .failure(let error):
      let reason = Diagnostic.words(error)
      if let known = reasons.firstIndex(where: { $0.reason == reason }) {
        reasons[known].count += 1
      } else {
        reasons.append((reason, 1))
      }
      reasons.sort { $0.count > $1.count }
    }
    total += 1
  }

  /// `26 of 38 examples`
  public var note: String { "\(values.count) of \(total) examples" }

  /// Why examples were left out, a row a reason.
  public var leftOut: Table {
    Table(
      columns: ["examples", "why"],
      rows: [[values.count, "entered"]] + reasons.map { [$0.count, "left out: \($0.reason)"] })
  }
}

extension Collected: CustomStringConvertible {
  /// How many examples have a value: `26 of 38 examples`
  public var description: String { note }
}

/// Computes something of each example, with progress; those of which it cannot be computed are counted by the error's words.
public func collect<Item, Value>(
  _ items: some Collection<Item>, _ title: String = "Examples", _ body: (Item) throws -> Value
) -> Collected<Value> {
  var collected = Collected<Value>()
  for item in progress(items, title) { collected.add(Result { try body(item) }) }
  return collected
}
