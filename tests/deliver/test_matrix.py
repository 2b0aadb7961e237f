"""A few of the cells of ``python -m bench matrix``: one fault, some mails, none lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench._cells import Cell, cells, trial
from digest.store import Store

from ..extent import number, some

MAILS = number(20, whole=200)
CELLS = {" ".join(str(cell).split()): cell for cell in cells(MAILS)}

#: In short, every second: what the faults of the others come to, a session alone shows.
SOME = [
    "tls stripped plain",
    "connect 421 plain",
    "rcpt 5xx grouped",
    "auth 535 grouped",
    "dot drop grouped",
    "mail drop grouped",
]
TRIED = some(SOME, 3)


@pytest.mark.parametrize("cell", [CELLS[name] for name in TRIED], ids=TRIED)
def test_a_fault_loses_no_mail_and_holds_up_no_other(
    cell: Cell, tmp_path: Path, laid_out: Path
) -> None:
    store = Store(f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}")

    assert trial(cell, store, MAILS, number(5, whole=20)).wrongs == []
    store.close()


def test_there_are_cells_for_every_stage_and_fault() -> None:
    stages = {cell.stage for cell in CELLS.values()}
    assert stages >= {"CONNECT", "EHLO", "STARTTLS", "TLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT"}
    assert stages >= {"BODY", "RSET", "QUIT"}
    assert len(CELLS) >= 60
