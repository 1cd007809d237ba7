"""A library does not load what it would load only because it is installed."""

import importlib.util
import sys

import pytest

from callbacks.core.hidden_packages import hidden


def test_a_hidden_package_is_not_found_inside_the_block_and_is_found_after_it() -> None:
    sys.modules.pop("this", None)
    with hidden("this"), pytest.raises(ImportError):
        import this  # noqa: F401, PLC0415
    assert importlib.util.find_spec("this")


def test_a_package_that_is_loaded_already_stays() -> None:
    with hidden("json"):
        import json  # noqa: PLC0415
    assert sys.modules["json"] is json


def test_a_package_is_found_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), hidden("this"):
        raise ZeroDivisionError
    assert "this" not in sys.modules or sys.modules["this"] is not None
