import Foundation

/// A point in time as the file system tells it, to the nanosecond. In two parts, since files may claim to be of the year 2300, and one
/// number of nanoseconds ends in 2262.
struct Moment: Codable, Hashable, Comparable {
  var seconds: Int
  var nanoseconds: Int

  init(_ time: timespec) {
    seconds = time.tv_sec
    nanoseconds = time.tv_nsec
  }

  static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Moment(time)
  }

  /// The moment that was so many seconds earlier.
  func earlier(seconds count: Int) -> Moment {
    var moment = self
    moment.seconds -= count
    return moment
  }

  static func < (left: Moment, right: Moment) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}
