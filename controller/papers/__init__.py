"""What the booth prints: facts → bitmap → ESC/POS commands.

``facts.py`` says what goes on a paper, ``layout.py`` lays lines out on a strip, ``ticket.py``,
``intake_form.py``, ``appointment.py``, ``correction.py`` and ``trial.py`` are the papers,
``escpos.py`` turns the bitmap into the printer's language. Everything here is pure: same facts,
same bytes.
"""
