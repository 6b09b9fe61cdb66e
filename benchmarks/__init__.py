"""The figures the project promises: one file a family, ``python -m benchmarks`` runs them."""
