"""Training: schedules, the optimiser, the loop and what it writes."""
