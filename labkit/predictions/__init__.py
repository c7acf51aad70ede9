"""Ask a reader for a prediction, keep it, and set what was measured beside it.

In a lab, the card before the experiment and the answer below its figure::

    predictions.ask("02-guess", "What share of the test digits is right?", unit="%")
    ...
    predictions.compare("02-guess", 100 * accuracy, unit="%", near=1)
    # You predicted 10 %. Measured: 11.35 %. Too low.

A card is answered in the page, without a kernel, and the browser keeps the answer. Where scripts
do not run, or outputs cannot see each other, the answer goes into the code: ``predicted=12``.

For scripts of the book: a card is ``<fieldset class="labkit-prediction" data-name="02-guess">``.
The browser keeps the answer as JSON in ``localStorage["labkit:prediction:02-guess"]``, a text, or
``null`` for a card that was skipped; a card without an entry is open. As soon as a card is kept or
skipped, ``document`` gets the event ``labkit:answered`` with ``detail.name`` (it bubbles). Each
output carries the script, as ``<script class="labkit-predictions">``; a page that links to
``predictions.js`` may drop the copies.
"""

from labkit.predictions.answer import compare
from labkit.predictions.question import ask

__all__ = ["ask", "compare"]
