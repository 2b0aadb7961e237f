"""Mails of real listings, where DIGEST_REAL_DATA says that they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.deliver.dkim import Signing, signing
from digest.render import MailRenderer
from digest.render.bibtex import bibtex
from digest.render.markdown import markdown
from digest.resources import templates_folder

from .. import golden_issues
from ..extent import number
from ..fakes import Postbox
from ..keys import Key, signed_names
from ..real_days import DATA, days, issue_of
from ..wire import assert_wire, parts, visible

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="DIGEST_REAL_DATA names no folder")


def test_mails_of_real_days_pass_the_gate(tmp_path: Path) -> None:
    renderer = MailRenderer([templates_folder()])
    keys = [Key(tmp_path / f"{kind}.pem", kind) for kind in ("rsa", "ed25519")]
    signers = [_signer(key) for key in keys]
    tried = 0
    for name, papers in days():
        issue = issue_of(papers)
        mail = renderer.mail(issue, golden_issues.ALICE, golden_issues.WITH_PAGES)
        for key, signer in zip(keys, signers, strict=True):
            data = signer.signed(mail).data
            assert key.is_content_with(data)
            assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= signed_names(data)
        assert_wire(data)
        seen = visible(parts(data)[1])
        for paper in papers[:20]:
            assert " ".join(paper.title.split()) in seen, name
        tried += 1
    assert tried >= number(5, whole=20)


def _signer(key: Key) -> Signing:
    return signing(Postbox(), domain="example.org", selector="papers", key=key.path)


def test_real_papers_can_be_cited_and_noted() -> None:
    for _, papers in days():
        issue = issue_of(papers)
        assert bibtex(papers).count("\n}\n") == len({paper.key for paper in papers})
        assert markdown(issue, "n").count("\n### ") == len(issue.entries)
