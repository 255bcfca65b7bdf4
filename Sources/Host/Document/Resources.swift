/// What one run of a notebook takes of a machine: who places runs beside each other, or asks a cluster for room, goes by it.
package struct Resources: Sendable, Equatable, Codable {
  /// In bytes.
  package var memory: Int?
  package var cores: Int?
  /// Graphics cards.
  package var gpus: Int?
  /// The longest that a run may take, in seconds.
  package var time: Int?

  package init(memory: Int? = nil, cores: Int? = nil, gpus: Int? = nil, time: Int? = nil) {
    (self.memory, self.cores, self.gpus, self.time) = (memory, cores, gpus, time)
  }

  /// With what another one says in place of what this one says.
  package func overridden(by other: Resources) -> Resources {
    Resources(
      memory: other.memory ?? memory, cores: other.cores ?? cores, gpus: other.gpus ?? gpus, time: other.time ?? time)
  }

  /// A number of bytes as it is written: `8G`, `500M`, by powers of 1000; nil for anything else.
  package static func bytes(_ text: String) -> Int? {
    let units = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
    let unit = text.uppercased().last.flatMap { units[String($0)] }
    guard let number = Double(unit == nil ? text : String(text.dropLast())), number >= 0, number < 1e6 || unit == nil else {
      return nil
    }
    let bytes = number * (unit ?? 1)
    return bytes < 1e18 ? Int(bytes) : nil
  }

  /// A span of time as it is written: `90` (minutes, as Slurm takes a number), `45s`, `30m`, `2h`, `1d`, `1h30m`, `2:30:00`, `1-12:00:00`; in seconds. Nil
  /// for anything else.
  package static func seconds(_ text: String) -> Int? {
    if let match = text.wholeMatch(of: /(?:([0-9]{1,3})-)?([0-9]{1,3}):([0-9]{1,2}):([0-9]{1,2})/) {
      let parts = [match.1.map(String.init) ?? "0", String(match.2), String(match.3), String(match.4)].compactMap(Int.init)
      return zip(parts, [86_400, 3600, 60, 1]).map(*).reduce(0, +)
    }
    if let match = text.wholeMatch(of: /[0-9]{1,7}/) { return Int(match.0).map { $0 * 60 } }
    let units = /(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?/
    guard let match = text.wholeMatch(of: units), !text.isEmpty else { return nil }
    let parts = [match.1, match.2, match.3, match.4].map { $0.flatMap { Int($0) } ?? 0 }
    return zip(parts, [86_400, 3600, 60, 1]).map(*).reduce(0, +)
  }
}
