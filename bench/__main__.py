"""``python -m bench NAME [options]``: one file beside this one for each NAME."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main() -> int:
    """Run the named bench with the options that follow."""
    own = {"__init__", "__main__"}
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in own)
    benches = [name for name in names if not name.startswith("_")]
    name, *options = sys.argv[1:] or [""]
    if name not in benches:
        print(f"usage: python -m bench {{{','.join(benches)}}} [--help]", file=sys.stderr)
        return 2
    sys.argv[0] = f"python -m bench {name}"
    return int(import_module(f"bench.{name}").main(options) or 0)


if __name__ == "__main__":
    sys.exit(main())
