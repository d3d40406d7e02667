"""Java's regular expressions, translated for Python."""

import re
from functools import lru_cache

FLAGS = re.compile(r"(?<!\\)\(\?([imsx]+)\)")  # Java takes them anywhere, Python only in front
BLANK = re.compile(r"(?<!\\)\\h")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern to search with. Raises re.error."""
    flags = "".join(sorted(set("".join(FLAGS.findall(pattern)))))
    body = BLANK.sub(r"[ \\t]", FLAGS.sub("", pattern))
    return re.compile(f"(?{flags}){body}" if flags else body)
