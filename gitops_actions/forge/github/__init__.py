"""Repositories on GitHub: github.com, GitHub Enterprise Cloud and GitHub Enterprise Server."""
