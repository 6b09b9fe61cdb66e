"""What every program of ours shares, once: texts, errors, configuration, decoding, rows, serving.

Imports nothing of ours (``.importlinter``); each module names the one thing that it knows.
"""
