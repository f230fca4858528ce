"""Comments that say why a finding does not count.

    table.put_item(Item=item)  # weir: ignore[ddb-no-ttl] deleted by the nightly job

On a line of the operation, or alone on the line above it. It names the rules and gives a reason;
what does not is a mistake, since it would suppress nothing and its author would not know.
"""

from __future__ import annotations

import io
import re
import tokenize

from weir.lint.catalogue import RULES
from weir.lint.files import Source

COMMENT = re.compile(r"#\s*weir:\s*ignore\b(?P<rest>.*)")
NAMED = re.compile(r"\[(?P<rules>[^\]]*)\]\s*(?P<reason>.*)")


class Suppressions:
    def __init__(self, source: Source) -> None:
        self.mistakes: list[str] = []
        self._by_line: dict[int, dict[str, str]] = {}
        self._alone: set[int] = set()
        if "weir:" not in source.text:
            return
        try:
            for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
                if token.type == tokenize.COMMENT:
                    self._read(token, source)
        except (tokenize.TokenError, SyntaxError):  # ast is content with a little more
            self.mistakes.append(f"{source.path}: its comments cannot be read")

    def _read(self, token: tokenize.TokenInfo, source: Source) -> None:
        comment = COMMENT.search(token.string)
        if comment is None:
            return
        line = token.start[0]
        named = NAMED.match(comment["rest"])
        rules = [rule.strip() for rule in named["rules"].split(",")] if named else []
        unknown = [rule for rule in rules if rule not in RULES]
        if named is None or unknown or not named["reason"].strip():
            wrong = f"there is no rule {unknown[0]!r}" if unknown else "it names no rule and reason"
            self.mistakes.append(
                f"{source.path}:{line}: this comment suppresses nothing: {wrong}. "
                "Write # weir: ignore[ddb-no-ttl] and why"
            )
            return
        self._by_line[line] = {rule: named["reason"].strip() for rule in rules}
        if not token.line[: token.start[1]].strip():
            self._alone.add(line)

    def reason(self, rule: str, first: int, last: int) -> str | None:
        lines = list(range(first, last + 1))
        above = first - 1
        while above in self._alone:
            lines.append(above)
            above -= 1
        for line in lines:
            reason = self._by_line.get(line, {}).get(rule)
            if reason is not None:
                return reason
        return None
