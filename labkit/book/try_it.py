"""What moves in a page without a kernel: its scripts, and the measurements that they draw."""

PAGES = {  # page: its scripts, in this order
    "book/try_backpropagation": ("backpropagation.js", "chart.js", "try_backpropagation.js"),
    "book/try_optimizers": ("optimizers.js", "chart.js", "try_optimizers.js"),
    "book/try_depth": ("chart.js", "try_depth.js"),
    "book/try_clock": ("chart.js", "clock_reader.js", "clock_drawing.js", "try_clock.js"),
}
MEASURED = "MEASURED-BY-THE-BUILD"  # stands in the page for what labkit.book.depth measures


def connect(app):
    """Measure for the page that asks for it; give each page its scripts."""
    app.connect("source-read", fill_in)
    app.connect("html-page-context", _add_files)


def fill_in(app, docname, source):
    """Write the measurements into a page, as JSON."""
    if docname in PAGES and MEASURED in source[0]:
        from labkit.book import depth

        source[0] = source[0].replace(MEASURED, depth.as_json())


def _add_files(app, pagename, templatename, context, doctree):
    if pagename in PAGES:
        app.add_css_file("try.css")
        for name in PAGES[pagename]:
            app.add_js_file(name, loading_method="defer")
