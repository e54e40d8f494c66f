"""The program on the screen, and the command line's verbs.

`app.py` is the program. What it says of a subject is made in the room of that subject, as plain lines (`lines.py`,
`format.py`, `glyphs.py`), and shown by screens and widgets. The rooms:

    cli/         the verbs, and the one place where a store is opened
    program/     how the program begins, goes from screen to screen, and fails
    screens/     what fills the terminal, and what its keys do
    widgets/     what screens are made of
    styles/      their colours and sizes
    keys/        the one table of keys: bindings, help and the README's list are made of it
    operations/  what is under way: operations on runs, longer looks, what can be taken back
    personal/    a person's settings, and how everything was left
    query/       a query while it is typed: colours, completion, history
    trees/       trees of any size, of which only what is unfolded is made

    runs/  live/  workflows/  compare/  costs/  space/  retention/  doctor/      the places
    steps/  logs/  states/  parts/                                               the tabs of a run
    export/  demo/                                                               pages to send; the scripted fleet
"""

import os

# Read by Textual when it is imported. A key that follows another at once waits for the next frame: that is six
# milliseconds at most, not seventeen. Frames are only drawn where something changed.
os.environ.setdefault("TEXTUAL_FPS", "160")
