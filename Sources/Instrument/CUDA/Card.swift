/// A graphics processor that the driver sees.
package struct Card: Sendable, Equatable {
  /// Its number: `cuda:0` is the first that the driver sees.
  package let index: Int
  package let name: String
  /// In bytes.
  package let totalMemory: Int
  /// What no process used when it was asked, in bytes: 0 on a card that does not let this process in; nil if it was not asked.
  package internal(set) var freeMemory: Int?
  package let capability: Capability
  package let multiprocessors: Int
  /// Of the card itself, as `nvidia-smi -L` shows it: `GPU-` and groups of hexadecimal digits.
  package let uuid: String
  /// The most shared memory that a block of threads can have, in bytes.
  let sharedMemoryPerBlock: Int

  /// Whether whole warpgroups multiply matrices (`wgmma`), as on Hopper alone.
  var hasWarpgroups: Bool { capability == Capability(9, 0) }

  /// What a card can do, as NVIDIA numbers it: 8.0 (A100), 9.0 (H100, H200), 10.0 (B200).
  package struct Capability: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var major: Int
    package var minor: Int

    package init(_ major: Int, _ minor: Int) {
      self.major = major
      self.minor = minor
    }

    package static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }

    package var description: String { "\(major).\(minor)" }

    /// What the compiler calls it. 9.0 is asked for with its own instructions (`wgmma`), which no other card has.
    package var architecture: String { "sm_\(number)" + (number == 90 ? "a" : "") }

    /// 10 · major + minor.
    var number: Int { 10 * major + minor }
  }
}
