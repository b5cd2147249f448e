"""Speed and size, measured with ratios against a baseline of the same run. `make bench` writes docs/benchmarks.md."""
