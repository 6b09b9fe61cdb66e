"""Snapshots for the screens, made from the state. No personal data without a valid session.

``desk`` puts together what a desk shows: ``tickets``, ``people`` (the dossiers in the line) and
``equipment`` (devices and papers). ``board`` is for everybody, ``shift`` the day's figures.
"""

from controller.station.screens.board import Board
from controller.station.screens.desk import Screens
from controller.station.screens.equipment import Equipment
from controller.station.screens.people import People, person_view
from controller.station.screens.shift import Shift
from controller.station.screens.tickets import Tickets

__all__ = ["Board", "Equipment", "People", "Screens", "Shift", "Tickets", "person_view"]
