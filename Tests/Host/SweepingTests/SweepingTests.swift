import Testing

import Sweeping
