"""The rotation and scale that lay one set of points best on another, frame by frame.

Two ways to the same answer: by singular values (Kabsch 1976), one small matrix after the other; and by invariants, all
frames in the same few operations, which `similarity` takes wherever one rotation is best and not many.
"""

from __future__ import annotations

import torch
from torch import Tensor

STEPS = 50
"""Of Newton's method, at most; about ten are usual."""
SMALLEST_GAP = 1e-6
"""Of the cubed gain. Below it other rotations are about as good as the best, and the invariants lose its digits."""


def similarity(points: Tensor, target: Tensor) -> Tensor:
    """Scaled rotations, (frames, 3, 3), such that `points @ similarity` has the least squared distance from `target`.

    points, target: (frames, points, 3), both centred. Mirroring is no rotation. Zeros where all points are one.
    """
    product = (points.mT @ target).double()
    found, is_unique = by_invariants(product)
    if not is_unique.all():
        found[~is_unique] = by_singular_values(product[~is_unique])
    size = points.double().square().sum(dim=(-2, -1), keepdim=True)
    return (found / size.clamp(min=torch.finfo(size.dtype).tiny)).to(points.dtype)


def by_singular_values(product: Tensor) -> Tensor:
    """Best rotations times their gain, (frames, 3, 3), of points.T @ target, (frames, 3, 3)."""
    left, singular, right = torch.linalg.svd(product)
    # A mirror image must not be forgiven: where the best orthogonal map is one, the weakest direction is turned over.
    sign = torch.ones_like(singular)
    sign[..., -1] = torch.det(left @ right).sign()
    return (singular * sign).sum(dim=-1)[..., None, None] * (left * sign[..., None, :]) @ right


def by_invariants(product: Tensor) -> tuple[Tensor, Tensor]:
    """The same, and for which frames it can be trusted, (frames,).

    The product is a rotation R times a symmetric P. The trace of P is the gain, the largest root of a polynomial whose
    coefficients are invariants of the product (Theobald 2005); by Cayley and Hamilton's theorem R is then a polynomial
    in the product (Hoger and Carlson 1984).
    """
    first, second, third = product.unbind(dim=-2)
    cross = torch.linalg.cross
    cofactors = torch.stack([cross(second, third), cross(third, first), cross(first, second)], dim=-2)
    determinant = (first * cofactors[..., 0, :]).sum(dim=-1)
    squared, last = (matrix.square().sum(dim=(-2, -1)) for matrix in (product, cofactors))
    gain = (3 * squared).sqrt()  # not below the root, so that every step comes down towards it
    tiny = torch.finfo(gain.dtype).tiny
    for _ in range(STEPS):
        excess = gain.square() - squared
        step = (excess.square() - 4 * last - 8 * determinant * gain) / (4 * excess * gain - 8 * determinant).clamp(tiny)
        gain = gain - step
        if (step.abs() <= 1e-15 * gain).all():
            break
    minors = (gain.square() - squared) / 2
    gap = gain * minors - determinant  # the product of the sums of two of P's three eigenvalues
    gain, minors, divisor = (value[..., None, None] for value in (gain, minors, gap.clamp(tiny)))
    rotation = (gain * cofactors + (gain.square() - minors) * product - product @ product.mT @ product) / divisor
    return gain * rotation, gap > SMALLEST_GAP * gain[..., 0, 0] ** 3
