"""A Keras layer that knows how clocks usually hang."""

import keras
from keras import layers


@keras.saving.register_keras_serializable("labkit")
class TurnPrior(layers.Layer):
    """Add a trained number to each direction: how often twelve is there before one has looked.

    Everything else in a `labkit.clocks.networks.dial_reader` treats all directions alike. On a
    dial without numerals it finds twelve directions that are as good as each other. This layer
    adds the logarithm of a prior, which decides where the picture says nothing and hardly counts
    where it says much.

    Parameters
    ----------
    **kwargs
        As for every Keras layer.

    Notes
    -----
    Input and output are logits of shape (batch, angles). It starts at 0: all directions alike.
    """

    def build(self, input_shape):
        """Make the numbers."""
        shape = (input_shape[-1],)
        self.log_prior = self.add_weight(shape=shape, initializer="zeros", name="log_prior")

    def call(self, inputs):
        """Return the logits with the prior added."""
        return inputs + self.log_prior

    def compute_output_shape(self, input_shape):
        """Return the same shape."""
        return tuple(input_shape)
