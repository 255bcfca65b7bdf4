import Testing

import Scheduling
