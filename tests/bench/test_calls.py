"""The benchmark of the client measures three clients, and ours keeps to the limits in it."""

from bench.calls import LimitedRow, Plan, measure


async def test_three_clients_are_measured_side_by_side() -> None:
    one_by_one, batched, limited = await measure(Plan(rounds=1, measure_s=0.3, limited_s=1))

    for section in (one_by_one, batched, limited):
        assert [row.cells()[0] for row in section.rows] == ["ours", "b24pysdk", "fast_bitrix24"]
    [ours] = [row for row in limited.rows if isinstance(row, LimitedRow) and row.name == "ours"]
    assert ours.messages_per_min > 0
    assert ours.violations == 0
