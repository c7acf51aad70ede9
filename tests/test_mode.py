import pytest

from labkit import mode


def test_the_mode_is_class_when_nothing_is_said(monkeypatch):
    monkeypatch.delenv("LABKIT_MODE", raising=False)
    assert mode.current() == "class"


@pytest.mark.parametrize("name", ["smoke", "class", "full"])
def test_the_environment_chooses_the_mode(monkeypatch, name):
    monkeypatch.setenv("LABKIT_MODE", name)
    assert mode.current() == name


@pytest.mark.parametrize("name", ["Smoke", "fast", "0"])
def test_an_unknown_mode_is_refused_by_name(monkeypatch, name):
    monkeypatch.setenv("LABKIT_MODE", name)
    with pytest.raises(ValueError, match=f"smoke, class, full, got '{name}'"):
        mode.current()


@pytest.mark.parametrize(("name", "epochs"), [("smoke", 2), ("class", 100), ("full", 500)])
def test_pick_returns_the_value_of_the_mode(monkeypatch, name, epochs):
    monkeypatch.setenv("LABKIT_MODE", name)
    assert mode.pick(100, smoke=2, full=500) == epochs


def test_full_mode_uses_the_class_value_unless_told_otherwise(monkeypatch):
    monkeypatch.setenv("LABKIT_MODE", "full")
    assert mode.pick(100, smoke=2) == 100


def test_pick_keeps_a_false_value_for_full_mode(monkeypatch):
    monkeypatch.setenv("LABKIT_MODE", "full")
    assert mode.pick(100, smoke=2, full=0) == 0
