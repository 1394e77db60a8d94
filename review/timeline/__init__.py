"""Everything on one clock: interval arithmetic, clocks, coverage, the window, the evidence."""
