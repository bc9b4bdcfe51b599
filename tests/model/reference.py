"""Sketch-RNN written out in plain NumPy: a description of the model, and a judge of the network.

Everything is float64 and done for one sketch and one step at a time, without dropout. Nothing here
comes from the package. Weights go by the names of the original's TensorFlow variables, `(in, out)`;
which cells a model has is seen from the names. B sketches, T steps, M mixture components, latent
vectors of length Z; sources are Ha & Eck 2017 (arXiv:1704.03477) and Graves 2013 (arXiv:1308.0850).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

FORGET_BIAS = 1.0
LAYER_NORM_EPSILON = 1e-3
DENSITY_FLOOR = 1e-6


class Answer(NamedTuple):
    """What the model says about a batch of sketches.

    Attributes:
        mean: `(B, Z)` of the posterior; None for a decoder-only model, as the next two.
        log_var: `(B, Z)` of the posterior, which the original calls presig.
        z: `(B, Z)` latent vectors used.
        states: `(B, T + 1, S)` the decoder's state before the first step and after each.
        outputs: `(B, T, 3 + 6M)` the output layer at every step.
    """

    mean: np.ndarray | None
    log_var: np.ndarray | None
    z: np.ndarray | None
    states: np.ndarray
    outputs: np.ndarray


class Mixture(NamedTuple):
    """The parameters of the next movement: each `(..., M)`, but `pen_logits` `(..., 3)`."""

    pi: np.ndarray
    mean_x: np.ndarray
    mean_y: np.ndarray
    sigma_x: np.ndarray
    sigma_y: np.ndarray
    rho: np.ndarray
    pen_logits: np.ndarray


class Losses(NamedTuple):
    """The terms of the loss; the reconstruction loss is offset + pen."""

    offset: float
    pen: float
    kl: float
    total: float


def forward(variables, strokes, lengths, noise=None):
    """The model's Answer to `(B, T + 1, 5)` strokes, whose first row is the start token.

    `lengths` counts each sketch's movements; z = mean + exp(log_var / 2) * noise.
    """
    mean = log_var = z = None
    if noise is not None:
        posteriors = [
            encode(variables, rows[1 : 1 + length])
            for rows, length in zip(strokes, lengths, strict=True)
        ]
        mean, log_var = (np.stack(part) for part in zip(*posteriors, strict=True))
        z = mean + np.exp(log_var / 2) * noise
    # Without z the decoder reads the stroke alone: a z of no columns.
    latents = np.zeros((len(strokes), 0)) if z is None else z
    decoded = [
        decode(variables, rows[:-1], latent) for rows, latent in zip(strokes, latents, strict=True)
    ]
    states, outputs = (np.stack(part) for part in zip(*decoded, strict=True))
    return Answer(mean, log_var, z, states, outputs)


def encode(variables, movements):
    """Returns mean and log variance `(Z,)` of the posterior of one sketch `(n, 5)`, unpadded."""
    last = []
    for direction, rows in (("fw", movements), ("bw", movements[::-1])):
        step, weights = cell(under(variables, f"vector_rnn/ENC_RNN/{direction}"))
        state = np.zeros(state_size(weights))
        for row in rows:
            state, hidden = step(weights, row, state)
        last.append(hidden)
    summary = np.concatenate(last)
    return (
        linear(under(variables, "vector_rnn/ENC_RNN_mu"), summary),
        linear(under(variables, "vector_rnn/ENC_RNN_sigma"), summary),
    )


def decode(variables, inputs, z):
    """Returns states `(T + 1, S)` and outputs `(T, 3 + 6M)` for one sketch `(T, 5)` and its z."""
    step, weights = cell(under(variables, "vector_rnn/RNN"))
    state = np.zeros(state_size(weights))
    if len(z):
        state = np.tanh(linear(under(variables, "vector_rnn/linear"), z))
    states, outputs = [state], []
    for stroke in inputs:
        state, hidden = step(weights, np.concatenate([stroke, z]), state)
        states.append(state)
        outputs.append(
            hidden @ variables["vector_rnn/RNN/output_w"] + variables["vector_rnn/RNN/output_b"]
        )
    return np.stack(states), np.stack(outputs)


def lstm(w, x, state):
    """The state [c, h] after one step of the plain LSTM, and its output h."""
    c, h = np.split(state, 2)
    i, j, f, o = np.split(x @ w["W_xh"] + h @ w["W_hh"] + w["bias"], 4)
    c = c * sigmoid(f + FORGET_BIAS) + sigmoid(i) * np.tanh(j)
    h = np.tanh(c) * sigmoid(o)
    return np.concatenate([c, h]), h


def layer_norm_lstm(w, x, state):
    """The state [h, c] after one step, and h; every gate is normalised on its own."""
    h, c = np.split(state, 2)
    gates = x @ w["W_xh"] + h @ w["W_hh"]
    i, j, f, o = layer_norm(under(w, "ln_all"), gates.reshape(4, -1))
    c = c * sigmoid(f + FORGET_BIAS) + sigmoid(i) * np.tanh(j)
    h = np.tanh(layer_norm(under(w, "ln_c"), c)) * sigmoid(o)
    return np.concatenate([h, c]), h


def hyper_lstm(w, x, state):
    """The state [h, inner h, c, inner c] after one step of the HyperLSTM, and h.

    An inner LSTM reads the input and h. What it says scales each gate's part from the input and
    its part from h, and shifts the gate (arXiv:1609.09106).
    """
    inner = under(w, "LayerNormLSTMCell")
    units, inner_units = len(w["W_hh"]), len(inner["W_hh"])
    h, inner_h, c, inner_c = np.split(state, np.cumsum([units, inner_units, units]))
    inner_state = np.concatenate([inner_h, inner_c])
    inner_state, inner_h = layer_norm_lstm(inner, np.concatenate([x, h]), inner_state)

    from_x, from_h = np.split(x @ w["W_xh"], 4), np.split(h @ w["W_hh"], 4)
    gates = np.stack(
        [
            factor(under(w, f"hyper_{gate}x"), inner_h) * from_x[number]
            + factor(under(w, f"hyper_{gate}h"), inner_h) * from_h[number]
            + shift(under(w, f"hyper_{gate}h"), inner_h)
            + np.split(w["bias"], 4)[number]
            for number, gate in enumerate("ijfo")
        ]
    )
    i, j, f, o = layer_norm(under(w, "ln_all"), gates)
    c = c * sigmoid(f + FORGET_BIAS) + sigmoid(i) * np.tanh(j)
    h = np.tanh(layer_norm(under(w, "ln_c"), c)) * sigmoid(o)
    return np.concatenate([h, inner_h, c, inner_state[inner_units:]]), h


CELLS = {"LSTMCell": lstm, "LayerNormLSTMCell": layer_norm_lstm, "HyperLSTMCell": hyper_lstm}


def cell(variables):
    """The step function and the weights of the only cell in these variables."""
    ((step, weights),) = (
        (step, under(variables, name))
        for name, step in CELLS.items()
        if f"{name}/W_xh" in variables
    )
    return step, weights


def state_size(weights):
    """The length of a cell's state: h and c of the cell, and of the one inside it."""
    return 2 * sum(len(value) for name, value in weights.items() if name.endswith("W_hh"))


