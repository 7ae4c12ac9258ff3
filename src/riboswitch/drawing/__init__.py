"""Drawing as SVG: elements, charts, and numbers as text. Nothing here needs biology or chemistry."""
