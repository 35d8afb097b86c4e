"""The teacher loop and the student loop, and what both stand on."""
