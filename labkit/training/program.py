"""What a traced program does, read off its operations: not off the names of layers or losses."""

# With these alone, XLA computes on a CPU what TensorFlow computes, and sooner. Anything else may
# be slower (convolutions: some 60 times), draw other random numbers (dropout), or pass over what
# TensorFlow refuses (a row outside a table, an assertion).
_SAME = """
    Abs Add AddN AddV2 All Any ArgMax ArgMin AssignAddVariableOp AssignSubVariableOp
    AssignVariableOp BiasAdd BiasAddGrad Bitcast BitwiseAnd BroadcastGradientArgs BroadcastTo
    Cast Ceil ConcatV2 Const Cos Cosh DivNoNan DynamicStitch Elu EluGrad Equal Erf Erfc Exp
    ExpandDims Expm1 Fill Floor FloorDiv FloorMod Greater GreaterEqual Identity IdentityN If
    IsFinite IsInf IsNan L2Loss LeakyRelu LeakyReluGrad Less LessEqual Log Log1p LogSoftmax
    LogicalAnd LogicalNot LogicalOr MatMul Max Maximum Mean Min Minimum Mul MulNoNan Neg NoOp
    NotEqual OnesLike Pack PartitionedCall Placeholder PlaceholderWithDefault Pow Prod Range
    Rank ReadVariableOp RealDiv Reciprocal ReciprocalGrad Relu Relu6 Relu6Grad ReluGrad Reshape
    Rint Round Rsqrt RsqrtGrad Select SelectV2 Selu SeluGrad Shape ShapeN Sigmoid SigmoidGrad
    Sign Sin Sinh Size Slice Softmax SoftmaxCrossEntropyWithLogits Softplus SoftplusGrad
    Softsign SoftsignGrad SparseSoftmaxCrossEntropyWithLogits Split Sqrt SqrtGrad Square
    SquaredDifference Squeeze StatefulPartitionedCall StatelessIf StatelessWhile StopGradient
    StridedSlice StridedSliceGrad Sub Sum Tan Tanh TanhGrad Tile Transpose Unpack VariableShape
    While Xdivy Xlog1py Xlogy ZerosLike
"""
SAME_IN_XLA = frozenset(_SAME.split())
REFUSES_LABELS = "SparseSoftmaxCrossEntropyWithLogits"  # XLA turns what it refuses into NaN
DRAWN_BY_PLACE = "random numbers that depend on their place in the program"
OTHER_PRODUCT = "a matrix product in another type than float32"
LOOKED_UP = "a row of a table"  # outside of it TensorFlow raises, and XLA takes the next best
DIVIDED = "a whole number divided by what may be zero"
OWN = "labkit_batch"  # part of the names of the operations that take a batch from the data
_FLOAT32 = 1  # in TensorFlow's list of types


def kinds_of(graph):
    """Return the kinds of operations of a graph, those of the functions in it included.

    Parameters
    ----------
    graph : tf.Graph

    Returns
    -------
    set of str
        Names of operations, as in ``tf.raw_ops``, without those that take a batch from the data;
        `DRAWN_BY_PLACE`, `OTHER_PRODUCT`, `LOOKED_UP` and `DIVIDED` in the place of those that
        they describe.
    """
    written = graph.as_graph_def()
    kinds = set()
    for nodes in (written.node, *(function.node_def for function in written.library.function)):
        made_by = {node.name: node.op for node in nodes}
        kinds.update(_kind(node, made_by) for node in nodes if OWN not in node.name)
    return kinds


def same_in_xla(kinds):
    """Tell whether XLA gives the numbers of TensorFlow for a program of such operations, sooner.

    Parameters
    ----------
    kinds : set of str
        From `kinds_of`.

    Returns
    -------
    bool
        False where it is not known.
    """
    return kinds <= SAME_IN_XLA


def _kind(node, made_by):
    inputs = [made_by.get(name.split(":")[0]) for name in node.input]
    if "seed2" in node.attr:  # ops that have no seed among their inputs
        return DRAWN_BY_PLACE
    if node.op == "MatMul" and node.attr["T"].type != _FLOAT32:  # XLA's bfloat16 is slow
        return OTHER_PRODUCT
    if node.op == "GatherV2":  # gradients of means look up the length of an axis
        return "Shape" if inputs[0] == "Shape" else LOOKED_UP
    if node.op in ("FloorDiv", "FloorMod") and inputs[1] not in ("Const", "Maximum"):
        return DIVIDED
    return node.op
