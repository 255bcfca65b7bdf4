import Foundation

extension Diagnostic {
  /// An error in words for a reader: its own where it has some; of Foundation's, which print all that they hold, the file and the cause.
  public static func words(_ error: any Error) -> String {
    if let words = ownWords(error) { return words }
    let path = (error as NSError).userInfo[NSFilePathErrorKey] as? String
    return (path.map { "'\($0)': " } ?? "") + reason(error)
  }

  /// The same without the file, for whoever has named it already.
  public static func reason(_ error: any Error) -> String {
    if let words = ownWords(error) { return words }
    let error = error as NSError
    if error.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(truncatingIfNeeded: error.code))) }
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(cause) }
    return error.localizedDescription
  }

  /// Nil for those of Foundation.
  private static func ownWords(_ error: any Error) -> String? {
    if let words = (error as? any LocalizedError)?.errorDescription { return words }
    let isFoundations = error is CocoaError || error is POSIXError || error is URLError || type(of: error) == NSError.self
    return isFoundations ? nil : String(describing: error)
  }
}
