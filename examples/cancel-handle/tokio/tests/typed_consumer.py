"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from questions import Question, ask, ask_or_withdraw, ask_to_the_end


async def main() -> str:
    question = Question()
    question.answer()
    first: str = await asyncio.create_task(ask(question))
    second = await ask_or_withdraw(question) + await ask_to_the_end(question)
    return first + second + str(question.asked) + str(question.withdrawn)
