"""What performance claims are measured with. Ratios, side by side; never timed tests."""
