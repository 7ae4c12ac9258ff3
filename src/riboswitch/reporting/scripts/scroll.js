// A table that is wider than the page can be scrolled with the keys: it takes the focus only where it is.
function reachable() {
  for (const place of document.querySelectorAll(".scroll")) {
    if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
  }
}

window.addEventListener("resize", reachable);
document.addEventListener("toggle", reachable, true);
reachable();
