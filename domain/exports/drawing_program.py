"""The program that draws exports: it reads orders from its input, and writes files.

`domain/exports/drawing_process.py` starts it. It has no database, and reads nothing but its orders.
"""

import os
import sys
import traceback

from domain.exports.drawing_orders import DrawingOrder, RowsOrder
from domain.exports.drawing_process import NotDrawn, receive, send
from domain.exports.scans import TooManyRows

NICE = 10  # executions and answers come first, where the processor is short


def carry_out(order: DrawingOrder | RowsOrder) -> None:
    """Write the file of an order."""
    # A process loads what its orders need: rows take a third of the memory of drawings.
    if isinstance(order, RowsOrder):
        from domain.exports import sheets

        sheets.write(order.table, order.target)
        return
    from domain.exports import documents, pictures, workbooks

    content, ending = order.content, order.target.suffix
    if ending == ".xlsx":
        workbooks.write(content, order.options, order.target)
    elif ending != ".pdf" and not content.is_whole and content.parts[0].is_chart:
        pictures.write(content, order.options, order.target)
    else:
        documents.write(content, order.options, order.target)


def main() -> None:
    """Carry out orders until the input ends."""
    os.nice(NICE)
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    while True:
        try:
            order = receive(orders)
        except EOFError:
            return
        try:
            carry_out(order)
        except TooManyRows as refused:
            send(answers, refused)
        except Exception:  # noqa: BLE001 (the worker is told, and logs it)
            send(answers, NotDrawn(traceback.format_exc()))
        else:
            send(answers, None)


if __name__ == "__main__":
    main()
