"""Evaluation of methods: metrics, resampling, reliability."""
