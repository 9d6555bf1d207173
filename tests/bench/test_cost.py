"""The benchmark's sums: what stays in a table of one of something."""

from bench.cost import Kept, Size, room


def test_growth_is_told_for_each_and_a_table_that_hardly_grows_in_the_sum_alone() -> None:
    before = {"messages": Size(10, 1000, 500), "dialogs": Size(5, 400, 100)}
    after = {"messages": Size(30, 5000, 1500), "dialogs": Size(5, 600, 100), "events": Size(10, 1000, 0)}

    section = room("a reply", before, after, count=10)

    assert section.rows == [
        Kept("messages", 2.0, 400.0, 100.0),
        Kept("events", 1.0, 100.0, 0.0),
        Kept("all of them", 1.0, 520.0, 100.0),
    ]
    assert section.rows[0].cells() == ("messages", "2.00", "200", "50", "250", "500")
    assert section.goals[0].measured == 620
