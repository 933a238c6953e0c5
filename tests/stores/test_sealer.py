"""What the operation log holds: written by an earlier version it stays readable; moved or changed it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi_core.errors import StoreError
from mi_core.whole_files import write_whole
from mi_plugins.stores.sealing import Sealer

SECRET, PLACE, CONTENT = bytes(range(32)), "row/column", "正文 2207".encode()
WRITTEN = {
    "sm4-gcm": "01a301d226121455a9924c9c7c1ed3c98811549330444414d93574e343c40786ae623787f3df908a",
    "aes-gcm": "02d94f1f09eb5541364ad61afbce0333da2e7791831cac0fd9d4efa22a87cb5a170f356a4cdd0eaa",
}
"""By an earlier version."""


@pytest.mark.parametrize("cipher", WRITTEN)
def test_what_an_earlier_version_wrote_stays_readable(cipher: str) -> None:
    sealer, blob = Sealer(SECRET), bytes.fromhex(WRITTEN[cipher])
    assert sealer.unseal(blob, PLACE) == CONTENT
    assert sealer.key_id == "3699b975f62345db"
    found = sealer.fingerprint("psn_no", "430000")
    assert found is not None and found.startswith("1d0e36ead85b6376")
    for wrong, where in (
        (blob, "row/other"),
        (blob[:-1], PLACE),
        (b"\x03" + blob[1:], PLACE),
        (blob[:20], PLACE),
        (b"", PLACE),
    ):
        with pytest.raises(StoreError):
            sealer.unseal(wrong, where)


def test_what_is_sealed_now(monkeypatch: pytest.MonkeyPatch) -> None:
    sealer = Sealer(SECRET)
    blob = sealer.seal(CONTENT, PLACE)
    assert (
        blob[:1] == b"\x01" and sealer.seal(CONTENT, PLACE) != blob and sealer.unseal(blob, PLACE) == CONTENT
    )
    monkeypatch.setattr("mi_plugins.stores.sealing._sm4_available", lambda: False)
    other = Sealer(SECRET).seal(CONTENT, PLACE)
    assert other[:1] == b"\x02" and sealer.unseal(other, PLACE) == CONTENT


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    write_whole(path, "one\n", new=True)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_whole(path, "two\n", new=True)
    write_whole(path, "three\n")
    assert path.read_text() == "three\n"

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "four\n")
    assert path.read_text() == "three\n" and [p.name for p in tmp_path.iterdir()] == ["key"]
