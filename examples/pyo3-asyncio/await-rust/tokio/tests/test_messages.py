"""What pyo3 says in other words than newer versions do."""

import asyncio

import pytest
from asker import _native


def test_the_message_for_a_wrong_argument_names_pyo3s_own_type():
    async def main():
        with pytest.raises(TypeError) as caught:
            _native.ask(80, 42)
        assert str(caught.value) == (
            "argument 'question': 'int' object cannot be converted to 'PyString'"
        )

    asyncio.run(main())
