"""A colour for a place in the plane, which a seed then keeps in every panel."""

import numpy as np
from numpy.typing import ArrayLike

_CHROMA = 0.135
_LIGHT, _SWING = 0.64, 0.17

# Bjorn Ottosson's OKLab (2020): to the cone responses' cube roots, then to linear sRGB.
_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def wheel_oklab(xy: ArrayLike) -> np.ndarray:
    """OKLab colour of standardised plane coordinates: [N, 2] -> [N, 3].

    The angle gives the hue and the radius the chroma, from grey at the centre to full chroma. The
    share of a Gaussian inside the radius is the square of the share of full chroma, so equal areas
    of the colour disc hold equally many seeds. Lightness falls from warm to cold hues, so the place
    can be read without the red-green axis.
    """
    xy = np.asarray(xy, dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"Colours need plane coordinates [N, 2]; got {list(xy.shape)}.")
    radius = np.hypot(xy[:, 0], xy[:, 1])
    share = np.sqrt(-np.expm1(-0.5 * radius**2))
    direction = xy / np.where(radius > 0, radius, 1.0)[:, None]
    disc = share[:, None] * direction  # [N, 2], in the unit disc
    lightness = _LIGHT + _SWING * disc.sum(axis=1) / np.sqrt(2)
    return np.column_stack([lightness, _CHROMA * disc])


def wheel(xy: ArrayLike) -> np.ndarray:
    """sRGB colour in [0, 1] of standardised plane coordinates: [N, 2] -> [N, 3]."""
    linear = ((wheel_oklab(xy) @ _TO_LMS.T) ** 3) @ _TO_RGB.T
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def noise_colours(noise: ArrayLike) -> np.ndarray:
    """Colour of each seed from its noise's first two coordinates: [N, D] -> [N, 3]."""
    plane = np.asarray(noise, dtype=np.float64).reshape(len(noise), -1)[:, :2]
    scale = np.sqrt(np.mean(plane**2))
    return wheel(plane / (scale if scale > 0 else 1.0))


def plane_colours(plane: ArrayLike) -> np.ndarray:
    """Colour of each seed from its (PCA) coordinates, standardised per axis: [N, 2] -> [N, 3]."""
    plane = np.asarray(plane, dtype=np.float64)
    centred = plane - plane.mean(axis=0)
    scale = centred.std(axis=0)
    return wheel(centred / np.where(scale > 0, scale, 1.0))
