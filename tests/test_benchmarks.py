"""Benchmarks are run seldom; that each can still be run is seen here."""

import importlib
import pkgutil

import pytest

import benchmarks

MODULES = [found.name for found in pkgutil.iter_modules(benchmarks.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_finds_all_that_it_stands_on_and_says_what_it_measures(name: str) -> None:
    assert importlib.import_module(f"benchmarks.{name}").__doc__
