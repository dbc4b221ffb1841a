"""Multiprocess metrics: gunicorn's processes put counts together; imported before any counts.

prometheus_client decides at its import. Where the environment names no folder, gunicorn gets one of
its own, empty at each start; a folder that several services share is the operator's to name.
"""

import atexit
import os
import shutil
import tempfile

_NAME = "PROMETHEUS_MULTIPROC_DIR"

own_folder = "" if os.environ.get(_NAME) else tempfile.mkdtemp(prefix="kotozute-counts-")
_owner = os.getpid()


def forget() -> None:
    """Delete our own folder, when the process ends that made it and not one of its children."""
    if os.getpid() == _owner:
        shutil.rmtree(own_folder, ignore_errors=True)


if own_folder:
    os.environ[_NAME] = own_folder
    # Also when it ends before it serves, since a setting is unsound.
    atexit.register(forget)
