"""Requests that schemathesis makes up from the pages' OpenAPI; every other link opens."""

from __future__ import annotations

import re
import warnings
from typing import Any

import hypothesis

from digest.pipeline import runs

from .sites import BASE, Laid

ZOE = "zoe@example.org"


def keys(site: Laid) -> dict[str, str]:
    """What opens the pages behind each kind of link."""
    browser = site.browser
    form = {"address": ZOE, "interests": "sparse training", "timezone": "UTC"}
    browser.post("/subscribe", data=form)
    runs.send_only(site.app)
    box: Any = site.app.sender
    confirm = re.findall(r"/confirm/([^\s>]+)", box.texts_to(ZOE)[-1])[0]
    answer = browser.post(f"/confirm/{confirm}")
    manage = re.findall(r'href="/manage/([^"]+)"', answer.text)[0]
    feed = re.findall(r'href="/feed/([^"]+)"', browser.get(f"/manage/{manage}").text)[0]
    return {"operator": "here", "manage": manage, "confirm": confirm, "feed": feed}


def odd_requests(
    site: Laid, *, cases: int, seed: int = 1, is_brief: bool = False
) -> tuple[int, list[str]]:
    """Ask so many odd questions of each page; gives how many, and which were answered by 5xx.

    In brief one page that reads and one that writes is asked behind each kind of link, and without
    one; by turns what it takes and what it should refuse.
    """
    import schemathesis  # half a second, for the one worker that asks

    opening = keys(site)
    kinds = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    schema = schemathesis.openapi.from_dict(site.web.openapi())
    client = site.client(raise_server_exceptions=False)
    asked, broken = 0, []

    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        kind = case.path.split("/")[1]
        if kind == "{who}":  # profiles are those of a subscriber or of the operator
            kind = ("manage", "operator")[asked // 2 % 2]
            case.path_parameters = {**case.path_parameters, "who": kind}
        # Every other request holds a link that opens, or nothing behind it would be tried.
        if (is_brief or asked % 2) and kind in opening:
            name = "name" if kind == "feed" else "token"
            case.path_parameters = {**case.path_parameters, name: opening[kind]}
            if "slug" in case.path_parameters:
                case.path_parameters["slug"] = "sparse" if kind == "operator" else "~2.1"
        try:
            given = case.as_transport_kwargs(base_url=BASE)
            given.pop("cookies", None)
            if kind == "subscribe":  # one client may do so only twenty times an hour
                given["headers"] = {**(given.get("headers") or {}), "x-forwarded-for": f"{asked}"}
            url = given.pop("url")
            answer = client.request(given.pop("method"), url, **given)
        except (UnicodeError, ValueError):
            return  # what no client can send
        if answer.status_code >= 500:
            broken.append(f"{answer.status_code} {case.method} {url}")

    settings = hypothesis.settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=[
            check
            for check in hypothesis.HealthCheck
            # Where a page takes any text, looking for what it should refuse is no use.
            if check is not hypothesis.HealthCheck.filter_too_much
        ],
        phases=[hypothesis.Phase.generate],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Our own schema is sound.
        every: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]
        for place, operation in enumerate(_one_of_each(every) if is_brief else every):
            # What takes nothing but words of its address has none to refuse.
            modes = kinds if operation.body or operation.query else kinds[:1]
            for mode in modes[place % len(modes) :][:1] if is_brief else modes:
                given = hypothesis.given(case=operation.as_strategy(generation_mode=mode))
                try:
                    settings(hypothesis.seed(seed)(given(lambda case: ask(case))))()
                except (hypothesis.errors.Unsatisfiable, hypothesis.errors.FailedHealthCheck):
                    continue
    return asked, broken


def _one_of_each(operations: list[Any]) -> list[Any]:
    """Return the first that takes something for each method and kind of link."""
    kinds = ("{who}", "manage", "operator", "feed", "search", "subscribe")
    found = {
        (operation.path.split("/")[1], operation.method): operation
        for operation in reversed(operations)
        if operation.body or operation.query
    }
    return [found[key] for key in sorted(found) if key[0] in kinds]
