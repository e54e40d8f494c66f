"""Text that agents may write and no terminal may obey, and the check that nothing of it got out."""

import re
import unicodedata

ESC, BEL, ST = "\x1b", "\x07", "\x1b\\"

CORPUS: dict[str, str] = {
    # written to the clipboard, the title, links, notifications, the working directory
    "osc52_bel": f"{ESC}]52;c;UFdORUQ={BEL}",
    "osc52_st": f"{ESC}]52;c;UFdORUQ={ST}",
    "osc52_query": f"{ESC}]52;c;?{BEL}",
    "osc52_c1": "\x9d52;c;UFdORUQ=\x9c",
    "osc0_title": f"{ESC}]0;PWNED{BEL}",
    "osc2_title": f"{ESC}]2;PWNED{ST}",
    "osc1_icon": f"{ESC}]1;PWNED{BEL}",
    "osc2_unended": f"{ESC}]2;PWNED",
    "tmux_title": f"{ESC}kPWNED{ST}",
    "osc8_link": f"{ESC}]8;;file:///etc/passwd{ST}click{ESC}]8;;{ST}",
    "osc8_script": f"{ESC}]8;;javascript:alert(1){BEL}x{ESC}]8;;{BEL}",
    "osc9_notify": f"{ESC}]9;PWNED{BEL}",
    "osc777_notify": f"{ESC}]777;notify;PWNED;PWNED{BEL}",
    "osc7_folder": f"{ESC}]7;file://host/PWNED{BEL}",
    "osc4_palette": f"{ESC}]4;1;rgb:00/00/00{BEL}",
    "osc11_background": f"{ESC}]11;#ff0000{BEL}",
    "osc50_font": f"{ESC}]50;?{BEL}",
    "osc133_prompt": f"{ESC}]133;C{BEL}",
    "osc1337_file": f"{ESC}]1337;File=name=UFdORUQ=;inline=1:UFdORUQ={BEL}",
    # moves, erasures, modes, answers that a terminal would type
    "csi_clear": f"{ESC}[2J{ESC}[H",
    "csi_scrollback": f"{ESC}[3J",
    "csi_move": f"{ESC}[77;66H",
    "csi_colour": f"{ESC}[38;5;213mPWNED{ESC}[0m",
    "csi_conceal": f"{ESC}[8mhidden{ESC}[28m",
    "csi_main_screen": f"{ESC}[?1049l",
    "csi_hide_cursor": f"{ESC}[?25l",
    "csi_mouse": f"{ESC}[?1003h",
    "csi_paste": f"{ESC}[?2004l",
    "csi_attributes": f"{ESC}[c",
    "csi_status": f"{ESC}[6n",
    "csi_title_report": f"{ESC}[21t",
    "csi_resize": f"{ESC}[8;5;20t",
    "csi_insert": f"{ESC}[99@",
    "csi_region": f"{ESC}[5;6r",
    "csi_soft_reset": f"{ESC}[!p",
    "csi_media": f"{ESC}[5i",
    "csi_c1": "\x9b2J\x9b77;66H",
    "reset": f"{ESC}c",
    "save_cursor": f"{ESC}7{ESC}8",
    "keypad": f"{ESC}=",
    "charset": f"{ESC}(0qqq",
    "index": f"{ESC}M{ESC}D",
    # device control, application, privacy, start of string
    "dcs": f"{ESC}P1$qm{ST}",
    "dcs_sixel": f"{ESC}Pq#0;2;0;0;0#0!9~{ST}",
    "dcs_tmux": f"{ESC}Ptmux;{ESC}{ESC}]52;c;UFdORUQ={BEL}{ST}",
    "dcs_c1": "\x90q~\x9c",
    "apc_kitty": f"{ESC}_Gf=24,s=1,v=1;AAAA{ST}",
    "pm": f"{ESC}^PWNED{ST}",
    "sos": f"{ESC}XPWNED{ST}",
    # single control characters
    "bell": "\x07",
    "backspaces": "safe\b\b\b\bevil",
    "carriage_return": "good line\rBAD LINE",
    "crlf": "one\r\ntwo",
    "nul": "a\0b",
    "tabs": "a\tb\t\tc",
    "vertical": "a\x0bb\x0cc",
    "delete": "a\x7fb",
    "shift_out": "a\x0eb\x0fc",
    "xon_xoff": "a\x13b\x11c",
    "cancel": "a\x18b\x1ac",
    "next_line": "a\x85b",
    "all_c0": "".join(map(chr, range(32))),
    "all_c1": "".join(map(chr, range(0x80, 0xA0))),
    "lone_escape": "end\x1b",
    # markup of the screen library and of models
    "markup_end": "[/INST]",
    "markup_action": "[@click=app.quit]x[/]",
    "markup_bell": "[@click=app.bell()]x[/]",
    "markup_open": "[/",
    "markup_colour": "[bold red]x[/bold red]",
    "markup_link": "[link=http://evil.example]x[/link]",
    "markup_escaped": "a\\[b]",
    "markup_variable": "[$error]x[/$error] $foo",
    "markup_emoji": ":smiley: [reverse]",
    # direction, invisible characters, twins
    "bidi_override": "\u202etxt.exe",
    "bidi_isolate": "\u2066a\u2067b\u2068c\u2069",
    "bidi_marks": "a\u200eb\u200fc\u061cd",
    "bidi_embedding": "\u202aa\u202bb\u202cc\u202dd",
    "zero_width": "a\u200bb\u200cc\u200dd\ufeffe\u2060f",
    "soft_hyphen": "pay\u00adpal",
    "tags": "x" + "".join(chr(0xE0000 + ord(c)) for c in "PWNED"),
    "variation": "a\ufe0fb\U000e0100c",
    "line_separators": "a\u2028b\u2029c",
    "annotation": "\ufff9a\ufffab\ufffb",
    "hangul_filler": "a\u3164b\uffa0c\u115fd",
    "nfc": "caf\u00e9",
    "nfd": "cafe\u0301",
    "zalgo": "a" + "\u0301" * 60,
    "right_to_left": "\u05d0\u05d1\u05d2 \u0627\u0628",
    "surrogates": "\ud800 a \udfff",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "private_use": "\ue000\U000f0000",
    # width and length
    "emoji": "👩‍🚀 👨‍👩‍👧‍👦 ❤️ 🏳️‍🌈 👍🏽 🇩🇪 1️⃣",
    "wide": "漢字テスト",
    "long_line": "x" * 10_000,
    "long_wide": "漢" * 10_000,
    "long_escapes": f"{ESC}[31m" * 2_500,
    "many_lines": "line\n" * 2_000,
    "blank": " \n \t ",
    # what other parsers act on
    "json": '"}\n{"type":"run.finished","seq":2,"status":"failed"}',
    "sql": "'; DROP TABLE runs; --",
    "like": "%_\\%",
    "format": "%s %n {0} {x!r} ${HOME} $(touch /nowhere) `id`",
    "path": "../../../../etc/passwd",
    "yaml": "!!python/object/apply:os.system ['id']",
    "query": 'a"b (c) -d status: |',
}

