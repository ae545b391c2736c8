"""Logs: one line each on stderr, through structlog. Viewers' text, tokens and addresses with tokens stay out."""

from __future__ import annotations

import logging
import sys

import structlog

QUIET = (
    "httpx",
    "httpcore",
    "telegram",
    "websockets",
    "uvicorn",
    "uvicorn.access",
    "uvicorn.error",
    "apscheduler",
)
"""Libraries whose chatter names addresses (Telegram's carry the token): only warnings are let through."""


def set_up(level: str = "info") -> None:
    """Configure logging for this process; `level` debug, info, warning or error."""
    number = getattr(logging, level.upper())
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", stream=sys.stderr, level=logging.WARNING)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(number),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        # Asked at every line: whoever replaces stderr meanwhile (a test, a service manager) is followed.
        logger_factory=lambda *names: structlog.PrintLogger(sys.stderr),
    )
