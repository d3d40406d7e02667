"""How due schedules are shared out. The clock needs no more of them than this."""

AT_ONCE = 100  # schedules that one transaction runs
LANES = 4  # such transactions at the same time
