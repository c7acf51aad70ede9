// What is wider than its place scrolls; there, and only there, a keyboard can stop.
const measured = new ResizeObserver(places => {
  for (const { target } of places) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const place of document.querySelectorAll(".labkit-figure, div.math")) measured.observe(place);
