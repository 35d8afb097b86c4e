"""The fused gradient of the distribution matching loss."""
