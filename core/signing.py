"""Who sits in front of it, or whose program it is."""


def who() -> str:
    """The name that annotations and operations are signed with: the user's login, or nothing where there is none."""
    import getpass  # late, for an agent that only records signs nothing

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
