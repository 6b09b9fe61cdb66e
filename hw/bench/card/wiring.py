"""Wiring of the bench's card: its only pin numbers (GP numbers). docs/bench.md has the same table.

Where a line goes to the booth's Pico, the number there is in firmware/pins.py.
"""

BUTTONS = {"ticket": 14, "confirm": 15}  # open drain, beside the button: pulling it low is a press
LID = 13  # open drain, in place of the lid's switch: low is closed, released is open
LAMPS = {"red": 18, "amber": 19, "green": 20, "blue": 21}  # inputs: the tower's own lines
RING = 16  # input: the ring's data line
BUZZER = 17  # input: the buzzer's line
POWER = 10  # output: high takes the booth Pico's 5 V away (a relay whose rest is "on")
FINGER = 11  # output: a servo that puts the dummy finger on the glass
