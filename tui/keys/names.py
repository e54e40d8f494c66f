"""How keys are written on screen."""

from textual.keys import key_to_character

WRITTEN = {
    "question_mark": "?",
    "slash": "/",
    "asterisk": "*",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "full_stop": ".",
    "at": "@",
    "exclamation_mark": "!",
}
_MODIFIERS = {"ctrl": "^", "shift": "shift-", "alt": "alt-"}


def written(name: str) -> str:
    """A key by its Textual name as it is written: `^p`, `space`, `*`."""
    *modifiers, last = name.split("+")
    sign = WRITTEN.get(last) or (key_to_character(last) if "_" in last else None) or last
    return "".join(_MODIFIERS.get(modifier, f"{modifier}-") for modifier in modifiers) + sign
