/// How work that takes long is asked to end. A model's pass looks here before every layer, and ends with an error.
package enum Interruption {
  /// Whether somebody wants the present work to end. The program that runs the work sets it before the work begins.
  nonisolated(unsafe) package static var isRequested: @Sendable () -> Bool = { false }
}
