// A region of the map of compounds chooses the lines of the table: chosen(null) or chosen((hit) => true or false).
function brush(map, places, chosen) {
  let start = null;
  const region = svg("rect", { class: "region", visibility: "hidden" });
  map.append(region);
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    return [point.x, point.y];
  };
  const spanned = (event) => {
    const [x, y] = at(event);
    return [Math.min(start[0], x), Math.min(start[1], y), Math.max(start[0], x), Math.max(start[1], y)];
  };
  map.addEventListener("pointerdown", (event) => {
    start = at(event);
    map.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  map.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [left, top, right, bottom] = spanned(event);
    for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) {
      region.setAttribute(name, value);
    }
    region.setAttribute("visibility", "visible");
  });
  map.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [left, top, right, bottom] = spanned(event);
    start = null;
    if (right - left < 4 && bottom - top < 4) {
      region.setAttribute("visibility", "hidden");
      chosen(null);
      return;
    }
    chosen((hit) => places[2 * hit] >= left && places[2 * hit] <= right
      && places[2 * hit + 1] >= top && places[2 * hit + 1] <= bottom);
  });
  return () => region.setAttribute("visibility", "hidden");
}
