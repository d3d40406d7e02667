"""Synthetic shoppers, campaigns and events. A day is a function of the seed and the day alone."""
