import Foundation
import Glibc

/// The streams of a program that runs to its end. They hold what is still to be sent to the program, and what it has written so far.
struct ChildStreams {
  private var sending: Descriptor?
  private var unsent: Data
  private var reading: [Descriptor?]
  private var read: [Data]
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  var output: Data { read[0] }
  var errors: Data { read[1] }

  init(input: Descriptor?, unsent: Data, output: Descriptor, errors: Descriptor?) {
    (sending, self.unsent) = (input, unsent)
    (reading, read) = ([output, errors], [Data(), Data()])
  }

  /// Sends and reads until the program has closed its streams. No stream waits for another one.
  /// - Parameters:
  ///   - meanwhile: It is called every 2 ms while nothing comes, until it returns false.
  ///   - isCancelled: It is called in the same way, every 50 ms when `meanwhile` is over or is nil.
  mutating func transfer(meanwhile: (() -> Bool)?, isCancelled: (() -> Void)?) {
    var meanwhile = meanwhile
    while reading.contains(where: { $0 != nil }) {
      var waiting = (reading + [sending]).map { pollfd(fd: $0?.number ?? -1, events: Int16(POLLIN), revents: 0) }
      waiting[2].events = Int16(POLLOUT)
      let count = retrying { poll(&waiting, nfds_t(waiting.count), meanwhile != nil ? 2 : isCancelled != nil ? 50 : -1) }
      if count == 0, let look = meanwhile, !look() { meanwhile = nil }
      if count == 0 { isCancelled?() }
      for stream in 0..<2 where waiting[stream].revents != 0 { receive(stream) }
      if waiting[2].revents != 0 { send() }
    }
  }

  private mutating func receive(_ stream: Int) {
    guard let bytes = reading[stream]?.read(&buffer) else {
      reading[stream] = nil
      return
    }
    read[stream] += bytes
  }

  /// Sends as much as the program can take now. A program that has closed its input, or has been sent everything, is sent nothing more.
  private mutating func send() {
    guard let socket = sending else { return }
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    let count = unsent.withUnsafeBytes { bytes in retrying { Glibc.send(socket.number, bytes.baseAddress, bytes.count, flags) } }
    if count < 0 && errno == EAGAIN { return }
    unsent = count < 0 ? Data() : unsent.dropFirst(count)
    if unsent.isEmpty { sending = nil }
  }
}
