"""The figures that README quotes, re-runnable: `python -m benchmarks` (docs/benchmarks.md)."""
