/// A type that declares that its values are plain: nothing changes one but an assignment to the variable that holds it or a mutating call on it.
///
/// Most structures need no declaration, since the runtime shows all that they hold. A type declares itself if it does not show: what is built
/// into the language, a collection, a structure that keeps its content in an object of its own and copies that before it is written to.
package protocol PlainValue {
  /// The types of what a value holds: it is plain if all of these are. None for a type that holds only what is its own.
  static var heldTypes: [Any.Type] { get }

  /// Feeds all by which the value differs from others of its type. Returns false if it has no digest.
  func feed(_ digest: inout ValueDigest) -> Bool
}

extension PlainValue {
  package static var heldTypes: [Any.Type] { [] }
}

/// An object whose state never changes after it is made, so that a cell that uses it depends on no other cell that does.
///
/// A variable that holds one is plain, but has no digest: what it holds counts as another object whenever the cell that made it has run.
public protocol ImmutableObject: AnyObject {}

/// A type that declares that its values are not plain: they share state that can change without an access to the variable.
package protocol OpaqueValue {}
