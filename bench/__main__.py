"""Load 100,000 cases into a scratch database, start the site, measure it beside bare SQL, check its answers.

Ends with an error only when an answer is wrong: how fast it is depends on the machine, and is printed.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "latest.json"


def main() -> int:
    """Run it all in a data folder of its own; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="how many open cases [%(default)s]")
    parser.add_argument("--seconds", type=float, default=6, help="of each measurement [%(default)s]")
    parser.add_argument("--markdown", action="store_true", help="print the table as in docs/benchmarks.md")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lalanh-bench-"))
    folder.chmod(0o711)
    for name in [n for n in os.environ if n.startswith(("LALANH_", "DATABASE_"))]:
        del os.environ[name]
    os.environ |= {
        "LALANH_DATA": str(folder),
        "LALANH_DEMO": "0",
        "LALANH_ENV": "test",  # no limits by address: all load comes from one
        "SECRET_KEY": "bench-session",
        "LALANH_PRIVACY_KEY": "bench-privacy",
    }
    from app.core import embedded
    from bench.run import run

    try:
        return run(chosen.cases, chosen.seconds, RESULTS, markdown=chosen.markdown)
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
