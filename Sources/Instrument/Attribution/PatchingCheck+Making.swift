extension PatchingCheck {
  /// A comparison of nodes that somebody else has patched.
  package init(of nodes: [Node]) { self.init(nodes: nodes) }
}

extension PatchingCheck.Node {
  /// A node of a component without heads.
  package init(_ label: String, layer: Int, position: Int, estimate: Float, patched: Float) {
    self.init(label: label, layer: layer, head: nil, position: position, estimate: estimate, patched: patched)
  }
}
