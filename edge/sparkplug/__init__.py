"""Sparkplug B 3.0: topic → payload (codec) → birth (aliases and types) →
node (an edge node's state machine).

Specification: https://sparkplug.eclipse.org/specification/version/3.0/documents/sparkplug-specification-3.0.0.pdf
"""
