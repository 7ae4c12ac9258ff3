"""Audits: what training and test rows have in common, and the traffic light."""
