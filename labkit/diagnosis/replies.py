"""What is said to whoever names a fault: a hint if it is wrong, the cause and remedy if right."""

# What to look for. It is said whatever the patient has, so it must fit every one.
HINTS = {
    "augmentation at test time": "Then the same validation would give another number each time, "
    "and pictures in use, which nobody moves, would do better. Compare these shares.",
    "dead units": "Then many ReLU units would give 0 for every picture before training, and the "
    "signal would die out from layer to layer. Look at the share of dead units.",
    "exploding gradients": "Then the gradient would grow from layer to layer on its way back, so "
    "it would be largest next to the input. Look at its line.",
    "frozen layer": "Then some layer would not move at all. Look for an update on the floor.",
    "inputs not scaled": "Then the signal would be huge at layer 0 already, and so would the loss "
    "at step 0.",
    "labels shuffled": "Then the machine would be in order (a batch by heart!), and yet nothing "
    "that it learns would hold for the validation pictures.",
    "last batch lost": "Then all would be well before training, a batch learned by heart, and yet "
    "a class would be missing from what it answers.",
    "learning rate too large": "Then updates would be large beside the weights, a tenth or so, "
    "and the loss would jump or rise, although all is well before training.",
    "learning rate too small": "Then all is well before training, and updates would be tiny in "
    "all layers alike, a hundred times below a thousandth.",
    "overfitting": "Then training would be near 100 %, validation and use far below it, the "
    "validation loss would rise, and every class would be answered.",
    "pixels scaled twice": "Then the signal would be tiny at layer 0 already.",
    "test rows in training": "Then validation would be as good as training, and use would not.",
    "vanishing gradients": "Then the signal at layer 0 would be in order, and the gradient would "
    "shrink from layer to layer on its way back to the input. Look at its line.",
    "wrong loss for the output": "Then the loss would stop far above 0, although the answers are "
    "mostly right, even on a batch learned by heart.",
}

EXPLANATIONS = {
    "augmentation at test time": "Training and validation share a pipeline that moves the "
    "pictures. It is the report that is sick, not the network: evaluate on pictures as they are.",
    "dead units": "The biases start so far below 0 that hardly a ReLU ever fires; where none "
    "fires, no gradient passes. Start the biases at 0.",
    "exploding gradients": "The first weights are far too large: every tanh is saturated, and each "
    "layer multiplies the gradient by more than 1 on its way back. Draw smaller first weights.",
    "frozen layer": "The first two layers are not trainable: they keep their random weights. Train "
    "all layers (in Keras, compile again after that).",
    "inputs not scaled": "Pixels up to 255 make signals, gradients and so the first steps a "
    "hundred times too large. Scale the pixels once.",
    "labels shuffled": "x and y were shuffled apart. Such data can only be learned by heart. Look "
    "at pictures with their labels, and pair them again.",
    "last batch lost": "The files are sorted by digit, and the loader drops the last batch since "
    "it is not full; with it goes a digit. Keep the last batch, and shuffle first.",
    "learning rate too large": "Every update throws the weights about by a good part of their "
    "size. Tune the learning rate.",
    "learning rate too small": "Signals, gradients and data are healthy; the steps are a "
    "thousand times too short. Tune the learning rate.",
    "overfitting": "A few hundred pictures are learned by heart. Get more pictures; if there are "
    "none, regularize.",
    "pixels scaled twice": "Somebody divided by 255, and a layer of the network did it again: all "
    "pictures look alike. Scale the pixels once.",
    "test rows in training": "The validation pictures are among those of training, so they are "
    "learned by heart. Keep test rows out of training; remove duplicates before you split.",
    "vanishing gradients": "Sigmoids with small weights pass on at most a quarter of the gradient "
    "per layer. Take ReLU and He's weights.",
    "wrong loss for the output": "The network ends in a softmax, and the loss, which expects "
    "logits, applies another one: it cannot fall below 1.46. Give the loss what it expects.",
}
