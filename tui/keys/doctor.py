"""Keys of what is wrong with the store."""

from .key import Key, Place

DOCTOR = (
    Key("doctor.open", "enter", "open", "open", "Look into the run that it is about", footer="of_run"),
    Key(
        "doctor.fix_one",
        "f",
        "fix_one",
        "put right",
        "Put right what the line is about, after a question",
        footer="curable_here",
        changes=True,
    ),
    Key(
        "doctor.fix",
        "F",
        "fix",
        "put all right",
        "Put right all that can be, after a question that names it",
        footer="curable",
        changes=True,
    ),
    Key("doctor.copy", "y", "copy", "copy place", "Copy where it is", footer="copyable"),
)

PLACES = (Place("doctor", "What is wrong with the store", DOCTOR, ("place",)),)
