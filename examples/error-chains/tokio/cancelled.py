import asyncio

import limits


async def main():
    for confirm in (limits.confirm, limits.confirm_with_causes):
        question = asyncio.ensure_future(asyncio.sleep(3600))
        answer = asyncio.ensure_future(confirm(question))
        question.cancel()
        try:
            await answer
        except asyncio.CancelledError:
            print("the answer is cancelled")
        except RuntimeError as error:
            print(f"RuntimeError: {error}")


asyncio.run(main())
