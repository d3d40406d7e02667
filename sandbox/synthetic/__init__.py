"""Synthetic shoppers, campaigns and events. Each day is a function of the seed and the day alone."""
