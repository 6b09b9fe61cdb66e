"""The process between broker and store, several of them for a large region.

broker (one MQTT connection) → worker (messages → host → store → acknowledgements) ← orders
(commands that wait for a booth).
"""
