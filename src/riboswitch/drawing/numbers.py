"""Numbers as text, in drawings and tables."""

from __future__ import annotations

import numpy as np


def number(value: float) -> str:
    """A number for reading: three decimals below 10, one below 1000, else three significant digits."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 1000 else f"{value:.3g}"


def digits(value: float | None, places: int = 2) -> str:
    """A number with a fixed number of decimal places; a dash for None or NaN."""
    return "–" if value is None or value != value else f"{value:.{places}f}"


def percent(fraction: float) -> str:
    """A fraction in per cent, with one decimal place."""
    return f"{100 * fraction:.1f} %"


def thousands(number: int) -> str:
    """A whole number in groups of three digits."""
    return f"{number:,}"


def rate(value: float) -> str:
    """A rate that may be very small, such as a q-value."""
    return f"{value:.3f}" if value == 0 or value >= 0.001 else f"{value:.1e}"


def bases(count: float) -> str:
    """A length of DNA in bp, kb or Mb."""
    for unit, size in (("Mb", 1e6), ("kb", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} bp"


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """About ``wanted`` round numbers from ``low`` to ``high``."""
    span = max(high - low, 1e-9)
    step = 10.0 ** np.floor(np.log10(span / wanted))
    step *= min((m for m in (1, 2, 5, 10) if span / (step * m) <= wanted), default=10)
    first = np.ceil(low / step - 1e-9)
    return [float(round(i * step, 10)) + 0.0 for i in np.arange(first, np.floor(high / step + 1e-9) + 1)]
