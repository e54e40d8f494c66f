"""What is to be told of a thread: from rows to *facts*, each the address of one event.

A fact says which event there is and at which rows of the original its content lies; the content
stays there (`render.py` makes the event of it). Facts have a key, and one of a kind and
key is told once: so it does not matter in which order rows appear, nor how often one looks.

Times are those of checkpoints: a task began when its checkpoint was taken and ended, as far as
can be known, when the next one was.
"""

from collections.abc import Iterator
from sqlite3 import Connection

from ....core.events import Json
from . import rows
from .facts import Fact, Note, Trouble
from .graph import SPECIAL, Node, Task, Thread, is_control
from .messages import messages_in, usage_of
from .reader import ValueReader
from .rows import WriteRow
from .state import channel_values, identity_of, is_state, next_of

SMALL = 1 << 16
"""Interrupts and errors up to so many bytes are read even while listing, for they decide a status."""

_RESUME_IDX = -4  # the place of a task's answers among its writes (langgraph `checkpoint/base`)
_SNAPSHOT, _LATE = 5, 10  # ranks of a snapshot, and what is added for an end at the time of its beginning


class Teller:
    """Tells the facts of one thread. `deep` also looks into values: messages, tokens, what updates by hand did."""

    def __init__(self, thread: Thread, connection: Connection, *, deep: bool) -> None:
        self._thread, self._connection, self.deep = thread, connection, deep
        self._values = ValueReader(connection, thread.id)

    @property
    def troubles(self) -> list[Trouble]:
        """Values that could not be read."""
        return self._values.troubles

    def about(self, touched: set[tuple[str, str]], *, working: bool) -> list[Fact]:
        """Facts about these snapshots, in the order of time. `working`: a program may be doing the waiting tasks."""
        in_order = sorted(touched, key=lambda key: (self._thread.times[key], key))
        found = [fact for ns, checkpoint in in_order for fact in self._about(ns, checkpoint, working)]
        return sorted(found, key=self._place)

    def _place(self, fact: Fact) -> tuple[object, ...]:
        # Without a child the end of a superstep is not known, and lies after its beginning all the same.
        late = (
            fact.rank < _SNAPSHOT
            and fact.note.step is not None
            and fact.t == self._thread.times[fact.ns, fact.checkpoint]
        )
        return (fact.t, fact.rank + (_LATE if late else 0), fact.checkpoint)

    def _about(self, ns: str, checkpoint: str, working: bool) -> Iterator[Fact]:
        thread = self._thread
        t = thread.times[ns, checkpoint]
        yield Fact("checkpoint", checkpoint, t, _SNAPSHOT, ns, checkpoint, note=self._snapshot_note(ns, checkpoint))
        begun = working and not thread.children(ns, checkpoint)
        for node in self._told_before(ns, checkpoint):
            yield self._begun(ns, checkpoint, node, "start" if begun else "declared")
        for task in thread.tasks(ns, checkpoint):
            yield from self._task(ns, checkpoint, task)
        if self.deep and self._made_otherwise(ns, checkpoint):
            yield from self._state_messages(ns, checkpoint)

    def _snapshot_note(self, ns: str, checkpoint: str) -> Note:
        row = self._thread.checkpoints[ns, checkpoint]
        source = ""
        if self.deep and self._made_otherwise(ns, checkpoint):
            source = self._values.source(ns, checkpoint)
        elif not self._thread.explained(ns, checkpoint) and self._thread.is_input(ns, checkpoint):
            source = "input"
        step = None
        if row.parent and self._thread.explained(ns, checkpoint):
            makers = [task for task in self._thread.tasks(ns, row.parent) if not task.is_input]
            step = self._thread.step_id(row.parent, makers[0]) if len(makers) == 1 else None
        return Note(kind=source, step=step, name=ns)

    def _made_otherwise(self, ns: str, checkpoint: str) -> bool:
        """Whether a snapshot came of nothing that was recorded: by hand, of a program that saves at its exit,
        or it holds an input that no task has taken up yet."""
        thread = self._thread
        return not thread.explained(ns, checkpoint) and not any(task.is_input for task in thread.tasks(ns, checkpoint))

    # --- tasks

    def waiting(self, ns: str, checkpoint: str) -> list[Node]:
        """The tasks that a snapshot was about to run, as far as its parent's writes tell; in deep reading
        the snapshot itself is asked where these do not."""
        thread, parent = self._thread, self._thread.checkpoints[ns, checkpoint].parent
        if parent is None or not thread.explained(ns, checkpoint):
            return self._from_state(ns, checkpoint) if self.deep and not thread.children(ns, checkpoint) else []
        nodes = [
            Node(f"{checkpoint}:{name}", name, "node", tuple(after))
            for name, after in sorted(thread.branches(ns, parent).items())
        ]
        for number, row in enumerate(thread.sends(ns, parent)):
            nodes.append(Node(f"{checkpoint}:send:{number}", self._target(row), "send", self._after(ns, row)))
        return nodes

    def _told_before(self, ns: str, checkpoint: str) -> list[Node]:
        """The waiting tasks that wrote nothing yet, and whose steps will be known again by their writes:
        an old release's writes do not say which task is which node's."""
        thread, parent = self._thread, self._thread.checkpoints[ns, checkpoint].parent
        nodes, tasks = self.waiting(ns, checkpoint), thread.tasks(ns, checkpoint)
        if parent is not None and any(not task.path for task in thread.tasks(ns, parent)):
            return [] if len(nodes) > 1 or tasks else nodes
        begun = {thread.step_id(checkpoint, task) for task in tasks}
        return [node for node in nodes if node.step not in begun]

    def _after(self, ns: str, row: WriteRow) -> tuple[str, ...]:
        tasks = self._thread.tasks(ns, row.checkpoint)
        return tuple(self._thread.step_id(row.checkpoint, task) for task in tasks if task.id == row.task)

    def _target(self, row: WriteRow) -> str:
        """The node that a `Send` goes to: it stands at the value's beginning."""
        head = rows.head(self._connection, "writes", "value", row.rowid, min(row.size, 256))
        at = head.find(b"\xa4Send") + 6
        if at < 6 or at >= len(head):
            return "send"
        size, skip = (head[at] & 31, 1) if 0xA0 <= head[at] <= 0xBF else (head[at + 1], 2)
        return head[at + skip : at + skip + size].decode("utf-8", "replace") or "send"

    def _from_state(self, ns: str, checkpoint: str) -> list[Node]:
        state = self._values.state(ns, checkpoint)
        return [
            Node(f"{checkpoint}:{step}", name, kind)
            for step, name, kind in next_of(state)
            if not (name == "__start__" and kind == "node")
        ]

    def next_names(self, ns: str, checkpoint: str) -> list[str]:
        """Names of the tasks that a snapshot itself says it was about to run."""
        return [name for _step, name, _kind in next_of(self._values.state(ns, checkpoint))]

    def _begun(self, ns: str, checkpoint: str, node: Node, kind: str = "start", task: str = "") -> Fact:
        parent = node.caller or self._holder(ns, self._thread.times[ns, checkpoint])
        note = Note(name=node.name, step=node.step, kind=node.kind, after=list(node.after), parent=parent)
        return Fact(kind, node.step, self._thread.times[ns, checkpoint], 6, ns, checkpoint, task, note=note)

    def _holder(self, ns: str, t: str) -> str | None:
        """Step id of the task that runs a subgraph: `ns` is `node:task id`, nested ones joined by `|`."""
        parts = ns.split("|") if ns else []
        while parts and parts[-1].isdigit():  # a subgraph called more than once in one task is numbered
            parts.pop()
        if not parts:
            return None
        name, _, task_id = parts.pop().partition(":")
        outer = "|".join(parts)
        at = self._thread.before(outer, t)
        if at is None:
            return None
        known = [task for task in self._thread.tasks(outer, at) if task.id == task_id]
        return self._thread.step_id(at, known[0]) if known else f"{at}:{name}"

    def _task(self, ns: str, checkpoint: str, task: Task) -> Iterator[Fact]:
        end = self._thread.end(ns, checkpoint)
        node = self._node(ns, checkpoint, task)
        if self.deep:
            yield from self._messages(ns, checkpoint, task, node, end)
        if node is None:
            return
        yield self._begun(ns, checkpoint, node, "start", task.id)
        yield from self._interrupt(ns, checkpoint, task, node, end)
        if task.error is not None:
            note = Note(step=node.step, status="failed", name=node.name)
            yield Fact(
                "error", f"{node.step}:{task.error.rowid}", end, 1, ns, checkpoint, task.id, task.error.idx, 0, note
            )
        if task.done or task.error is not None:
            status = "completed" if task.done else "failed"
            note = Note(step=node.step, status=status)
            yield Fact("end", f"{node.step}:{status}", end, 2, ns, checkpoint, task.id, -1, 0, note)

    def _node(self, ns: str, checkpoint: str, task: Task) -> Node | None:
        """The node of a task; None for what only hands the input on."""
        thread = self._thread
        step = thread.step_id(checkpoint, task)
        if task.is_input or (not task.path and self._hands_on(ns, checkpoint)):
            return None
        parent = thread.checkpoints[ns, checkpoint].parent
        if (number := thread.send_number(task)) is not None:
            sends = thread.sends(ns, parent) if parent else []
            name = self._target(sends[number]) if number < len(sends) else f"send {number}"
            return Node(step, name, "send", self._after(ns, sends[number]) if number < len(sends) else ())
        if not task.path:
            names = sorted(thread.branches(ns, parent)) if parent else []
            # Where one node alone was to run, its step was told before under this id.
            only = f"{checkpoint}:{names[0]}" if len(names) == 1 else step
            return Node(only, " or ".join(names) or "task", "node")
        after = thread.branches(ns, parent).get(thread.node_name(task), []) if parent else []
        caller = thread.caller(checkpoint, task)
        return Node(step, thread.node_name(task), "call" if caller else "node", tuple(after), caller)

    def _hands_on(self, ns: str, checkpoint: str) -> bool:
        """Whether a snapshot's one task of an old release only hands the input on."""
        if self._thread.explained(ns, checkpoint):
            return False
        return not self.deep or self._values.source(ns, checkpoint) in ("input", "")

    # --- interrupts

    def _interrupt(self, ns: str, checkpoint: str, task: Task, node: Node, end: str) -> Iterator[Fact]:
        row = task.interrupt
        if row is None:
            return
        step = Note(step=node.step, name=node.name)
        answers = self._thread.answers(ns, checkpoint)
        # A task that asks again writes the answers it had in the same breath, right after its question.
        taken = task.done or (task.resume is not None and task.resume.rowid > row.rowid + 1)
        given = taken or any(answer.rowid > row.rowid for answer in answers)
        number = max(self._resumes(task) - int(taken), 0)
        for part, identity in enumerate(self._interrupt_ids(row)):
            for earlier in range(number):  # their questions were written over
                key = f"{identity}.{earlier}" if earlier else identity
                yield Fact("answer", key, end, 0, ns, checkpoint, task.id, _RESUME_IDX, earlier, step)
            key = f"{identity}.{number}" if number else identity
            yield Fact("ask", key, self._thread.times[ns, checkpoint], 7, ns, checkpoint, task.id, row.idx, part, step)
            if given:
                answer = task.resume or max(answers, key=lambda found: found.rowid, default=None)
                at = (answer.task, answer.idx) if answer else ("", 0)
                yield Fact("answer", key, end, 0, ns, checkpoint, *at, part=number, note=step)

    def _resumes(self, task: Task) -> int:
        value = self._values.value(task.resume) if task.resume and task.resume.size <= SMALL else None
        return len(value) if isinstance(value, list) else int(task.resume is not None)

    def _interrupt_ids(self, row: WriteRow) -> list[str]:
        value = self._values.value(row) if row.size <= SMALL or self.deep else None
        found = value if isinstance(value, list) else [value]
        return [
            identity_of(item) or (row.task if len(found) == 1 else f"{row.task}:{n}") for n, item in enumerate(found)
        ]

    # --- messages

    def cost(self) -> int:
        """Bytes that deep reading takes: values that may hold messages, and states that no writes explain."""
        thread = self._thread
        small = sum(row.size for row in thread.all_writes() if self._may_hold_messages(row))
        otherwise = [row for key, row in thread.checkpoints.items() if self._made_otherwise(*key)]
        parents = [found for row in otherwise if (found := thread.checkpoints.get((row.ns, row.parent or "")))]
        return small + sum(row.size for row in (*otherwise, *parents))

    def _may_hold_messages(self, row: WriteRow) -> bool:
        """Whether a write is worth reading for messages: large values show it at their beginning."""
        if row.type not in ("msgpack", "json") or is_control(row.channel) or row.channel in SPECIAL:
            return False
        if row.size <= SMALL:
            return True
        head = rows.head(self._connection, "writes", "value", row.rowid)
        return any(word in head for word in (b"essage", b"role", b"content"))

    def _messages(self, ns: str, checkpoint: str, task: Task, node: Node | None, end: str) -> Iterator[Fact]:
        note = Note(step=node.step, name=node.name) if node else Note()
        t = end if node else self._thread.times[ns, checkpoint]
        for row in filter(self._may_hold_messages, task.outputs):
            for part, message in messages_in(self._values.value(row)):
                if ns and not message.get("id"):
                    continue  # told when the subgraph's task hands it to the graph
                address = f"{checkpoint}:{row.task}:{row.idx}:{part}"
                key = self._thread.messages.key(message, address, lambda: self._values.held(ns, checkpoint))
                yield from _said(message, Fact("message", key, t, 0, ns, checkpoint, row.task, row.idx, part, note))

    def _state_messages(self, ns: str, checkpoint: str) -> Iterator[Fact]:
        """Messages that came into the state by no recorded task: those that the parent's state has not."""
        parent = self._thread.checkpoints[ns, checkpoint].parent
        before = self._values.held(ns, parent) if parent and (ns, parent) in self._thread.checkpoints else []
        known = {str(said.get("id")) for said in before}
        channels = channel_values(self._values.state(ns, checkpoint))
        for channel in sorted(filter(is_state, channels)):
            for part, message in messages_in(channels[channel]):
                if message.get("id") and str(message["id"]) not in known:
                    key = self._thread.messages.key(message, f"{checkpoint}:{channel}:{part}", list)
                    place = (ns, checkpoint, "", 0, part, Note(channel=channel))
                    yield from _said(message, Fact("message", key, self._thread.times[ns, checkpoint], 0, *place))


def _said(message: dict[str, Json], fact: Fact) -> Iterator[Fact]:
    """The facts of a message: that it was said, and what it cost. One without a key was told before."""
    if fact.key:
        yield fact
        if usage_of(message) is not None:
            yield fact._replace(kind="cost", rank=1)
