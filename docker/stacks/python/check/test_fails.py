from sums import add


def test_adds_wrongly():
    assert add(2, 3) == 6
