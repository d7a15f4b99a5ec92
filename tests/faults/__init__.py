import pytest

# What holds the truths against each other is not in test modules, and should say as much as they do.
pytest.register_assert_rewrite("tests.faults.telling", "tests.faults.story", "tests.faults.scenarios")
