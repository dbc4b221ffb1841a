"""Table of a benchmark: the newest of each measurement, in the table's order."""

from bench.rows import Row
from bench.table import keep, kept

ORDER = ["accept", "relay"]


def row(work: str, measured: float) -> Row:
    return Row(work, "reference", measured, 1, note="a note", details={"ours": [1.5, 2.5]})


def test_a_measurement_takes_the_place_of_its_earlier_one_alone(tmp_path):
    keep("relay", [row("relay", 0.5)], ORDER, tmp_path)
    keep("accept", [row("accept", 3), row("batches", 4)], ORDER, tmp_path)
    keep("relay", [row("relay", 2)], ORDER, tmp_path)
    found = {
        name: [(each.work, each.measured) for each in part.rows]
        for name, part in kept(tmp_path).items()
    }
    assert found == {"accept": [("accept", 3), ("batches", 4)], "relay": [("relay", 2)]}


def test_a_row_comes_back_as_it_was(tmp_path):
    one = row("accept", 3)
    keep("accept", [one], ORDER, tmp_path)
    assert kept(tmp_path)["accept"].rows == [one]


def test_the_table_says_which_bar_was_missed_and_the_chart_is_drawn(tmp_path):
    keep("accept", [row("accept", 3)], ORDER, tmp_path)
    keep("relay", [row("relay", 0.5)], ORDER, tmp_path)
    accept, relay = (tmp_path / "table.md").read_text().splitlines()[-2:]
    assert accept.startswith("| accept ")
    assert "| pass " in accept
    assert relay.startswith("| relay ")
    assert "| FAIL " in relay
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_a_measurement_no_longer_made_is_forgotten(tmp_path):
    keep("gone", [row("gone", 1)], ["gone"], tmp_path)
    keep("accept", [row("accept", 3)], ORDER, tmp_path)
    assert list(kept(tmp_path)) == ["accept"]
