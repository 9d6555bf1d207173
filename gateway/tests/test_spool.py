"""The spool: what was appended comes out in order, survives a restart and a crash, is forgotten when drained."""

import asyncio
import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.spool import Spool

Opened: TypeAlias = Callable[[Path], Spool]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens spools; closes them after the test."""
    spools: list[Spool] = []

    def open_(folder: Path) -> Spool:
        spools.append(Spool(folder))
        return spools[-1]

    yield open_
    for spool in spools:
        spool.close()


async def append(spool: Spool, *records: bytes) -> None:
    for record in records:
        await spool.append(record)


async def drain(spool: Spool, limit: int = 3) -> list[bytes]:
    drained: list[bytes] = []
    while spool.depth:
        async with spool.front(limit) as records:
            assert records, f"{spool.depth} records are said to wait and none is there"
            drained += records
    return drained


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def cut_tail(file: Path, cut: int) -> None:
    os.truncate(file, file.stat().st_size - cut)


def numbered(count: int) -> list[bytes]:
    return [f"запись {number}".encode() for number in range(count)]


async def test_records_come_out_in_the_order_in_which_they_went_in(tmp_path: Path, opened: Opened) -> None:
    spool = opened(tmp_path)

    await append(spool, *numbered(10))

    assert spool.depth == 10
    assert await drain(spool) == numbered(10)


async def test_drained_records_are_forgotten_and_their_file_with_them(tmp_path: Path, opened: Opened) -> None:
    spool = opened(tmp_path)
    await append(spool, *numbered(4))

    await drain(spool)

    assert (spool.depth, spool.waiting_since, files(tmp_path)) == (0, None, [])
    await append(spool, b"later")
    assert await drain(opened(tmp_path)) == [b"later"]


async def test_a_reader_that_fails_finds_the_records_again(tmp_path: Path, opened: Opened) -> None:
    spool = opened(tmp_path)
    await append(spool, *numbered(5))

    with pytest.raises(ConnectionError):
        async with spool.front(3):
            raise ConnectionError("messaging is away")

    assert spool.depth == 5
    assert await drain(spool) == numbered(5)


async def test_what_is_on_disk_survives_a_restart(tmp_path: Path, opened: Opened) -> None:
    before = opened(tmp_path)
    await append(before, *numbered(6))
    before.close()

    after = opened(tmp_path)
    await append(after, b"new")

    assert after.depth == 7
    assert after.waiting_since is not None
    assert await drain(after) == [*numbered(6), b"new"]


@pytest.mark.parametrize("cut", [1, 3, 8, 12])
async def test_a_tail_that_a_crash_cut_is_left_out_and_what_comes_after_is_kept(
    tmp_path: Path, opened: Opened, cut: int
) -> None:
    crashed = opened(tmp_path)
    await append(crashed, *numbered(3))
    crashed.close()
    cut_tail(files(tmp_path)[0], cut)

    restarted = opened(tmp_path)
    await append(restarted, b"after the crash")

    assert restarted.depth == 3
    assert await drain(restarted) == [*numbered(2), b"after the crash"]


async def test_a_full_disk_is_said_and_spoils_nothing(tmp_path: Path, opened: Opened) -> None:
    spool = opened(tmp_path)
    await append(spool, b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(OSError, match=r"(?i)too large|no space"):
            await spool.append(b"x" * 128 * 1024)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await append(spool, b"after")

    assert spool.depth == 2
    assert await drain(opened(tmp_path)) == [b"before", b"after"]


async def test_a_disk_that_is_full_leaves_nothing_half_written_of_small_records(
    tmp_path: Path, opened: Opened
) -> None:
    spool, written = opened(tmp_path), list[bytes]()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def fill() -> None:
        while True:
            await spool.append(b"%04d" % len(written) * 1000)
            written.append(b"%04d" % len(written) * 1000)

    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(OSError, match=r"(?i)too large|no space"):
            await fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await append(spool, b"after")

    assert spool.depth == len(written) + 1 == 17
    assert await drain(spool) == [*written, b"after"]
    assert (spool.depth, files(tmp_path)) == (0, [])


async def test_a_disk_on_which_no_new_segment_can_begin_is_used_again_when_it_can(
    tmp_path: Path, opened: Opened
) -> None:
    spool = opened(tmp_path / "spool")
    await append(spool, *(b"x" * 1024 * 1024 for _ in range(16)))  # a whole segment
    (tmp_path / "spool").rename(tmp_path / "gone")

    with pytest.raises(FileNotFoundError):
        await spool.append(b"lost")
    (tmp_path / "gone").rename(tmp_path / "spool")
    await append(spool, b"after")

    assert spool.depth == 17
    assert (await drain(opened(tmp_path / "spool")))[-1] == b"after"


async def test_what_is_read_at_once_is_bounded_in_bytes(tmp_path: Path, opened: Opened) -> None:
    spool = opened(tmp_path)
    await append(spool, b"large" * 100, b"a" * 60, b"b" * 60, b"c" * 60)
    found = []

    while spool.depth:
        async with spool.front(10, max_bytes=140) as records:
            found.append(len(records))

    assert found == [1, 2, 1]


async def test_what_cannot_be_read_is_kept_and_keeps_nothing_back(tmp_path: Path, opened: Opened) -> None:
    spool = opened(tmp_path)
    await append(spool, *numbered(3))
    segment = files(tmp_path)[0]
    spoiled = bytearray(segment.read_bytes())
    spoiled[8] ^= 1
    segment.write_bytes(spoiled)

    async with spool.front(10) as records:
        assert records == []
    await append(spool, b"after")

    assert spool.depth == 1
    assert await drain(spool) == [b"after"]
    assert [path.suffix for path in files(tmp_path)] == [".broken"]


async def test_after_a_restart_the_age_of_what_waits_is_that_of_its_file(tmp_path: Path, opened: Opened) -> None:
    before = opened(tmp_path)
    await append(before, b"old")
    before.close()
    old = files(tmp_path)[0]
    old.rename(old.with_stem(f"{int(old.stem) - 60 * 10**9:020d}"))

    after = opened(tmp_path)

    assert 60 <= after.waiting_s < 70


async def test_appends_while_the_spool_is_drained_lose_and_double_nothing(tmp_path: Path, opened: Opened) -> None:
    spool, written, drained = opened(tmp_path), numbered(600), list[bytes]()

    async def write() -> None:
        for start in range(0, len(written), 3):
            await asyncio.gather(*map(spool.append, written[start : start + 3]))
            await asyncio.sleep(0)

    writing = asyncio.create_task(write())
    async with asyncio.timeout(10):
        while not writing.done() or (spool.depth and len(drained) < len(written)):
            async with spool.front(500) as records:
                drained += records
            await asyncio.sleep(0)
    await writing

    assert drained == written
    assert spool.depth == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=30), st.integers(1, 7))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, records: list[bytes], limit: int) -> None:
    async def run() -> list[bytes]:
        spool = Spool(tmp_path_factory.mktemp("spool"))
        await asyncio.gather(*map(spool.append, records))
        drained = await drain(spool, limit)
        spool.close()
        return drained

    with asyncio.Runner() as runner:
        assert runner.run(run()) == records
