"""Drawing as SVG: elements, numbers as text, and charts. Nothing here knows biology or chemistry."""
