"""The command line: its options, its exit codes, and one line for each error a person can fix."""

from __future__ import annotations

import atexit
import errno
import gc
import os
from collections.abc import Iterator
from typing import Any

import click

from ..resources import VERSION
from ..service.mask import mask_stderr
from . import (
    daily,
    databases,
    imports,
    inbox,
    init,
    listings,
    notice,
    oauth2,
    outbox,
    papers,
    profiles,
    render,
    serve,
    settings,
)
from .terminal import CONFIG, FAILED, LATER, exit_of, fitted, say

EXIT_CODES = """\b
Exit codes:
  0   done, also when there was nothing new
  1   something failed: a listing, a mail
  2   the command line cannot be understood, or a file that it names is
      missing, or is there already where one is to be written
  75  nothing is lost, try later: another run is at work, the mail server or
      the database is away
  78  something is wrong in the configuration or in a profile, or what they
      name is missing; or the mail server refuses the sender or the login
"""


def _meant(error: click.UsageError) -> str:
    """Return the commands of other groups that an unknown one is like; empty for other errors."""
    name = getattr(error, "command_name", "")
    if not name or getattr(error, "possibilities", None):
        return ""
    from difflib import get_close_matches

    paths = list(_paths(main))
    near = get_close_matches(name, {path[-1] for path in paths}, n=1)
    meant = [" ".join(("digest", *path)) for path in paths if path[-1] in near]
    return f" Did you mean {' or '.join(meant)}?" if meant else ""


def _paths(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command below a group."""
    for name, command in sorted(group.commands.items()):
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from _paths(command, *above, name)


class Commands(click.Group):
    """The group of all commands; turns an error a person can fix into a line and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; addresses on standard error are masked, whatever happens."""
        mask_stderr()
        # Python looks through all that is left at its end, which takes a fifth of what it takes
        # to start; what must be closed is closed before.
        atexit.register(gc.freeze)
        return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn its errors into exit codes."""
        from ..errors import ConfigError, DigestError, ProfileError

        try:
            return super().invoke(ctx)
        except (ConfigError, ProfileError) as error:
            say(str(error), err=True)
            ctx.exit(CONFIG)
        except click.exceptions.NoArgsIsHelpError:
            raise  # its message is the help of a group
        except click.UsageError as error:
            message = f"{error.format_message()}{_meant(error)}"
            said = fitted(message, err=True, less=len("Error: "))
            raise click.UsageError(said, error.ctx) from None
        except DigestError as error:
            say(f"digest: {error}", err=True)
            ctx.exit(exit_of(error))
        except (click.Abort, EOFError):
            click.echo("\ndigest: ended at a question; nothing was written", err=True)
            ctx.exit(FAILED)
        except KeyboardInterrupt:
            click.echo("\ndigest: ended; nothing is lost, the same command goes on", err=True)
            ctx.exit(LATER)
        except OSError as error:
            if ctx.meta.get("level") == "debug" or error.errno == errno.EPIPE:
                raise
            place = f"{error.filename}: " if error.filename else ""
            say(f"digest: {place}{(error.strerror or str(error)).lower()}", err=True)
            ctx.exit(FAILED)


@click.group(
    cls=Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--config",
    "-c",
    type=click.Path(),
    help="The configuration; else $DIGEST_CONFIG, ./config.yaml, ~/.config/digest/config.yaml or"
    " /etc/digest/config.yaml.",
)
@click.option("--verbose", "-v", is_flag=True, help="Log more, and show where an error arose.")
@click.option("--quiet", "-q", is_flag=True, help="Log errors alone; run -q: say only what failed.")
@click.version_option(VERSION, prog_name="digest")
@click.pass_context
def main(ctx: click.Context, config: str | None, verbose: bool, quiet: bool) -> None:
    """Mail a daily digest of research papers: nothing missed, nothing twice.

    Begin with digest init; digest demo shows four mornings of it, with invented papers.
    """
    if verbose and quiet:
        raise click.UsageError("-v and -q exclude each other")
    ctx.obj = config
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False
    ctx.meta["level"] = "debug" if verbose else "error" if quiet else ""


for room in (
    daily,
    databases,
    imports,
    inbox,
    init,
    listings,
    notice,
    oauth2,
    outbox,
    papers,
    profiles,
    render,
    serve,
    settings,
):
    room.register(main)
