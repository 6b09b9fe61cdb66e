"""What booth and region must agree on (journal, facts, Sparkplug), and the booth's uplink to it.

``uplink`` is a program: nobody but ``tram`` imports it. The rest is read by both sides.
"""
