"""What the product knows and decides. Imports neither the graph nor the jobs."""
