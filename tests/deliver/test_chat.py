"""The channel: posts that fit, each once, and what a refusal means; against servers on loopback."""

from __future__ import annotations

import json
import logging
import re
import socket
import subprocess
import sys
from html import unescape

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.matrix.base import NotifyMatrix
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from digest import config
from digest.deliver.channel import ChatChannel, PostAnswer
from digest.deliver.chat import Chat
from digest.deliver.chat_services import SERVICES
from digest.deliver.poster import Poster, refusal
from digest.errors import ConfigError, Meaning, SendError
from digest.model import DeliveryState, Notice, Paper
from digest.pipeline import runs
from digest.render import PostRenderer
from digest.render.markdown import post_of_text, posts
from digest.service.doctor import relays
from digest.store import Store, outbox, settings
from digest.store.post_progress import StoredProgress

from .. import golden_issues
from ..apps import app_of, profile
from ..cli.test_cli import CONFIG, PROFILE, Workspace, workspace
from ..factories import TUESDAY, listing, paper
from ..fakes import Clock, Newsstand
from ..tables import table

__all__ = ["workspace"]

TOKEN = "JHZ7lQml277CDHmQKMHI8qBe7bk2ZwO5UKjCiOAF7711o33MyqU344Qpgv7YTpadVjs"  # invented
CHANNEL = "digest@example.org"
#: Apprise looks for it, and does without it in later Pythons.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
#: Seconds for an answer that never comes.
SILENCE = 0.3


class Wall:
    """A webhook that keeps what it gets, and answers as a test wants it."""

    def __init__(self, server: HTTPServer) -> None:
        self.posts: list[tuple[str, str]] = []
        self.answers: list[Response] = []
        server.expect_request(re.compile("/.*")).respond_with_handler(self._answer)
        self.port = server.port
        self.url = f"json://127.0.0.1:{server.port}/{TOKEN}"

    def _answer(self, request: Request) -> Response:
        answer = self.answers.pop(0) if self.answers else Response(OK)
        if request.path.startswith("/slack"):
            answer = Response("ok")
        if answer.status_code == 200:
            self.posts.append((request.path, request.get_data(as_text=True)))
        return answer

    @property
    def texts(self) -> list[str]:
        return [json.loads(data)["message"] for _, data in self.posts]


OK = json.dumps({"ok": True, "result": {"message_id": 1}, "event_id": "$1", "user_id": "@me:x"})


@pytest.fixture
def wall(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Wall:
    base = f"http://127.0.0.1:{httpserver.port}"
    monkeypatch.setattr(NotifyDiscord, "notify_url", f"{base}/discord")
    monkeypatch.setattr(NotifySlack, "webhook_url", f"{base}/slack")
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"{base}/bot")
    monkeypatch.setattr(NotifyMatrix, "request_rate_per_sec", 0)
    return Wall(httpserver)


def address_of(scheme: str, port: int) -> str:
    """An address of each service, with invented secrets."""
    return {
        "discord": f"https://discord.com/api/webhooks/417429632418316298/{TOKEN}",
        "slack": "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "tgram": "tgram://123456789:AAabcdefghijklmnopqrstuvwxyz-abcdef/12345",
        "matrix": f"matrix://{TOKEN}@127.0.0.1:{port}/!room:example.org",
    }.get(scheme, f"{scheme}://127.0.0.1:{port}/hook")


@pytest.mark.parametrize("scheme", ["discord", "slack", "tgram", "matrix", "json", "xml"])
def test_a_post_is_one_message_of_the_service_and_fits_it(scheme: str, wall: Wall) -> None:
    """Also one that is as long as it may be: Apprise cuts nothing, and adds no picture."""
    channel = ChatChannel(address_of(scheme, wall.port))
    found = posts(golden_issues.crowded_day(60), SERVICES[scheme].size)
    longest = max(found, key=len)

    assert SERVICES[scheme].size <= channel.size
    assert channel.post(longest).is_posted
    (data,) = [data for path, data in wall.posts if not re.search("whoami|join", path)]
    assert "assets/themes" not in data
    last = re.findall(r"\[([^]]*)\]", longest)[-1].replace("\\", "")
    assert last in unescape(data).replace("\\", "")


