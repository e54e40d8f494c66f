"""What others import as they are imported, and our program never asks: read only if somebody does."""

import sys
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import Any

_lock = Lock()


class _PutOff(ModuleType):
    """Stands for a module until something of it is wanted, and gives way to it then. Thread-safe."""

    def __getattr__(self, name: str) -> Any:
        with _lock:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            module = import_module(self.__name__)
        return getattr(module, name)


def put_off_plugins() -> None:
    """To be called before SQLAlchemy is imported, in a program of our own: for plugins, of which we have none, it
    imports `importlib.metadata`, and that what reads mail, calendars and archives: 1.5 MB of memory.
    """
    name = "importlib.metadata"
    if name not in sys.modules:
        sys.modules[name] = sys.modules["importlib"].metadata = _PutOff(name)  # type: ignore[attr-defined]
