"""Measurements, side by side with others' work where there is any; never asserted in a test."""
