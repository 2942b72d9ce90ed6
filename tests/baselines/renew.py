"""Write the golden ledgers anew: `python -m tests.baselines.renew`, after a change that is meant to alter numbers.

Say in the changelog why they moved.
"""

import json

from tests.baselines.worlds import FILE, describe_all, kept


def main() -> None:
    """Write the file, and say which worlds have moved."""
    before = kept()["worlds"] if FILE.exists() else {}
    now = describe_all()
    FILE.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    for name, world in now["worlds"].items():
        moved = before.get(name, {}).get("ledger_sha256") != world["ledger_sha256"]
        print(f"{name}: {'moved' if moved else 'as before'} ({world['ledger_sha256'][:12]})")


if __name__ == "__main__":
    main()