def test_each_post_to_matrix_is_a_transaction_of_its_own(wall: Wall) -> None:
    """Of two with one name its server would take the first alone."""
    channel = ChatChannel(address_of("matrix", wall.port))
    assert channel.post("One").is_posted
    assert channel.post("Two").is_posted

    names = [path for path, _ in wall.posts if "m.room.message" in path]
    assert len(names) == len(set(names)) == 2


def long_paper(number: int) -> Paper:
    return paper(number, abstract="Sparse training \U0001f9ea of <kelp> & mosses. " * 200)


def test_posts_fit_and_no_paper_is_cut_in_two() -> None:
    issue = golden_issues.crowded_day(60)
    for size in (2000, 30_000):
        found = posts(issue, size)
        assert max(len(post.encode("utf-16-le")) // 2 for post in found) <= size
        titles = [line for post in found for line in post.splitlines() if line.startswith("### ")]
        assert len(titles) == sum(len(section.entries) for section in issue.sections)
        assert not any(post.splitlines()[-1].startswith("#") for post in found)
    assert len(post_of_text("Alarm", "a line\n" * 1000, 2000)) <= 2000


@pytest.mark.parametrize("size", [300, 2000])
def test_a_paper_that_is_too_long_for_a_post_is_shortened(size: int) -> None:
    wanted = golden_issues.entry(long_paper(1), "Sparse training")
    found = posts(golden_issues.issue(golden_issues.section("Moss", [wanted])), size)

    assert max(len(post.encode("utf-16-le")) // 2 for post in found) <= size
    assert sum("### " in post for post in found) == 1


class HerePoster(Poster):
    """Posts in this process, for what is not about the other."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.channel = ChatChannel(url)

    def open(self) -> None:
        """There is no other process."""

    def post(self, markdown: str) -> None:
        if not (answer := self.channel.post(markdown)).is_posted:
            raise refusal(answer, self.name)


def test_after_a_refusal_only_the_posts_that_are_not_out_follow(store: Store, wall: Wall) -> None:
    """One issue in several posts, once each; it waits, for the server is at fault."""
    stand, clock = Newsstand(), Clock(golden_issues.MADE_AT.replace(2026, 3, 10, 8))
    stand.lay_out("daily", TUESDAY, *(paper(n) for n in range(1, 5)))
    wall.answers = [Response(OK), Response(OK), Response(status=503)]
    app = app_of(
        store,
        profile(to=CHANNEL),
        listings=[listing()],
        source=stand,
        sender=Chat(HerePoster(wall.url), StoredProgress(store)),
        posts=PostRenderer(400),
        now=clock,
    )
    first = runs.run(app, list(app.listings.values()))
    assert (first.outcomes, first.waiting) == ((DeliveryState.QUEUED,), 1)
    assert len(wall.posts) == 2
    clock.forward(hours=1)
    assert runs.run(app, list(app.listings.values())).outcomes == (DeliveryState.SENT,)
    clock.forward(hours=1)
    assert runs.run(app, list(app.listings.values())).outcomes == ()

    assert len(wall.texts) == len(set(wall.texts)) >= 4
    assert "".join(wall.texts).count("### ") == 4
    with store.begin() as tx:
        assert (
            settings.setting(tx, f"posts of {outbox.read_delivery(tx, 1).delivery.message_id}")
            is None
        )


def test_what_is_for_one_person_is_not_posted_and_waits(store: Store) -> None:
    said: list[str] = []
    stand = Newsstand()
    stand.lay_out("daily", TUESDAY, paper(1))
    app = app_of(
        store,
        listings=[listing()],
        source=stand,
        sender=Chat(Poster("json://127.0.0.1:1/"), StoredProgress(store)),
        posts=PostRenderer(2000),
        report_trouble=said.append,
    )
    done = runs.run(app, list(app.listings.values()))

    assert (done.outcomes, done.waiting, done.setting) == (
        (DeliveryState.QUEUED,), 1, "mail.sender",
    )  # fmt: skip
    assert said == [
        "mail.sender: what is for one person is not posted to a channel;"
        " the mails wait until that is mended"
    ]


def test_an_alarm_is_posted_without_the_subscribers_that_it_names(store: Store, wall: Wall) -> None:
    sender = Chat(HerePoster(wall.url), StoredProgress(store))
    app = app_of(
        store, profile(to=CHANNEL), listings=[listing()], sender=sender, posts=PostRenderer(2000)
    )
    values = {
        "title": "mails are late", "sentence": "One waits.", "remedy": "look at it",
        "lines": ["1: bob@example.org: queued"],
    }  # fmt: skip
    alarm = Notice(kind="alarm", recipient="op@example.org", made_at=app.now(), values=values)
    with store.begin() as tx:
        outbox.queue_notice(tx, alarm)
    assert runs.send_only(app).outcomes == (DeliveryState.SENT,)

    (text,) = wall.texts
    assert "One waits." in text
    assert "bob" not in text


_LOGIN = (Meaning.LOGIN, "login", 0)


@table(
    ("answer", "fault", "said"),
    [
        (PostAnswer(False, 401, TOKEN), _LOGIN, "mail.chat: X: 401 Unauthorized: the addr"),
        (PostAnswer(False, 404, TOKEN), _LOGIN, "mail.chat: X: 404 Not Found: the address"),
        (PostAnswer(False, 308), _LOGIN, "mail.chat: X: 308 Permanent Redirect: the addr"),
        (PostAnswer(False, 200, '{"error": "channel_not_found"}'), _LOGIN, "the channel is"),
        (
            PostAnswer(False, 400, "Bad Request: chat not found"),
            _LOGIN,
            "the channel is not",
        ),
        (PostAnswer(False, 400, TOKEN), (Meaning.MESSAGE, "data", 400), "X: 400 Bad Request"),
        (PostAnswer(False, 429), (Meaning.SLOWER, "data", 429), "X: 429 Too Many Requests"),
        (PostAnswer(False, 500), (Meaning.LATER, "data", 500), "X: 500 Internal Server Error"),
        (PostAnswer(False, 503), (Meaning.RELAY, "connect", 503), "X: 503 Service Unavailable"),
        (PostAnswer(False, 599), (Meaning.LATER, "data", 599), "X: 599"),
        (PostAnswer(False, 408), (Meaning.RELAY, "connect", 408), "X: 408 Request Timeout"),
        (PostAnswer(False, 413), (Meaning.MESSAGE, "data", 413), "X: 413 "),
        (PostAnswer(False, 422), (Meaning.MESSAGE, "data", 422), "X: 422 "),
        (PostAnswer(False, 499), _LOGIN, "X: 499: the address or its token is not good"),
        (PostAnswer(False, 502), (Meaning.RELAY, "connect", 502), "X: 502 Bad Gateway"),
        (PostAnswer(False, 504), (Meaning.RELAY, "connect", 504), "X: 504 Gateway Timeout"),
        (PostAnswer(False, 403, "Channel_Is_Archived"), _LOGIN, "X: 403 Forbidden: the channel is"),
        (
            PostAnswer(False, 200, unreached="it cannot be reached"),
            (Meaning.RELAY, "connect", 0),
            "X: it cannot be",
        ),
    ],
)
def test_a_refusal_says_what_is_at_fault_and_no_secret(
    answer: PostAnswer, fault: tuple[Meaning, str, int], said: str
) -> None:
    error = refusal(answer, "X")

    assert (error.meaning, error.stage, error.code) == fault
    assert said in str(error)
    assert TOKEN not in str(error)


def test_a_server_that_is_away_has_nothing_and_one_that_falls_silent_is_in_doubt() -> None:
    away = ChatChannel("json://127.0.0.1:1/x").post("Moss")
    assert refusal(away, "X").meaning is Meaning.RELAY
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        poster = Poster(f"json://127.0.0.1:{deaf.getsockname()[1]}/x", seconds=SILENCE)
        with pytest.raises(SendError) as silent:
            poster.post("Moss")
        poster.close()
    assert (silent.value.meaning, silent.value.stage) == (Meaning.DOUBT, "dot")


def test_apprise_is_loaded_by_the_child_alone() -> None:
    code = "import sys, digest.deliver.chat; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@table(
    ("address", "name"), [("discord://1/x", "Discord"), ("json://a/b", "JSON"), ("x", "the chat")]
)
def test_a_channel_is_called_as_its_service_is(address: str, name: str) -> None:
    assert Poster(address).name == name


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("discord://x", "Apprise cannot use this address"),
        (f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN[:24]}/#a/#b", "it names several channels: name one"),
        ("json://me:secret@example.org/", "the login would go to example.org without TLS"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_a_secret(
    url: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match=reason) as error:
        ChatChannel(url)
    assert "secret" not in str(error.value) + caplog.text
    assert TOKEN[:24] not in str(error.value) + caplog.text


def test_the_doctor_names_an_address_that_cannot_be_used(workspace: Workspace) -> None:
    chat_config(workspace, "discord://x")
    [found] = relays(config.load(workspace.folder / "config.yaml", {}), CHANNEL)

    file = workspace.folder / "config.yaml"
    assert found.found.startswith(f"{file}:")
    assert ": mail.chat: Apprise cannot use this address" in found.found
    assert found.trouble is not None
    assert found.trouble.is_misconfigured


def test_who_is_asked_to_confirm_waits_and_that_is_said(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_config(workspace, "${CHAT_URL}")
    monkeypatch.setenv("CHAT_URL", f"json://127.0.0.1:1/{TOKEN}")
    people = str(workspace.write("people.csv", "email\nann@example.org\n"))
    done = workspace.digest("import", people, "--interests", "moss")

    assert "mail.sender: chat posts issues alone; mail for one person waits" in done.stderr
    assert workspace.digest("outbox", "withdraw", "1").stdout == "1: withdrawn\n"


def chat_config(folder: Workspace, chat: str) -> None:
    text = CONFIG.replace("sender: folder\n  folder: outbox/", f"sender: chat\n  chat: {chat}")
    folder.write("config.yaml", text)


def test_a_run_posts_each_file_to_the_channel_whatever_addresses_it_names(
    workspace: Workspace, wall: Wall
) -> None:
    chat_config(workspace, "${CHAT_URL}")
    workspace.write(".env", f"CHAT_URL={wall.url}\n")
    workspace.write("profiles/sparse.yaml", PROFILE.replace("to: alice@example.org\n", ""))
    ran = workspace.digest("run", "--day", "2026-03-10", "--now", "2026-03-10T12:00Z")

    assert ran.exit_code == 0, ran.stderr
    assert len(wall.texts) == 1
    assert "### [" in wall.texts[0]
    assert "unsubscribe" not in wall.texts[0].lower()
    shown = workspace.digest("config", "show")
    assert "mail.chat: (set)" in shown.stdout
    assert TOKEN not in shown.stdout + ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("chat", "said"),
    [
        ('""', "chat: the channel is missing, which sender: chat needs"),
        ('"smoke://x"', "chat: an address of one of Apprise's services is expected (discord, json"),
        ('"${CHAT_URL}"', "the environment variable CHAT_URL is not set"),
    ],
)
def test_a_channel_that_is_not_known_is_refused_with_its_place(
    workspace: Workspace, chat: str, said: str
) -> None:
    chat_config(workspace, chat)
    with pytest.raises(ConfigError, match=re.escape(said)):
        config.load(workspace.folder / "config.yaml", {})
