import asyncio

from questions import Question, ask, ask_or_withdraw, ask_to_the_end


async def cancelled(function):
    question = Question()
    task = asyncio.create_task(function(question))
    await asyncio.sleep(0)
    task.cancel()
    # One iteration of the loop delivers the cancellation to the coroutine.
    await asyncio.sleep(0)
    if not task.done():
        print("Python still waits")
        question.answer()
    await asyncio.wait([task])
    print("asked:", question.asked, "withdrawn:", question.withdrawn)
    print("Python:", "cancelled" if task.cancelled() else task.result())


async def main():
    for function in (ask, ask_or_withdraw, ask_to_the_end):
        await cancelled(function)


asyncio.run(main())
