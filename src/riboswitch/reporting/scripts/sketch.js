// Draws a packed sketch (drawing/sketch.py) as SVG. Text is always set as text, never as markup.
const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...inside) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

// Letters after _ are lowered, letters after ^ are raised.
function letters(text) {
  let level = 0;
  return (text.match(/[_^][0-9+−•]+|[^_^]+/g) || []).map((piece) => {
    const wanted = { _: 7, "^": -9 }[piece[0]] || 0;
    const part = svg("tspan", { dy: wanted - level }, wanted ? piece.slice(1) : piece);
    if (wanted) part.setAttribute("font-size", 15);
    level = wanted;
    return part;
  });
}

// Spots are discs behind the drawing: x, y, and a level from -9 to 9 that says how strong their colour is.
function sketch([width, height, lines, shapes, labels], name, scale, widest, highest, spots = []) {
  const shown = Math.min(scale, widest / width, highest / height);
  const made = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width: Math.round(width * shown), height: Math.round(height * shown),
    role: "img", "aria-label": name, class: "sketch",
  });
  for (const [x, y, level] of spots) {
    made.append(svg("circle", { cx: x, cy: y, r: 16, class: level > 0 ? "raises" : "lowers", "fill-opacity": Math.abs(level) / 11 }));
  }
  if (lines) made.append(svg("path", { class: "bonds", d: lines }));
  if (shapes) made.append(svg("path", { class: "wedges", d: shapes }));
  for (const label of labels ? labels.split("|") : []) {
    const [x, y, kind, text] = label.split(" ");
    const made_ = svg("text", { x, y }, ...letters(text));
    if (kind[0] === "1") made_.setAttribute("text-anchor", "end");
    if (kind.length > 1) made_.setAttribute("class", `e${kind.slice(1)}`);
    made.append(made_);
  }
  return made;
}
