"""The history of the truth's schema, told to Alembic, which is imported only to change something."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = "0004"
"""The newest revision in `versions/`; revisions are numbered, so that a newer one is known as such."""


_one_at_a_time = threading.Lock()
"""Alembic keeps the migration under way in globals of its own, and a process may open several databases at once."""


def _after_fork() -> None:
    global _one_at_a_time
    _one_at_a_time = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def upgrade(connection: "Connection") -> None:
    """Brings the database up to `HEAD` within the connection's transaction: all of it or nothing."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)

    def steps(current: Any, _: object) -> Any:
        return script._upgrade_revs(HEAD, current)

    with _one_at_a_time, EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
        environment.run_migrations()
