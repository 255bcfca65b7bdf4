import Document
import Foundation
import Testing

@testable import Sweeping
