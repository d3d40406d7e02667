"""Answers in the background: a language model words them, if one is set."""

import dramatiq

from domain.bus.queues import Job
from domain.questions import wording
from jobs.steps import Step, run


@dramatiq.actor(actor_name=Job.WORD_ANSWER, queue_name=Job.WORD_ANSWER.queue)
async def word_answer(subject: str) -> None:
    """Let the model word an answer, and keep its text if it says nothing but facts."""
    await run(Step(wording.claim, wording.act, wording.record, wording.fail), subject)
