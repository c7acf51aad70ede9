"""Where do the nodes of a graph stand: from left to right in layers, with few crossings.

The way of Sugiyama, Tagawa and Toda (1981): a node stands one layer to the right of the last one
that it needs; an edge over several layers gets a place in each; a few sweeps put each node near
the mean of its neighbours.
"""

import itertools

SWEEPS = 8


def reduced(needs):
    """Drop what follows from the rest: who needs a lab needs what that lab needs.

    Parameters
    ----------
    needs : dict of str to iterable of str
        What each node needs, the nodes in an order in which nothing needs a later one.

    Returns
    -------
    dict of str to list of str

    Raises
    ------
    ValueError
        If a node needs one that does not come before it.
    """
    all_of, direct = {}, {}
    for node, wanted in needs.items():
        late = [other for other in wanted if other not in all_of]
        if late:
            raise ValueError(f"expected {node} to need only what comes before it, got {late}")
        implied = set().union(*(all_of[other] for other in wanted))
        direct[node] = [other for other in wanted if other not in implied]
        all_of[node] = implied.union(wanted)
    return direct


def layout(needs):
    """Place the nodes, and the edges that pass through a layer.

    Parameters
    ----------
    needs : dict of str to iterable of str
        As `reduced` returns it.

    Returns
    -------
    layers : list of list
        From left to right, each from top to bottom: a node, or a tuple (from, to, layer) where an
        edge passes.
    edges : list of list
        Each a path through the layers: a node, tuples as above, a node.
    """
    layer = {}
    for node, wanted in needs.items():
        layer[node] = 1 + max((layer[other] for other in wanted), default=-1)
    edges = [
        [other, *((other, node, at) for at in range(layer[other] + 1, layer[node])), node]
        for node, wanted in needs.items()
        for other in wanted
    ]
    layers = [[] for _ in range(1 + max(layer.values(), default=-1))]
    for node, at in layer.items():
        layers[at].append(node)
    for passing in {place for path in edges for place in path[1:-1]}:
        layers[passing[2]].append(passing)
    _sort(layers, edges)
    return layers, edges


def _sort(layers, edges):
    """Put each place near the mean of its neighbours, from the left and from the right in turn."""
    pairs = [pair for path in edges for pair in itertools.pairwise(path)]
    for row in layers:
        row.sort(key=str)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        rows = layers if forward else layers[::-1]
        for before, row in itertools.pairwise(rows):
            height = {place: number / len(before) for number, place in enumerate(before)}
            own = {place: number / len(row) for number, place in enumerate(row)}
            near = {place: [] for place in row}
            for left, right in pairs:
                here, there = (right, left) if forward else (left, right)
                if here in near and there in height:
                    near[here].append(height[there])
            row.sort(key=lambda p: sum(near[p]) / len(near[p]) if near[p] else own[p])
