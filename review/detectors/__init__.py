"""Detectors: tables on session time to flags. Importing this package registers the shipped ones."""

from review.detectors import (  # noqa: F401  registers
    absent,
    audio_gap,
    away_total,
    camera_covered,
    clock_unsynchronised,
    different_person,
    external_display,
    extra_person,
    face_hidden,
    forbidden_app,
    forbidden_object,
    frozen_picture,
    late_login,
    left_early,
    location_drift,
    location_jump,
    location_missing,
    location_outside,
    looking_away,
    mock_location,
    network_gap,
    off_screen,
    phones_apart,
    placement,
    poor_picture,
    recording_gap,
    second_voice,
    speech,
    unscheduled_exit,
    warnings_exceeded,
)
from review.detectors.registry import Detector, detectors, register, resolve, run, unregister

__all__ = ["Detector", "detectors", "register", "resolve", "run", "unregister"]
