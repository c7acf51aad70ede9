"""Which number does an exercise have: the first of each lab is 1, in the book as in a notebook."""

from sphinx.transforms.post_transforms import SphinxPostTransform


def connect(app):
    """Number the exercises of a page before sphinx-exercise writes their titles."""
    app.add_post_transform(FromOne)


class FromOne(SphinxPostTransform):
    """Begin each page with exercise 1; Sphinx counts through the whole book."""

    default_priority = 4  # sphinx-exercise reads the numbers from 5 on

    def run(self, **settings):
        """Change the numbers of the page that is written; what Sphinx keeps stays as it is."""
        numbers = self.env.toc_fignumbers.get(self.env.docname, {}).get("exercise", {})
        numbers.update({name: (place,) for place, name in enumerate(numbers, start=1)})
