"""Tests, through the front door where there is one."""
