"""Tests of crawler. Run them with pytest; README.md has the command."""
