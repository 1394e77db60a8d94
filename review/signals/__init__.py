"""Measurements on device time: what the pictures, the sound and the positions show."""
