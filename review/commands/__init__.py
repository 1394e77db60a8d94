"""The commands, by what they work on; each is a thin wrapper over the call of the same name."""
