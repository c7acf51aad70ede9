"""A figure with a slider: one frame after the other, in a page that needs no kernel."""

import html
import json
import math
import re
from collections.abc import Iterable

from matplotlib.artist import Artist

from labkit.numbers import real
from labkit.plots.svg import alt_of, check_alt, display, drawn, figure_of, inline

MARK = "labkit-frames"
# JupyterLab's shortcuts stay away: there an arrow leaves the slider and folds the section.
CONTROL = 'data-lm-suppress-shortcuts="true"'
PLAYER = """\
<div class="labkit-frames" id="{name}">
{figure}
<div class="labkit-frames-controls" style="display:none;flex-wrap:wrap;gap:.7em;align-items:center">
<button type="button" {control} style="min-width:4.5em;padding:.2em .6em">Play</button>
<input type="range" {control} min="0" max="{last}" value="{last}" aria-label="frame" \
style="flex:1 1 8em">
<output style="flex:1 1 9em">{label}</output>
</div>
<script>
(() => {{
  const root = document.getElementById("{name}"), labels = {labels};
  const [button, slider, output] = root.querySelectorAll("button, input, output");
  let timer = null;
  const draw = () => {{
    const frame = slider.value;
    for (const part of root.querySelectorAll("[data-frames]"))
      part.style.display = part.dataset.frames.split(" ").includes(frame) ? "" : "none";
    output.textContent = labels[frame];
    slider.setAttribute("aria-valuetext", labels[frame]);
  }};
  const stop = () => {{ clearInterval(timer); timer = null; button.textContent = "Play"; }};
  const step = () => {{
    if (+slider.value >= {last}) return stop();
    slider.value = +slider.value + 1;
    draw();
  }};
  button.addEventListener("click", () => {{
    if (timer) return stop();
    if (+slider.value >= {last}) slider.value = 0;
    draw();
    button.textContent = "Pause";
    timer = setInterval(step, {milliseconds});
  }});
  slider.addEventListener("input", () => {{ stop(); draw(); }});
  root.querySelector(".labkit-frames-controls").style.display = "flex";
  draw();
}})();
</script>
</div>"""


def show_frames(fig, frames, alt=None, *, labels, interval=0.4):
    """Show a figure whose parts change from frame to frame, with a slider and a play button.

    The figure is drawn once, with the artists of all frames, and goes into the page as one SVG;
    a few lines of JavaScript show those of one frame. It works in Jupyter and in the built book,
    with mouse, touch or keyboard; nothing moves before the reader asks. Where scripts do not run,
    the last frame is shown.

    Parameters
    ----------
    fig : matplotlib.figure.Figure or matplotlib.axes.Axes
        The figure, or any axes of it, with everything drawn in it.
    frames : sequence of sequences of matplotlib.artist.Artist
        For each frame the artists that are seen in it: lines, patches, collections, texts, or
        whole axes. An artist may be in several frames; what is in none is always seen. Set the
        limits of the axes so that all frames fit.
    alt : str, optional
        Sentences that say what the frames show, one after the other, with numbers of the run. By
        default what the plotting functions left, as for `labkit.plots.show`, and the labels of
        the first and the last frame.
    labels : sequence of str
        What stands beside the slider, one text a frame.
    interval : float
        Seconds a frame when playing.

    Raises
    ------
    ValueError
        If `fig` is neither a figure nor axes, there are fewer than two frames, a frame holds
        something that cannot be drawn as a part of its own, `labels` has another length,
        `interval` is not positive, or `alt` has fewer than three words.
    """
    if alt is None:
        alt = f"{alt_of(fig)} In {len(labels)} frames, from {labels[0]} to {labels[-1]}."
    display(frames_html(fig, frames, alt, labels=labels, interval=interval), fig, alt)


def frames_html(fig, frames, alt, *, labels, interval=0.4):
    """Turn a figure and its frames into the HTML that `show_frames` displays.

    Parameters
    ----------
    fig, frames, alt, labels, interval
        As for `show_frames`.

    Returns
    -------
    str
        ``<div class="labkit-frames">``: the figure as of `labkit.plots.svg.figure_html`, whose
        parts name their frames in ``data-frames``, the controls, and their script.

    Raises
    ------
    ValueError
        As `show_frames`.
    """
    figure = figure_of(fig)
    check_alt(alt)
    frames = [list(_flat(frame)) for frame in frames]
    labels = [str(label) for label in labels]
    if len(frames) < 2 or len(labels) != len(frames):
        raise ValueError(
            f"expected two frames or more with a label each, got {len(frames)} frames and "
            f"{len(labels)} labels"
        )
    interval = real("interval", interval, lambda time: 0 < time < math.inf, "above 0 seconds")
    page = inline(_marked(figure, frames), alt)
    name = re.search(r'(?:id="|url\(#|href="#)(f\d+[0-9a-f]{6})-', page)[1]
    return PLAYER.format(
        name=f"{name}-frames",
        control=CONTROL,
        figure=page,
        last=len(frames) - 1,
        label=html.escape(labels[-1]),
        labels=json.dumps(labels).replace("<", "\\u003c"),  # no text may end the script
        milliseconds=round(1000 * interval),
    )


def _flat(frame):
    """Yield the artists of a frame; bars and error bars come as tuples of artists."""
    for part in frame:
        if isinstance(part, Artist):
            yield part
        elif isinstance(part, Iterable) and not isinstance(part, str):
            yield from _flat(part)
        else:
            raise ValueError(f"expected matplotlib artists in a frame, got {part!r}")


def _marked(figure, frames):
    """Draw the figure with all frames; hide those parts that are not in the last one."""
    places = {}
    for number, frame in enumerate(frames):
        for artist in frame:
            places.setdefault(artist, []).append(number)
    before = {artist: artist.get_gid() for artist in places}
    try:
        for artist, numbers in places.items():
            artist.set_gid(f"{MARK}-{'.'.join(map(str, numbers))}")
        svg = drawn(figure)
    finally:
        for artist, gid in before.items():
            artist.set_gid(gid)
    for artist, numbers in places.items():
        if f'id="{MARK}-{".".join(map(str, numbers))}"' not in svg:
            raise ValueError(f"{artist!r} cannot be shown and hidden: give its axes to the frame")

    def mark(match):
        numbers = match[1].split(".")
        hidden = "" if str(len(frames) - 1) in numbers else ' style="display:none"'
        return f'data-frames="{" ".join(numbers)}"{hidden}'

    return re.sub(rf'id="{MARK}-([\d.]+)"', mark, svg)