SHORT = {name: text for name, text in CORPUS.items() if len(text) < 200}

OURS = re.compile(
    r"\x1b\[(?:[0-9;]*m|[0-9]+;[0-9]+H|<u|>25u|\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)(?:[hl]|\$p))"
    r"|\x1b\]22;[a-z-]+\x07"
)
"""What the screen library itself writes: colours, places, modes, the shape of the pointer. The sequences of the corpus
are looked for before these are taken away."""

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
PLACED = frozenset("\r\n\b")


def escaped(written: str, *, screen: bool) -> list[str]:
    """What reached a terminal and must not have: whole sequences of the corpus, then anything that is not drawn.

    `screen`: the screen library's own sequences are taken away before the second look.
    """
    found = [f"{name}: {part!r}" for name, part in FORBIDDEN if part in written]
    rest = OURS.sub("", written) if screen else written
    for at, character in enumerate(rest):
        if character not in PLACED and (unicodedata.category(character) in HIDDEN or character in "\u3164\uffa0\u115f"):
            found.append(f"{character!r} in {rest[max(at - 30, 0) : at + 30]!r}")
    return found[:20]


def _forbidden() -> list[tuple[str, str]]:
    acting = re.compile(r"[\x1b\x80-\x9f][^\x1b\x80-\x9f\n\r]{2,40}")
    harmless = {"\x1b[0m", "\x1b[?25l", "\x1b[?2004l", "\x1b[?1003h", "\x1b[?1049l"}
    found = {
        (name, part)
        for name, text in CORPUS.items()
        for part in acting.findall(text)
        if part not in harmless and not part.startswith("\x1b[31m")
    }
    return sorted(found)


FORBIDDEN = _forbidden()
