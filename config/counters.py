"""Where gunicorn's processes put their counts together; imported before anything counts.

prometheus_client decides at its import. Where the environment names no folder, gunicorn gets one of
its own, empty at each start; a folder that several services share is the operator's to name.
"""

import os
import shutil
import tempfile

_NAME = "PROMETHEUS_MULTIPROC_DIR"

own_folder = "" if os.environ.get(_NAME) else tempfile.mkdtemp(prefix="kotozute-counts-")
if own_folder:
    os.environ[_NAME] = own_folder


def forget() -> None:
    """Delete the folder if it is our own."""
    if own_folder:
        shutil.rmtree(own_folder, ignore_errors=True)
