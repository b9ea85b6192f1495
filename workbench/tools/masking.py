"""Takes the texts of secrets out of what a call gives back: values, prints and errors."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from workbench.errors import ValueNotStorable
from workbench.ids import digest_bytes
from workbench.tools.inject import SecretValue
from workbench.values.stored import Stored

SHORTEST = 4
"""Characters below which a secret is not looked for: it would be found in any text."""


class Mask:
    """Replaces secrets by their names, in the forms in which they get into texts."""

    def __init__(self, secrets: Iterable[SecretValue]) -> None:
        """Look for these, the longest form first."""
        pairs = {
            form: repr(secret)
            for secret in secrets
            if len(secret.reveal()) >= SHORTEST
            for form in _forms(secret.reveal())
        }
        self._pairs = sorted(pairs.items(), key=lambda pair: -len(pair[0]))
        self.longest = max((len(form) for form in pairs), default=0)

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._pairs)

    def text(self, text: str) -> str:
        """Give a text without the secrets."""
        for form, name in self._pairs:
            if form in text:
                text = text.replace(form, name)
        return text

    def json(self, value: Any) -> Any:
        """Give a JSON value without the secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.json(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.json(item) for item in value]
        return value

    def held_back(self, text: str) -> int:
        """Give how many characters at the end may be the beginning of a secret."""
        for size in range(min(self.longest - 1, len(text)), 0, -1):
            if any(form.startswith(text[-size:]) for form, _ in self._pairs):
                return size
        return 0

    def refuse(self, stored: Stored, artifacts: Mapping[str, bytes]) -> None:
        """Refuse a value that would be of no use without the secret in it.

        Raises:
            ValueNotStorable: it holds one.
        """
        if self and self.stored(stored, artifacts) != (stored, dict(artifacts)):
            raise ValueNotStorable("It holds a secret.", "Leave the secret out of it.")

    def stored(
        self, stored: Stored, artifacts: Mapping[str, bytes]
    ) -> tuple[Stored, dict[str, bytes]]:
        """Give a stored value and its bytes without the secrets.

        Raises:
            ValueNotStorable: they stand in bytes that cannot be changed, as those of a table.
        """
        if stored.artifact is None:
            changes = {"value": self.json(stored.value), "summary": self.text(stored.summary)}
            return stored.model_copy(update=changes), dict(artifacts)
        artifact = stored.artifact
        content = artifacts.get(artifact.digest, b"")
        if any(form.encode() in content for form, _ in self._pairs):
            if "json" not in artifact.media and not artifact.media.startswith("text/"):
                raise ValueNotStorable(
                    f"The output holds a secret: {', '.join({n for _, n in self._pairs})}.",
                    "Let the tool leave it out of what it returns.",
                )
            for form, name in self._pairs:
                content = content.replace(form.encode(), name.encode())
            changed = {"digest": digest_bytes(content), "size": len(content)}
            artifact = artifact.model_copy(update=changed)
        summary = self.text(stored.summary)
        changes = {"artifact": artifact, "summary": summary}
        return stored.model_copy(update=changes), {artifact.digest: content} if content else {}


NOTHING = Mask(())
"""Of a call without secrets."""


def mask_of(values: Mapping[str, Any]) -> Mask:
    """Give the mask for a call with these arguments."""
    for value in values.values():
        if isinstance(value, SecretValue):
            return Mask(value for value in values.values() if isinstance(value, SecretValue))
    return NOTHING


def _forms(text: str) -> set[str]:
    """Give the forms of a secret: as it is, in JSON, in a URL, in base64."""
    coded = base64.b64encode(text.encode("utf-8", "replace")).decode().rstrip("=")
    escaped = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}
    return {text, coded, quote(text, safe=""), quote(text), *escaped}
