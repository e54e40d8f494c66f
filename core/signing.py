"""Who sits in front of it, or whose program it is."""

import getpass


def who() -> str:
    """The name that annotations and operations are signed with: the user's login, or nothing where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
