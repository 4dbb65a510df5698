"""Run by the runtime client's Python: one start of a function up to its snapshot, then as many as are restored from it.

A process that forks stands in for the machine whose memory is copied: each child goes on from the very same memory.
What Python does at a fork, and no snapshot does, is undone. Everything else is AWS's runtime client, hooks included.

    python restores.py <starts> app.handler
"""

from __future__ import annotations

import os
import random
import sys
from typing import Any

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

restore_next: Any = LambdaRuntimeClient.restore_next


def split(client: LambdaRuntimeClient) -> None:
    """Wait for the restore as the runtime client does; then be several."""
    restore_next(client)
    drawn_so_far = random.getstate()
    children = []
    for _ in range(int(sys.argv[1])):
        child = os.fork()
        if not child:
            random.setstate(drawn_so_far)
            return
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    os._exit(0)


if __name__ == "__main__":
    LambdaRuntimeClient.restore_next = split
    sys.path.insert(0, os.getcwd())
    api = os.environ["AWS_LAMBDA_RUNTIME_API"]
    bootstrap.run(sys.argv[2], LambdaRuntimeClient(api))
