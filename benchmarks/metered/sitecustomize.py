"""Python runs this file when it starts, if this folder is in PYTHONPATH: the worker is metered."""

import os
import sys

if "worker" in sys.orig_argv and "AMC_REPORTS_METERS" in os.environ:
    sys.path.insert(0, os.environ["AMC_REPORTS_METERED"])
    from benchmarks.metered import meters

    meters.install()
