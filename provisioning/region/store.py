"""Prints ``db`` of the region's configuration, for ``back-up`` and ``restore``."""

import tomllib

DEFAULT = "sqlite:////var/lib/tram-monitor/region.db"

with open("/etc/tram/monitor.toml", "rb") as file:
    print(tomllib.load(file).get("db", DEFAULT))
