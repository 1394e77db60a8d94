"""Detectors: tables on session time to flags. Importing this package registers the shipped ones."""

from review.detectors.registry import Detector, detectors, register, resolve, run, unregister

__all__ = ["Detector", "detectors", "register", "resolve", "run", "unregister"]
