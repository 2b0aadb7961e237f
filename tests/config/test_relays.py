"""Several relays in the settings: what is taken, and what is refused and where."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from digest.config import load
from digest.config.named import missing
from digest.errors import ConfigError

from ..tables import table

HEAD = "listings: {a: {kind: huggingface}}\nmail:\n  from: a@example.org\n"


def found(relays: str, sender: str = "smtp") -> str:
    """Return what is wrong with these relays; else their budgets, weights and domains."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(f"{HEAD}  sender: {sender}\n  relays: {relays}\n")
        try:
            config = load(path, {"P": "secret"})
        except ConfigError as error:
            return "; ".join(each.in_file("") for each in error.complaints)
        wrong = [each.message for each in missing(config) if "profiles" not in each.message]
        settings = config.mail.settings
        shown = [f"{each.name} {each.weight} {each.domains}" for each in settings.relays.values()]
        return f"{settings.per_day} {list(settings.servers)} {shown} {wrong}"


@table(
    "relays, said",
    [
        ("{a: {host: a.example, weight: 0}}", "5:41: weight: at least 1 is expected"),
        ("{a: {host: a.example, wieght: 2}}", "unknown key wieght (did you mean weight?)"),
        ("{a: {port: 25}}", "host is missing"),
        ("{}", "relays: none is named"),
        ("{a.b: {host: a.example}}", "a.b: letters, digits, - and _ are expected"),
        ("{a: {host: a.example, domains: a b}}", "a b: a domain is expected"),
        ("{a: {host: a.example, domains: x.example}}", "none is left for other mails"),
        (
            "{a: {host: a.example, domains: x.example}, c: {host: c},"
            " b: {host: b, domains: X.Example.}}",
            "b: x.example is taken by a already",
        ),
        ("{a: {host: a.example}, b: {host: A.example}}", "b: a has this account already"),
        ("{a: {host: a.example, user: me}}", "5:39: a: password is missing for me"),
        ("{a: {host: a.example, user: me, password: '${Q}'}}", "variable Q is not set"),
        (
            "{a: {host: a.example, user: me, password: p, tls: none}}",
            "the password would go to a.example without TLS",
        ),
        ("{a: {host: a.example}}\n  smtp: {host: b.example}", "smtp and relays exclude each other"),
        (
            "{a: {host: a.example, user: me, password: '${P}', per_day: 3},"
            " b: {host: b.example, domains: Uni.example, per_day: 4},"
            " c: {host: c.example, domains: [münchen.example], weight: 2, per_day: 5, ca: no.pem}}",
            "12 ['mail.relays.a', 'mail.relays.b', 'mail.relays.c'] ['a 1 ()',"
            " \"b 0 ('uni.example',)\", \"c 2 ('xn--mnchen-3ya.example',)\"] ['mail.relays.c.ca: ",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(relays: str, said: str) -> None:
    assert said in found(relays)


def test_relays_that_are_not_in_use_need_no_password() -> None:
    assert found("{a: {host: a.example, user: me, password: '${Q}'}}", "folder").startswith("0 []")
