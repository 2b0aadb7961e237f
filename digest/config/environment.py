"""Settings from the environment: ``${VAR}``, ``DIGEST_SECTION__KEY``, ``.env``.

Does not change the environment of the process, and does not interpret the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from .. import expressions
from ..errors import ConfigError, Mistake
from ..strict_yaml.document import Document, Loc
from ..strict_yaml.shape import did_you_mean
from ..text_file import reason, text_of

PREFIX = "DIGEST_"
SECRET_SIZE = 64 * 1024

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"

#: Replacements for the braces of a variable and of ``{day}`` while YAML is read, because in
#: ``{password: ${SECRET}}`` the inner braces are not YAML's.  Deprecated characters that no text
#: uses.
_OPEN, _CLOSE = "\u206e", "\u206f"
_IN_TEXT = expressions.compile(rf"\$\{{{_NAME}(?::-[^{{}}\n]*)?\}}|\{{day\}}")
_HIDDEN = str.maketrans("{}", _OPEN + _CLOSE)
_SHOWN = str.maketrans(_OPEN + _CLOSE, "{}")
_VARIABLE = expressions.compile(
    rf"\$(?P<escaped>\$){_OPEN}"
    rf"|\${_OPEN}(?P<name>{_NAME})(?::-(?P<default>[^{_OPEN}{_CLOSE}]*))?{_CLOSE}"
    r"|(?P<broken>\$\{)"
    rf"|(?P<brace>[{_OPEN}{_CLOSE}])"
)


def protect(text: str) -> str:
    """Hide the braces of variables from YAML; every character keeps its position."""
    return _IN_TEXT.sub(lambda match: match[0].translate(_HIDDEN), text)


def with_dotenv(environ: Mapping[str, str], *folders: Path) -> dict[str, str]:
    """Merge ``environ`` over the ``.env`` files of the folders; the first folder wins.

    Raises ConfigError if such a file cannot be read.
    """
    merged: dict[str, str] = {}
    for folder in reversed(folders):
        if is_there(folder / ".env"):
            merged |= _dotenv(folder / ".env")
    return merged | dict(environ)


def is_there(file: Path) -> bool:
    """Return whether it is a file; raises ConfigError where its folder may not be searched."""
    try:
        return file.is_file()
    except OSError as error:
        raise ConfigError(str(file), [Mistake(0, 0, reason(error))]) from None


def _dotenv(file: Path) -> dict[str, str]:
    from dotenv.parser import parse_stream

    found = {}
    for each in parse_stream(StringIO(text_of(file, ConfigError))):
        if each.error:
            line = Mistake(each.original.line, 1, "no variable", "NAME=value, one a line")
            raise ConfigError(str(file), [line])
        if each.key is not None and each.value is not None:
            found[each.key] = each.value
    return found


def value_of(environ: Mapping[str, str], name: str) -> str | None:
    """Return a variable, or the content of the file that ``NAME_FILE`` names; None if not set.

    Without either, a credential of this name counts that systemd lays out (LoadCredential=).
    Raises OSError or ValueError if that file cannot be read.
    """
    if environ.get(name):
        return environ[name]
    file = environ.get(f"{name}_FILE") or _credential(environ, name)
    if file:
        with Path(file).open(encoding="utf-8") as secret:
            return secret.read(SECRET_SIZE).rstrip("\r\n")
    return environ.get(name)


def _credential(environ: Mapping[str, str], name: str) -> str:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder or "", name)
    return str(file) if folder and is_there(file) else ""


def substitute(document: Document, environ: Mapping[str, str]) -> dict[Loc, Mistake]:
    """Replace ``${NAME}`` and ``${NAME:-default}`` by their values; ``$${NAME}`` stays as text.

    The document must have been read from protected text.  If a variable is not set, the text stays
    and the mistake is returned by its place: it matters only if the value is used.
    """
    unset: dict[Loc, Mistake] = {}
    for loc, text in list(texts(document.data)):
        if not _VARIABLE.search(text):
            continue
        try:
            document.fill(loc, _filled(text, environ))
        except _UnsetError as error:
            unset[loc] = Mistake(*document.place(loc), str(error), error.hint)
    return unset


def override(document: Document, environ: Mapping[str, str], sections: Mapping[str, bool]) -> None:
    """Set each ``DIGEST_SECTION__KEY`` in the document.

    ``sections`` maps the keys of a configuration to whether they hold further keys.
    """
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX).removesuffix("_FILE")
        steps = name.lower().split("__")
        if variable.startswith(PREFIX) and _is_meant(steps, sections):
            _override(document, environ, PREFIX + name, steps, sections)


class _UnsetError(Exception):
    def __init__(self, message: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(message)


def texts(data: Any, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Yield every text in the data, with its place."""
    items: list[tuple[Any, Any]] = []
    if isinstance(data, str):
        yield loc, data
    elif isinstance(data, dict):
        items = list(data.items())
    elif isinstance(data, list):
        items = list(enumerate(data))
    for step, value in items:
        yield from texts(value, (*loc, step))


def _filled(text: str, environ: Mapping[str, str]) -> str:
    def value(match: expressions.Match[str]) -> str:
        if match["escaped"]:
            return "${"
        if match["brace"]:
            return match["brace"].translate(_SHOWN)
        if match["broken"]:
            raise _UnsetError("a variable is written ${NAME} or ${NAME:-default}")
        return _variable(match, environ)

    return _VARIABLE.sub(value, text)


def _variable(match: expressions.Match[str], environ: Mapping[str, str]) -> str:
    name, default = match["name"], match["default"]
    try:
        value = value_of(environ, name)
    except (OSError, ValueError) as error:
        unread = f"the file that {name}_FILE names cannot be read: {reason(error)}"
        raise _UnsetError(unread) from None
    if default is not None and not value:
        return str(default)
    if value is None:
        hint = f"set it, as by {name}=… in .env; or write ${{{name}:-…}} with a default"
        raise _UnsetError(f"the environment variable {name} is not set", hint)
    return value


def _is_meant(steps: list[str], sections: Mapping[str, bool]) -> bool:
    """Return whether a variable is a setting; DIGEST_CONFIG, for one, is not."""
    return len(steps) > 1 or steps[0] in sections


def _override(
    document: Document,
    environ: Mapping[str, str],
    variable: str,
    steps: list[str],
    sections: Mapping[str, bool],
) -> None:
    if steps[0] not in sections or (sections[steps[0]] and len(steps) == 1):
        document.complaints.append(_misnamed(variable, steps[0], sections))
        return
    try:
        value = value_of(environ, variable)
        if value:
            document.override(_loc(document.data, steps), value, variable)
    except (OSError, ValueError) as error:
        message = f"the file that it names cannot be read: {reason(error)}"
        document.complaints.append(Mistake(0, 0, message, variable=f"{variable}_FILE"))
    except TypeError:
        document.complaints.append(Mistake(0, 0, "no key can stand there", variable=variable))


def _misnamed(variable: str, section: str, sections: Mapping[str, bool]) -> Mistake:
    if section in sections:
        message = f"{section} holds further keys, as in {variable}__NAME"
        return Mistake(0, 0, message, variable=variable)
    return Mistake(0, 0, "no such key", did_you_mean(section, sections), variable=variable)


def _loc(data: Any, steps: list[str]) -> Loc:
    """Return the path of the steps; the document's keys may differ in case and hyphens."""
    loc: list[str] = []
    for step in steps:
        keys = data if isinstance(data, dict) else {}
        loc.append(next((key for key in keys if key.lower().replace("-", "_") == step), step))
        data = keys.get(loc[-1])
    return tuple(loc)
