import CWorker

/// The host's wish that the running cell stop.
package enum CellInterruption {
  /// Whether the host has asked for it. Work that takes long looks here, and ends by an error.
  package static var isRequested: Bool { folio_is_interrupted() }

  /// Stops the calling cell for good if the host has asked for it: for work that can throw no error. It must hold no lock.
  package static func stopIfRequested() { folio_stop_if_interrupted() }
}
