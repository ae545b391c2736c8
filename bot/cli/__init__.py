"""The command line. Every command of contract.md is registered here; each file holds one group of them.

Exit codes: 0 done, 1 the thing asked for failed, 2 the call or its input was wrong. Errors are one or two plain
sentences on stderr, never a traceback; machine output alone goes to stdout.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from bot.cli import (
    audit,
    check,
    draws,
    judging,
    models,
    phrases,
    practice,
    products,
    replay,
    rules,
    shows,
    stores,
)
from bot.errors import ChangkongError
from classifiers.errors import JudgementError
from lottery.errors import LotteryError
from replies.errors import RepliesError

app = typer.Typer(
    name="changkong",
    help="场控: the assistant beside the host of a live-commerce room.",
    epilog="Example: changkong demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for group in (shows, practice, replay, judging, rules, models, draws, audit, check):
    group.register(app)
phrases.register(app, phrases_of_store=stores.phrases_of_store)
products.register(app)


USAGE_ERROR: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
"""What typer raises for a wrong call. Typer brings its own copy of click, so click's own class would not be met."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    _speak_utf8()
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. Errors of ours become one sentence on stderr."""
    try:
        outcome = app(args=arguments, standalone_mode=False, prog_name="changkong")
    except typer.Abort:
        return 130
    except USAGE_ERROR as error:
        return _complain_of_usage(error)
    except ChangkongError as error:
        return _complain(error, error.exit_code)
    except (JudgementError, RepliesError, LotteryError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return outcome if isinstance(outcome, int) else 0


def _complain_of_usage(error: Exception) -> int:
    """A wrong call in one sentence, and where its help is; a command without its word gets the help itself."""
    message = str(error.format_message() if hasattr(error, "format_message") else error)
    context = getattr(error, "ctx", None)
    if type(error).__name__ != "NoArgsIsHelpError":
        message += f" See `{context.command_path if context is not None else 'changkong'} --help`."
    print(message, file=sys.stderr)
    return 2


def _complain(error: Exception, code: int) -> int:
    print(str(error), file=sys.stderr)
    return code


def _speak_utf8() -> None:
    """Machine output is UTF-8; a console that cannot show a character gets an escape instead of a crash."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if stream.isatty():
            reconfigure(errors="backslashreplace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")
