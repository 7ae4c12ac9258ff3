"""SVG elements. All drawings that the project makes itself are built from these.

Text and attribute values are escaped, so a name from a file cannot become markup.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

Point = tuple[float, float]


def element(tag: str, *inside: str, **attributes: object) -> Markup:
    """Make one SVG element.

    Parameters
    ----------
    tag : str
        Name of the element, such as ``"circle"``.
    *inside : str
        Contents. `Markup` is kept; any other text is escaped.
    **attributes : object
        ``_`` in a name becomes ``-``, and ``kind`` becomes ``class``. A float is written with one decimal
        place. None and empty text are left out.

    Returns
    -------
    Markup
        Equal arguments give equal text.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format("class" if name == "kind" else name.replace("_", "-"), _value(value))
        for name, value in attributes.items()
        if value is not None and value != ""
    )
    return Markup("<{0}{1}>{2}</{0}>" if inside else "<{0}{1}/>").format(
        tag, written, Markup("").join(inside)
    )


def _value(value: object) -> object:
    return f"{value:.1f}" if isinstance(value, float) else value


def drawing(
    width: float, height: float, label: str, parts: Iterable[Markup], /, **attributes: object
) -> Markup:
    """Make a whole drawing, with a label for screen readers.

    Parameters
    ----------
    width, height : float
        Size of the coordinate system, in pixels. The page may show the drawing larger or smaller.
    label : str
    parts : iterable of Markup
        Elements, in drawing order.
    **attributes : object
        Further attributes of the ``svg`` element, as for `element`.
    """
    box = f"0 0 {width:.0f} {height:.0f}"
    return element("svg", Markup("").join(parts), viewBox=box, role="img", aria_label=label, **attributes)


def file_attributes(width: float, height: float) -> dict[str, object]:
    """Attributes that a `drawing` needs to be a file of its own, at its own size."""
    return {"xmlns": "http://www.w3.org/2000/svg", "width": f"{width:.0f}", "height": f"{height:.0f}"}


def text(x: float, y: float, words: str, **attributes: object) -> Markup:
    """Text; ``y`` is the base line."""
    return element("text", words, x=float(x), y=float(y), **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> Markup:
    """A straight line."""
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), **attributes)


def disc(x: float, y: float, radius: float, title: str = "", **attributes: object) -> Markup:
    """A circle. ``title`` is shown when the pointer is over it."""
    return element("circle", *_title(title), cx=float(x), cy=float(y), r=float(radius), **attributes)


def polygon(corners: Iterable[Point], title: str = "", **attributes: object) -> Markup:
    """A closed shape. ``title`` is shown when the pointer is over it."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return element("polygon", *_title(title), points=points, **attributes)


def path(outline: str, **attributes: object) -> Markup:
    """An outline in the path language of SVG."""
    return element("path", **attributes, d=outline)


def _title(words: str) -> list[Markup]:
    return [element("title", words)] if words else []
