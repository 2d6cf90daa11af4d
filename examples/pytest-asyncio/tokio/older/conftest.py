"""Runs each test on asyncio and on uvloop, with a pytest-asyncio before 1.4."""

import asyncio

import pytest
import uvloop


@pytest.fixture(
    scope="session",
    params=[asyncio.DefaultEventLoopPolicy, uvloop.EventLoopPolicy],
    ids=["asyncio", "uvloop"],
)
def event_loop_policy(request):
    return request.param()
