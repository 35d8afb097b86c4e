"""Other people's networks: safe readers of their files, and what architecture a file has."""
