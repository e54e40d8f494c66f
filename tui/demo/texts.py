"""What the scripted agents talk about."""

MAILS = (
    "Invoice 4711 is overdue, please advise",
    "Re: the login page shows a blank screen on Safari",
    "Can we move Thursday's review to 15:00?",
    "Your parcel could not be delivered",
    "Contract renewal: draft for comments",
    "Build 2291 failed on main",
    "Customer asks for a refund after 34 days",
    "Reminder: expense reports are due on Friday",
)

TOPICS = (
    "battery prices in 2026 and what moves them",
    "how hospitals schedule night shifts",
    "open-source vector databases compared",
    "heat pumps in old buildings",
    "the history of container shipping",
)

SOURCES = ("web", "papers", "news", "forums", "filings")

FINDINGS = (
    "two sources agree, one contradicts",
    "the figure is from 2023 and was revised since",
    "paywalled; abstract only",
    "primary source found, dated last month",
    "nothing new beyond the first result",
)

TICKETS = (
    "crash on start when the config file is empty",
    "CSV export loses the last column",
    "dark theme is unreadable in the sidebar",
    "search ignores umlauts",
    "upload stalls at 99 % over slow links",
)

SERVICES = ("billing-api", "image-resizer", "mail-gateway", "search-index", "web-frontend")

THOUGHTS = (
    "The request is ambiguous; I will take the most recent message as authoritative.",
    "Two candidates score within one point, so the tie is broken by date.",
    "The tool returned fewer rows than expected; checking whether the filter was too narrow.",
    "Confidence is high enough to answer without another search.",
    "The earlier plan no longer fits what was found; replacing its last two steps.",
)

SENTENCES = (
    "The change is small and touches one module.",
    "It should be reviewed by somebody who knows the billing code.",
    "Three customers reported the same symptom this week.",
    "The numbers were checked against the monthly report.",
    "A rollback takes four minutes and loses nothing.",
    "No personal data is involved.",
)

MODELS = (
    ("gpt-4o", "openai"),
    ("gpt-4o-mini", "openai"),
    ("claude-sonnet-4-5", "anthropic"),
    ("claude-haiku-4-5", "anthropic"),
    ("gemini-2.5-flash", "google"),
)

TRIAGE_VERSIONS = (
    """\
# Sorts the inbox. First cut: the small model does everything.
name: triage
model: gpt-4o-mini
steps: [plan, search, rank, draft-reply, review]
rank:
  by: keywords
""",
    """\
# Sorts the inbox. Ranking by meaning: dearer, and wrong less often.
name: triage
model: gpt-4o
steps: [plan, search, rank, draft-reply, review]
rank:
  by: embedding
  top: 8
""",
    """\
# Sorts the inbox. The small model drafts, the large one only ranks.
name: triage
model: gpt-4o-mini
steps: [plan, search, rank, draft-reply, review]
rank:
  by: embedding
  model: gpt-4o
  top: 5
""",
)

TRIAGE_NOTES = (
    ("ana", "first cut", ()),
    ("ben", "rank by meaning", (1,)),
    ("ana", "small model drafts, large one ranks", (1, 2)),
)
"""Who saved each of them, why, and the numbers of its parents."""
