"""How a shell asks for completions, where click's own way falls short of a query like `status:failed cost>1`.

Bash cuts a word at `:`, `=`, `<` and `>` before it completes it, puts what it is given into the line as it is, so that
a `>` would write into a file, and a blank behind each word, also behind a key whose value is still to come.
"""

import os
import re
from typing import Any, NamedTuple

from click.shell_completion import BashComplete, CompletionItem, ZshComplete, add_completion_class, split_arg_string

_SCRIPT = r"""
%(complete_func)s() {
    local kind word
    COMPREPLY=()
    while IFS=, read -r kind word; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            more) compopt -o nospace; COMPREPLY+=("$word") ;;
            plain) COMPREPLY+=("$word") ;;
        esac
    done < <(
        env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_REPLACED="$2" \
            %(complete_var)s=bash_complete "$1"
    )
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Word(NamedTuple):
    """The word that the cursor stands at the end of, as it was meant."""

    text: str
    quote: str
    """The quotation mark that is still open."""


def word_at(line: str) -> Word:
    """The last word of a line, its quotes and backslashes undone; empty behind a blank."""
    text, quote = "", ""
    letters = iter(line)
    for letter in letters:
        if letter == "\\" and quote != "'":
            text += next(letters, "")
        elif letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        elif not quote and letter in " \t\n":
            text = ""
        else:
            text += letter
    return Word(text, quote)


class Bash(BashComplete):
    """Words as bash cuts them, answers as it takes them. A script of click's own, kept in a file, is answered too."""

    source_template = _SCRIPT

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._kept, self._quote = 0, ""
        self._exact = "COMP_REPLACED" in os.environ

    def get_completion_args(self) -> tuple[list[str], str]:
        if not self._exact:
            return super().get_completion_args()
        line = os.environ["COMP_WORDS"]
        text, self._quote = word_at(line)
        self._kept = len(text) - len(word_at(self._quote + os.environ["COMP_REPLACED"]).text)
        words = split_arg_string(line)[1:]
        return words[:-1] if text or self._quote else words, text

    def format_completion(self, item: CompletionItem) -> str:
        if not self._exact or item.type != "plain":
            return super().format_completion(item)
        special = {"": r"[^\w@%+=:,./~-]", '"': r'["$`\\]'}.get(self._quote, r"(?!)")
        rest = re.sub(special, _escaped, str(item.value)[self._kept :])
        return f"{'more' if item.more else 'plain'},{rest}"


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


class Zsh(ZshComplete):
    """Without a blank behind a key whose value is still to come."""

    source_template = ZshComplete.source_template.replace(
        'completions+=("$key")',
        'if [[ $key == *[:=\\<\\>.] ]]; then compadd -U -V open -S \'\' -- "$key"; else completions+=("$key"); fi',
    )


def know_shells() -> None:
    """From now on click speaks to bash and zsh in these ways."""
    add_completion_class(Bash)
    add_completion_class(Zsh)
