"""Our AdamW against torch's, step by step."""

import pytest
import torch

from riboswitch.learning import optimizer as module
from riboswitch.learning.optimizer import AdamW, one_cycle


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_the_steps_are_those_of_torch(decay):
    torch.manual_seed(0)
    ours = torch.nn.Linear(5, 3)
    theirs = torch.nn.Linear(5, 3)
    theirs.load_state_dict(ours.state_dict())
    mine = AdamW(ours.parameters(), decay)
    oracle = torch.optim.AdamW(theirs.parameters(), lr=1.0, weight_decay=decay)
    for step in range(30):
        rate = one_cycle(step, 30, 0.05)
        x = torch.randn(8, 5)
        for network, optimizer in ((ours, mine), (theirs, oracle)):
            optimizer.zero_grad()
            network(x).square().mean().backward()
        mine.step(rate)
        oracle.param_groups[0]["lr"] = rate
        oracle.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("steps", [1, 2, 10, 777])
def test_the_rate_rises_to_its_peak_and_falls_to_almost_nothing(steps):
    rates = [one_cycle(step, steps, 0.01) for step in range(steps)]
    assert all(0 < r <= 0.01 for r in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    if steps >= 10:
        assert max(rates) > 0.009
        assert rates[-1] < 1e-6


def test_the_least_square_changes_no_bit(monkeypatch):
    made = []
    for least in (module.LEAST, 0.0):
        monkeypatch.setattr(module, "LEAST", least)
        chance = torch.Generator().manual_seed(0)
        table = torch.nn.Parameter(torch.randn(80, 7, generator=chance))
        mine = AdamW([table], 0.1)
        for _ in range(5):  # rows with gradients from 1 down to 0, by way of those without a normal square
            table.grad = torch.randn(80, 7, generator=chance) * 10.0 ** -torch.arange(80.0)[:, None]
            mine.step(0.01)
        made.append(table.detach())
    assert torch.equal(*made)
