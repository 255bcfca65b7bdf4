/// Asks work that takes long to end. A model's pass looks here at every layer, and ends by an error.
package enum Interruption {
  /// Whether somebody wants the present work to end. Who runs the program says how to find out, before the work begins.
  nonisolated(unsafe) package static var isRequested: @Sendable () -> Bool = { false }
}
