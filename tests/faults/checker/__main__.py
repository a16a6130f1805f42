"""python3 tests/faults/checker --data DIR ..."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from checker.run import main  # noqa: E402

sys.exit(main())
