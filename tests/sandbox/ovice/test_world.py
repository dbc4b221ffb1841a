from sandbox.ovice.world import new_number


def test_no_number_is_given_twice_however_many_there_are() -> None:
    given: set[str] = set()
    for _ in range(1000):
        given.add(new_number(3, given.__contains__))
    assert len(given) == 1000
