"""Atomic file writes: temporary name, fsync, read back, rename."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(file: Path, data: bytes, *, mode: int = 0o644, replace: bool = True) -> None:
    """Write `data` to `file`, with its folders. A failure leaves what was there before, and nothing else.

    The bytes go to a temporary name in the same folder, reach the disk, and are read back before the rename, because a
    full disk can report its error late. Raises OSError (ENOSPC, EDQUOT, EROFS …), and FileExistsError if `replace` is
    false and the file exists.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}.tmp")
    try:
        with _opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode) as descriptor:
            os.fchmod(descriptor, mode)  # whatever the umask is
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        if temporary.read_bytes() != data:
            raise OSError(errno.EIO, "the disk does not hold what was written", str(file))
        if replace:
            temporary.replace(file)
        else:
            os.link(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
    with _opened(file.parent, os.O_RDONLY) as folder:
        os.fsync(folder)  # makes the new name last


@contextmanager
def _opened(path: Path, flags: int, mode: int = 0o600) -> Iterator[int]:
    descriptor = os.open(path, flags, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
