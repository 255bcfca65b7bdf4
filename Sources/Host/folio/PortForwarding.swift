/// How a browser reaches a port of this machine from the other end of an ssh connection.
struct PortForwarding {
  /// The name or address by which the other end knows this machine, with the user's name before it.
  private let destination: String
  /// The port at which this machine's ssh server listens.
  private let serverPort: String

  /// - Parameter environment: that of a session of ssh, which names both ends in `SSH_CONNECTION`; nil in any other one.
  init?(environment: [String: String], user: String) {
    let ends = (environment["SSH_CONNECTION"] ?? "").split(separator: " ")
    guard ends.count == 4 else { return nil }
    destination = "\(user)@\(ends[2])"
    serverPort = String(ends[3])
  }

  /// What to run on the machine with the browser.
  func command(port: String) -> String {
    "ssh -N -L \(port):127.0.0.1:\(port) " + (serverPort == "22" ? "" : "-p \(serverPort) ") + destination
  }

  /// What a user should do, given the address that the preview serves at.
  func advice(url: String) -> String? {
    guard let port = url.firstMatch(of: /:(\d+)/)?.1 else { return nil }
    return """
      This is a session over ssh. To see the page, run this on the machine with the browser, and open the address there:
        \(command(port: String(port)))

      """
  }
}
