"""Path to raw tables on each device's own clock; frames and sound by pts."""
