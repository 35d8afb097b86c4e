"""The two nearest data of each query, without the matrix of distances."""
