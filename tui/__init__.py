"""The program on the screen, and the command line's verbs."""

import os

# Read by Textual when it is imported. A key that follows another at once waits for the next frame: that is six
# milliseconds at most, not seventeen. Frames are only drawn where something changed.
os.environ.setdefault("TEXTUAL_FPS", "160")
