"""The call: webcams and voices, in a process of its own (`python -m player.call`), and the app's end of it.

`process.py` and `memory.py` are what the app imports; everything that needs aiortc, PyAV or a microphone runs in the
child only.
"""
