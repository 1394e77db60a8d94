"""From flags to risk, to the order of work, and to how good the flags are."""
