"""The program that draws exports: it reads orders from its input, and writes files.

`domain/exports/drawing_process.py` starts it. It has no database, and reads nothing but its orders.
"""

import os
import sys
import traceback

from domain.exports import documents, pictures, sheets, workbooks
from domain.exports.drawing_orders import DrawingOrder
from domain.exports.drawing_process import NotDrawn, receive, send
from domain.exports.tables import Table


def carry_out(order: DrawingOrder) -> None:
    """Write the file of an order."""
    content, is_document = order.content, order.target.suffix == ".pdf"
    if isinstance(content, Table):
        sheets.write(content, order.target)
        return
    if order.target.suffix == ".xlsx":
        workbooks.write(content, order.options, order.target)
    elif not is_document and not content.is_whole and content.parts[0].is_chart:
        pictures.write(content, order.options, order.target)
    else:
        documents.write(content, order.options, order.target)


def main() -> None:
    """Carry out orders until the input ends."""
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    while True:
        try:
            order = receive(orders)
        except EOFError:
            return
        try:
            carry_out(order)
        except sheets.TooManyRows as refused:
            send(answers, refused)
        except Exception:  # noqa: BLE001 (the worker is told, and logs it)
            send(answers, NotDrawn(traceback.format_exc()))
        else:
            send(answers, None)


if __name__ == "__main__":
    main()
