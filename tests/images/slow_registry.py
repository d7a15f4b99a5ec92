"""A real registry behind a slow way, for tests that run elsewhere than in this process: ``python -m`` this.

Once it listens it prints what [image] registry would say, as one line. SIGTERM ends it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import signal
import sys
from pathlib import Path

from tests.images.hostile import breaking
from tests.images.push import Pusher
from tests.images.real_registry import REPOSITORY, real_registry
from tests.images.tiny import FILES, tar, with_checksums

BYTES_PER_S = 1_000_000
IMAGES = {"0.5.10": 6 << 20, "0.5.9": 1 << 10}
"""Tags, and how many bytes of each can't be compressed."""
EMPTY_TAG = "0.5.8-no-image"


def push(pusher: Pusher) -> None:
    """Two images, a large one and a small one, and what is none."""
    for tag, size in IMAGES.items():
        metadata = {"kernel": "bzImage", "initrd": "initramfs.cpio.gz", "version": tag}
        files = FILES | {
            "metadata.json": json.dumps(metadata | {"description": f"Guest {tag}"}).encode(),
            "hda.img": random.Random(tag).randbytes(size),
        }
        pusher.layers(tag, gzip.compress(tar(with_checksums(files)), compresslevel=1))
    pusher.layers(EMPTY_TAG, gzip.compress(tar({"readme": b"no image"})))


async def serve(port: int) -> None:
    """Lead to the registry, slowly, until told to end."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with breaking(port) as way:
        way.bytes_per_s = BYTES_PER_S
        sys.stdout.write(f"127.0.0.1:{way.port}/{REPOSITORY}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    with real_registry(Path(sys.argv[1])) as running:
        push(running.pusher)
        asyncio.run(serve(running.port))
