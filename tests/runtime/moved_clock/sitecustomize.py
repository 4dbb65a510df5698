"""In a function under SAM's runtime emulator while the clock is moved: the emulator's deadlines move with it.

The emulator is linked statically, so that no library can move its clock.
"""

import os
import time

from awslambdaric.lambda_context import LambdaContext

MOVED_MS = 1000 * int(os.environ["CLOCK_OFFSET_SECONDS"])


def _remaining(context: LambdaContext) -> int:
    deadline: int = context._epoch_deadline_time_in_ms
    return max(0, deadline + MOVED_MS - int(time.time() * 1000))


LambdaContext.get_remaining_time_in_millis = _remaining
