"""Serving pages, for booth and region alike: the socket, who may be reached in clear, the limits.

``listen``: an address of the configuration becomes a socket. ``tls``: the rule and the
certificate. ``limits``, ``bounds``: what a stranger may take of us. ``server``: uvicorn with all of
that, and the same origin.
"""
