import Machine

extension GraphicsReport {
  /// What there is, as the driver tells. It is opened for that, so whoever asks has it open from then on.
  static var ofThisMachine: GraphicsReport {
    GraphicsReport(obstacle: .init("this build of Folio computes on the processor alone"))
  }
}
