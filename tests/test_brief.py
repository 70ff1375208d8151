from tests.brief.tables import X


def test_x() -> None:
    assert X
