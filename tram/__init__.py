"""The one command, ``tram``: joins the rooms, and holds no rules of its own."""
