"""Tests. They use the public API where there is one."""
