"""ImageNet-64's label space is known, its images are not."""

from __future__ import annotations

import pytest
import torch

from dmdrepro.data import ImageNet64


def test_shape_and_classes_are_the_public_teachers():
    data = ImageNet64()
    assert (data.shape, data.label_dim) == ((3, 64, 64), 1000)
    assert data.training_set is data.denoise is None


def test_sampling_is_refused_with_what_it_needs():
    with pytest.raises(ValueError, match="weights"):
        ImageNet64().sample(2, torch.Generator())
