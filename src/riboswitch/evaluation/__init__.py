"""How good a method is: metrics, resampling, reliability."""
