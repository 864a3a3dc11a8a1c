from engine.domain.streams import side_by_side


def test_two_streams_are_read_side_by_side() -> None:
    found = side_by_side([(1, "a"), (3, "c"), (4, "d")], [(2, 20), (3, 30)])

    assert list(found) == [
        (1, "a", None),
        (2, None, 20),
        (3, "c", 30),
        (4, "d", None),
    ]
