"""Embeddings and LSTM layers of R replicas."""

from typing import NamedTuple

import keras
import tensorflow as tf


class State(NamedTuple):
    """What an LSTM layer carries from one token to the next, each (R, B, units)."""

    output: tf.Tensor
    cells: tf.Tensor


class ReplicatedEmbedding(keras.layers.Layer):
    """R tables side by side: tokens (R or 1, B, T) -> (R, B, T, units)."""

    def __init__(
        self, replicas: int, vocabulary: int, units: int, *, name: str, dtype: str
    ) -> None:
        """Kernel (R, vocabulary, units)."""
        super().__init__(name=name, dtype=dtype)
        self.kernel = self.add_weight(name="kernel", shape=(replicas, vocabulary, units))
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Each token's row."""
        kernel = tf.convert_to_tensor(self.kernel)
        if tokens.shape[0] == 1:  # of all replicas
            return tf.gather(kernel, tokens[0], axis=1)
        return tf.gather(kernel, tokens, axis=1, batch_dims=1)


class ReplicatedLSTM(keras.layers.Layer):
    """R LSTM layers side by side: (R, B, T, inputs) -> (R, B, T, units), and the last state.

    Hochreiter and Schmidhuber 1997 with forget gates (Gers et al. 2000) and without peepholes.
    Gates follow each other as Keras has them: input, forget, candidate, output. Unrolled over the
    tokens, whose number is static.
    """

    def __init__(self, replicas: int, inputs: int, units: int, *, name: str, dtype: str) -> None:
        """Kernel (R, inputs + units, 4 units), bias (R, 4 units)."""
        super().__init__(name=name, dtype=dtype)
        self.kernel = self.add_weight(name="kernel", shape=(replicas, inputs + units, 4 * units))
        self.bias = self.add_weight(name="bias", shape=(replicas, 4 * units))
        self.built = True

    def call(self, inputs: tf.Tensor, state: State | None) -> tuple[tf.Tensor, State]:
        """Outputs at all tokens and the state after the last; from None, that is zeros, on."""
        kernel = tf.convert_to_tensor(self.kernel)
        bias = tf.convert_to_tensor(self.bias)[:, tf.newaxis]
        replicas, batch_size, num_tokens, _ = inputs.shape
        if state is None:
            zeros = tf.zeros((replicas, batch_size, kernel.shape[-1] // 4), kernel.dtype)
            state = State(zeros, zeros)
        output, cells = state
        outputs = []
        for token in range(num_tokens):
            gates = tf.matmul(tf.concat([inputs[:, :, token], output], -1), kernel) + bias
            taken, kept, candidate, given = tf.split(gates, 4, -1)
            cells = tf.sigmoid(kept) * cells + tf.sigmoid(taken) * tf.tanh(candidate)
            output = tf.sigmoid(given) * tf.tanh(cells)
            outputs.append(output)
        return tf.stack(outputs, 2), State(output, cells)
