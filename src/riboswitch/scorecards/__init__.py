"""Scorecards: a network beside plain methods, on shared folds, with verdicts."""
