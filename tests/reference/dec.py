"""Deep embedded clustering (Xie, Girshick, Farhadi 2016) in numpy, written from the paper alone, to compare the program's with.

Slow and plain on purpose: one function per equation of the paper, gradients by the chain rule without any shortcut.
"""

import numpy as np
from sklearn.cluster import KMeans


def init_layers(widths, rng):
    """He-normal weights and zero biases."""
    return [
        [rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)), np.zeros(fan_out)]
        for fan_in, fan_out in zip(widths[:-1], widths[1:])
    ]


def forward(layers, x):
    """All activations; ReLU after every layer but the last."""
    activations = [x]
    for index, (weight, bias) in enumerate(layers):
        x = x @ weight + bias
        if index < len(layers) - 1:
            x = np.maximum(x, 0)
        activations.append(x)
    return activations


def backward(layers, activations, grad):
    """Gradients of all weights and biases, and of the input."""
    grads = [None] * len(layers)
    for index in reversed(range(len(layers))):
        if index < len(layers) - 1:
            grad = grad * (activations[index + 1] > 0)
        grads[index] = [activations[index].T @ grad, grad.sum(axis=0)]
        grad = grad @ layers[index][0].T
    return grads, grad


class Adam:
    def __init__(self, parameters, rate):
        self.parameters, self.rate, self.step = parameters, rate, 0
        self.first = [np.zeros_like(p) for p in parameters]
        self.second = [np.zeros_like(p) for p in parameters]

    def update(self, gradients):
        self.step += 1
        for p, g, m, v in zip(self.parameters, gradients, self.first, self.second):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= self.rate * (m / (1 - 0.9**self.step)) / (np.sqrt(v / (1 - 0.999**self.step)) + 1e-8)


def flat(layers):
    return [array for layer in layers for array in layer]


def soft_assignment(z, mu):
    """Equation 1 with alpha = 1."""
    squared = ((z[:, None, :] - mu[None, :, :]) ** 2).sum(axis=2)
    q = 1 / (1 + squared)
    return q / q.sum(axis=1, keepdims=True)


def target_distribution(q):
    """Equation 3."""
    weight = q**2 / q.sum(axis=0)
    return weight / weight.sum(axis=1, keepdims=True)


def kl_gradients(z, mu, p, q):
    """Equations 4 and 5."""
    difference = z[:, None, :] - mu[None, :, :]
    factor = 2 * (p - q) / (1 + (difference**2).sum(axis=2))
    pull = factor[:, :, None] * difference
    return pull.sum(axis=1), -pull.sum(axis=0)


def dec(x, clusters, seed, widths=(128, 10), pretrain_epochs=100, epochs=50, batch=256, rate=1e-3, dropout=0.1):
    """Labels of the rows of x, and those of k-means on the autoencoder's code."""
    rng = np.random.default_rng(seed)
    x = x.astype(np.float64)
    widths = [x.shape[1], *widths]
    encoder, decoder = init_layers(widths, rng), init_layers(widths[::-1], rng)

    adam = Adam(flat(encoder) + flat(decoder), rate)
    for _ in range(pretrain_epochs):
        order = rng.permutation(len(x))
        for rows in np.array_split(order, max(1, len(x) // batch)):
            noisy = x[rows] * (rng.random(x[rows].shape) >= dropout)
            up = forward(encoder, noisy)
            down = forward(decoder, up[-1])
            error = 2 * (down[-1] - x[rows]) / x[rows].size
            decoder_grads, code_grad = backward(decoder, down, error)
            encoder_grads, _ = backward(encoder, up, code_grad)
            adam.update(flat(encoder_grads) + flat(decoder_grads))

    z = forward(encoder, x)[-1]
    start = KMeans(clusters, n_init=20, random_state=seed).fit(z)
    mu, labels = start.cluster_centers_.copy(), start.labels_
    adam = Adam(flat(encoder) + [mu], rate)
    for epoch in range(epochs):
        q = soft_assignment(forward(encoder, x)[-1], mu)
        p = target_distribution(q)
        now = q.argmax(axis=1)
        settled, labels = (now != labels).mean() < 0.001, now
        if settled and epoch > 0:
            break
        order = rng.permutation(len(x))
        for rows in np.array_split(order, max(1, len(x) // batch)):
            activations = forward(encoder, x[rows])
            q = soft_assignment(activations[-1], mu)
            by_code, by_centroid = kl_gradients(activations[-1], mu, p[rows], q)
            grads, _ = backward(encoder, activations, by_code / len(rows))
            adam.update(flat(grads) + [by_centroid / len(rows)])
    return soft_assignment(forward(encoder, x)[-1], mu).argmax(axis=1), start.labels_
