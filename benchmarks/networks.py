"""What is measured: our network, and one made of PyTorch's own LSTM."""

from __future__ import annotations

import torch
from torch import nn

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.model.loss import LossTerms, loss_terms
from sketch_rnn.model.mixture import StrokeMixture
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.training.distributed import ALONE
from sketch_rnn.training.microbatches import micro_batches
from sketch_rnn.training.step import TrainingState, training_step


class OwnTraining:
    """Training steps as `sketch-rnn train` takes them, by a backend."""

    def __init__(
        self,
        model: ModelConfig,
        train: TrainConfig,
        batch,
        max_seq_len: int,
        backend: str = "auto",
        device: torch.device | str = "cpu",
    ) -> None:
        network = SketchVAE(model, torch.Generator().manual_seed(train.seed)).to(device)
        network.use_backend(backend)
        self.state = TrainingState.start(network)
        self.model, self.config = model, train
        self.device = torch.device(device)
        self.batch = batch.to(device)
        self.max_seq_len = max_seq_len

    def step(self) -> LossTerms:
        parts = micro_batches(
            self.batch,
            self.state.step,
            model=self.model,
            config=self.config,
            workers=ALONE,
            device=self.device,
        )
        result = training_step(self.state, parts, config=self.config, max_seq_len=self.max_seq_len)
        return result.losses


class LibraryTraining(nn.Module):
    """The same sizes in `torch.nn.LSTM`, padded, without recurrent dropout, with Adam."""

    def __init__(self, model: ModelConfig, batch, max_seq_len: int) -> None:
        super().__init__()
        self.encoder = nn.LSTM(5, model.enc_rnn_size, bidirectional=True, batch_first=True)
        self.posterior = nn.Linear(2 * model.enc_rnn_size, 2 * model.z_size)
        self.start = nn.Linear(model.z_size, 2 * model.dec_rnn_size)
        self.decoder = nn.LSTM(5 + model.z_size, model.dec_rnn_size, batch_first=True)
        self.outputs = nn.Linear(model.dec_rnn_size, 3 + 6 * model.num_mixture)
        self.optimizer = torch.optim.Adam(self.parameters())
        self.strokes, self.lengths = batch.strokes[:, : max_seq_len + 1], batch.lengths
        self.max_seq_len = max_seq_len

    def step(self) -> None:
        targets = self.strokes[:, 1:]
        packed = nn.utils.rnn.pack_padded_sequence(
            targets, self.lengths, batch_first=True, enforce_sorted=False
        )
        _, (last, _) = self.encoder(packed)
        mean, log_var = self.posterior(last.transpose(0, 1).flatten(1)).chunk(2, dim=1)
        z = mean + torch.exp(log_var / 2) * torch.randn_like(mean)
        state = torch.tanh(self.start(z)).unsqueeze(0).chunk(2, dim=2)
        every_z = z.unsqueeze(1).expand(-1, targets.shape[1], -1)
        inputs = torch.cat([self.strokes[:, :-1], every_z], dim=2)
        hidden, _ = self.decoder(inputs, tuple(part.contiguous() for part in state))
        mixture = StrokeMixture.from_outputs(self.outputs(hidden.flatten(0, 1)))
        count = len(targets) * self.max_seq_len
        terms = loss_terms(
            mixture, targets.flatten(0, 1), None, num_positions=count, kl_weight=0, kl_tolerance=0
        )
        kl = -0.5 * (1 + log_var - mean**2 - log_var.exp()).mean()
        self.optimizer.zero_grad(set_to_none=True)
        (terms.total + 0.5 * kl).backward()
        nn.utils.clip_grad_value_(self.parameters(), 1.0)
        self.optimizer.step()


def multiplications_per_row(cell: str, inputs: int, size: int) -> int:
    """Returns the multiply-adds of one step of a cell for one drawing, pointwise work left out."""
    if cell != "hyper":
        return 4 * size * (inputs + size)
    inner, embedding = 256, 32
    small = 4 * inner * (inputs + size + inner)
    modulation = 12 * embedding * (inner + size)
    return 4 * size * (inputs + size) + small + modulation


def floating_point_operations(model: ModelConfig, lengths, steps) -> tuple[float, float]:
    """Returns those of one training step, of the cells and of the output layer.

    A product forward has two backward.

    Args:
        model: the sizes.
        lengths: movements that the encoder reads, of each drawing.
        steps: movements that the decoder predicts, of each drawing.
    """
    encoder = 2 * multiplications_per_row(model.enc_model, 5, model.enc_rnn_size)
    decoder = multiplications_per_row(model.dec_model, 5, model.dec_rnn_size)
    outputs = model.dec_rnn_size * (3 + 6 * model.num_mixture)
    cells = int(lengths.sum()) * encoder + int(steps.sum()) * decoder
    return 6.0 * cells, 6.0 * int(steps.sum()) * outputs


def bytes_moved(model: ModelConfig, lengths, steps) -> float:
    """Returns those of a training step in which every array is written once and read once.

    Of each row these are the gates, cells, outputs and the gradients of the gates, in float32.
    """
    encoder = 2 * (4 + 1 + 1 + 4) * model.enc_rnn_size
    decoder = (4 + 1 + 1 + 4) * model.dec_rnn_size + 2 * (3 + 6 * model.num_mixture)
    return 2.0 * 4 * (int(lengths.sum()) * encoder + int(steps.sum()) * decoder)
