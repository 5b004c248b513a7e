"""Best rotation and scale from one set of points to another, frame by frame (orthogonal Procrustes problem).

Two methods with the same result: singular value decomposition (Kabsch 1976), which processes one small matrix at a
time; and matrix invariants, vectorised over frames, which `similarity` uses wherever the best rotation is unique. Works
in any unit and frame of reference.
"""

from __future__ import annotations

import torch
from torch import Tensor

STEPS = 50
"""Maximum iterations of Newton's method; about ten usually suffice."""
SMALLEST_GAP = 1e-6
"""Threshold of gap / gain³ in `by_invariants`; below it the best rotation is nearly ambiguous and precision is lost."""


def similarity(points: Tensor, target: Tensor) -> Tensor:
    """Scaled rotations, (frames, 3, 3), that minimise the squared distance between `points @ similarity` and `target`.

    points, target: (frames, points, 3), both centred. Reflections are not allowed. Where all points coincide, the
    result is zero.
    """
    product = (points.mT @ target).double()
    found, is_unique = by_invariants(product)
    if not is_unique.all():
        found[~is_unique] = by_singular_values(product[~is_unique])
    size = points.double().square().sum(dim=(-2, -1), keepdim=True)
    return (found / size.clamp(min=torch.finfo(size.dtype).tiny)).to(points.dtype)


def by_singular_values(product: Tensor) -> Tensor:
    """Best rotation of each frame times its gain, (frames, 3, 3), by singular value decomposition (Kabsch 1976).

    product: (frames, 3, 3), `points.mT @ target`. The gain is the trace of `product.mT @ rotation`.
    """
    left, singular, right = torch.linalg.svd(product)
    # Where the best orthogonal matrix is a reflection, flip the direction of the smallest singular value instead.
    sign = torch.ones_like(singular)
    sign[..., -1] = torch.det(left @ right).sign()
    return (singular * sign).sum(dim=-1)[..., None, None] * (left * sign[..., None, :]) @ right


def by_invariants(product: Tensor) -> tuple[Tensor, Tensor]:
    """Best rotation of each frame times its gain, (frames, 3, 3), and whether it is unique, (frames,) booleans.

    product: (frames, 3, 3), `points.mT @ target`. A rotation that is not unique is meaningless.

    The product is a rotation R times a symmetric matrix P (polar decomposition). The gain, the trace of P, is the
    largest root of a polynomial whose coefficients are invariants of the product (Theobald 2005); by the
    Cayley-Hamilton theorem R is then a polynomial in the product (Hoger and Carlson 1984).
    """
    first, second, third = product.unbind(dim=-2)
    cross = torch.linalg.cross
    cofactors = torch.stack([cross(second, third), cross(third, first), cross(first, second)], dim=-2)
    determinant = (first * cofactors[..., 0, :]).sum(dim=-1)
    # Squared Frobenius norms.
    squared, last = (matrix.square().sum(dim=(-2, -1)) for matrix in (product, cofactors))
    gain = (3 * squared).sqrt()  # an upper bound of the root, from which Newton's method decreases monotonically
    tiny = torch.finfo(gain.dtype).tiny
    for _ in range(STEPS):
        excess = gain.square() - squared
        step = (excess.square() - 4 * last - 8 * determinant * gain) / (4 * excess * gain - 8 * determinant).clamp(tiny)
        gain = gain - step
        if (step.abs() <= 1e-15 * gain).all():
            break
    minors = (gain.square() - squared) / 2
    gap = gain * minors - determinant  # product of the pairwise sums of P's eigenvalues
    gain, minors, divisor = (value[..., None, None] for value in (gain, minors, gap.clamp(tiny)))
    rotation = (gain * cofactors + (gain.square() - minors) * product - product @ product.mT @ product) / divisor
    return gain * rotation, gap > SMALLEST_GAP * gain[..., 0, 0] ** 3
