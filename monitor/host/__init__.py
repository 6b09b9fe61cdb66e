"""A Sparkplug B 3.0 host application, pure: messages and the time go in, outcomes come out.

birth (what a birth says) → session (one edge node) → pace (who is asked for a rebirth, when) →
application (all edge nodes) → outcomes; commands and state are what a host says itself.
"""
