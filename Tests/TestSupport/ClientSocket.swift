import Glibc

/// A socket that is connected to a server on this machine, as long as it is held.
package final class ClientSocket: Sendable {
  package let number: Int32

  package struct Refused: Error {
    package let reason: String
  }

  /// - Parameter seconds: How long a read waits.
  package init(port: UInt16, address: UInt32 = INADDR_LOOPBACK, seconds: Int) throws {
    number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var (name, limit) = (sockaddr_in(), timeval(tv_sec: seconds, tv_usec: 0))
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = address.bigEndian
    setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let number = number
    let isConnected = withUnsafePointer(to: &name) { name in
      name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        while connect(number, name, size) != 0 { if errno != EINTR { return errno == EISCONN } }
        return true
      }
    }
    guard isConnected else { throw Refused(reason: String(cString: strerror(errno))) }
  }

  deinit { close(number) }
}