def factor(w, inner_h):
    embedding = inner_h @ w["zw/super_linear_w"] + w["zw/super_linear_b"]
    return embedding @ w["alpha/super_linear_w"]


def shift(w, inner_h):
    return inner_h @ w["zb/super_linear_w"] @ w["beta/super_linear_w"]


def layer_norm(w, values):
    """Returns values `(..., units)` normalised over the units, scaled and shifted."""
    variance = values.var(axis=-1, keepdims=True)
    normal = (values - values.mean(axis=-1, keepdims=True)) / np.sqrt(variance + LAYER_NORM_EPSILON)
    return normal * w["ln_gamma"].reshape(values.shape) + w["ln_beta"].reshape(values.shape)


def linear(w, x):
    return x @ w["super_linear_w"] + w["super_linear_b"]


def under(variables, scope):
    """The variables of a scope, without its name."""
    prefix = f"{scope}/"
    return {k.removeprefix(prefix): v for k, v in variables.items() if k.startswith(prefix)}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def mixture(outputs):
    """The Mixture held in outputs `(..., 3 + 6M)`."""
    pi, mean_x, mean_y, log_sigma_x, log_sigma_y, rho = np.split(outputs[..., 3:], 6, axis=-1)
    return Mixture(
        pi=softmax(pi),
        mean_x=mean_x,
        mean_y=mean_y,
        sigma_x=np.exp(log_sigma_x),
        sigma_y=np.exp(log_sigma_y),
        rho=np.tanh(rho),
        pen_logits=outputs[..., :3],
    )


def density(mix, offsets):
    """The mixture's density `(...)` at offsets `(..., 2)` (Graves 2013, eq. 24-25)."""
    x = (offsets[..., :1] - mix.mean_x) / mix.sigma_x
    y = (offsets[..., 1:] - mix.mean_y) / mix.sigma_y
    one_minus_rho2 = 1 - mix.rho**2
    exponent = -(x**2 + y**2 - 2 * mix.rho * x * y) / (2 * one_minus_rho2)
    normaliser = 2 * np.pi * mix.sigma_x * mix.sigma_y * np.sqrt(one_minus_rho2)
    return (mix.pi * np.exp(exponent) / normaliser).sum(axis=-1)


def counted_steps(length, num_steps, form):
    """Returns how many steps of a sketch the loss counts.

    `padded`: all, as the original trains. `masked`: the movements, as the original evaluates.
    `true_length`: the movements and the first end of sketch, if the padded length has room for it.
    """
    return {"padded": num_steps, "masked": length, "true_length": min(length + 1, num_steps)}[form]


def losses(answer, strokes, lengths, *, form, max_seq_len, kl_weight, kl_tolerance):
    """The Losses, averaged over batch * `max_seq_len` positions in every form.

    The density of an offset counts only where the target is a movement, p3 = 0.
    """
    offset = pen = 0.0
    for rows, length, outputs in zip(strokes, lengths, answer.outputs, strict=True):
        counted = counted_steps(length, len(outputs), form)
        targets, mix = rows[1 : 1 + counted], mixture(outputs[:counted])
        moves = targets[:, 4] == 0
        offset -= np.log(density(mix, targets[:, :2]) + DENSITY_FLOOR)[moves].sum()
        pen -= (targets[:, 2:] * np.log(softmax(mix.pen_logits))).sum()
    offset, pen = (term / (len(strokes) * max_seq_len) for term in (offset, pen))
    kl = 0.0 if answer.z is None else max(kl_divergence(answer), kl_tolerance)
    return Losses(offset, pen, kl, offset + pen + kl_weight * kl)


def kl_divergence(answer):
    """The divergence of the posteriors from N(0, 1), mean over batch and latent."""
    return -0.5 * np.mean(1 + answer.log_var - answer.mean**2 - np.exp(answer.log_var))
