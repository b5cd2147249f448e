"""Requests made from the OpenAPI document: what there is to ask, and bodies that are as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

#: Texts in the order in which they are tried where the document wants a text of some shape.
_TEXTS = ("BTCUSDT", "ema_rsi_atr", "correct horse battery", "@somebody", "1", "123456", "a" * 40)
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path.

    Attributes:
        parameters: schemas by (where they stand, name).
        body: schema of its JSON body; None where it takes none.
    """

    method: str
    path: str
    parameters: Mapping[tuple[str, str], Mapping[str, Any]]
    body: Mapping[str, Any] | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def names(self, place: str) -> list[str]:
        """Its parameters in the path, the query or the headers."""
        return [name for where, name in self.parameters if where == place]


class Document:
    """An OpenAPI document, read as a client would.

    Args:
        texts: what stands for a property of that name, where its meaning is not in the schema.
    """

    def __init__(self, document: Mapping[str, Any], texts: Mapping[str, Any]) -> None:
        self._document = document
        self._texts = texts

    def operations(self) -> Iterator[Operation]:
        """Everything there is to ask."""
        for path, item in self._document["paths"].items():
            for method in _METHODS & item.keys():
                operation = item[method]
                parameters = {
                    (each["in"], each["name"]): self.resolve(each["schema"]) for each in operation.get("parameters", ())
                }
                content = operation.get("requestBody", {}).get("content", {})
                body = content.get("application/json")
                yield Operation(method.upper(), path, parameters, self.resolve(body["schema"]) if body else None)

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that a reference or a choice stands for: the first alternative that is not nothing."""
        if "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return self.resolve(found)
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self.resolve(next(each for each in schema[choice] if each.get("type") != "null"))
        return schema

    def bodies(self, operation: Operation) -> list[Any]:
        """The least and the most that its body may hold; one nothing where it takes none."""
        if operation.body is None:
            return [None]
        return [self.value(operation.body, full=full) for full in (False, True)]

    def ids_in_body(self, operation: Operation) -> list[str]:
        """The properties of its body that are ids."""
        if operation.body is None:
            return []
        properties = operation.body.get("properties", {})
        return [name for name, schema in properties.items() if self.resolve(schema).get("format") == "uuid"]

    def value(self, schema: Mapping[str, Any], *, full: bool, name: str = "") -> Any:
        """A value as `schema` wants it.

        Args:
            full: with every property, not only with those that must be.
        """
        schema = self.resolve(schema)
        if name in self._texts:
            return self._texts[name]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if "examples" in schema:
            return schema["examples"][0]
        match schema.get("type"):
            case "object":
                wanted = schema.get("properties", {}) if full else schema.get("required", ())
                return {each: self.value(schema["properties"][each], full=full, name=each) for each in wanted}
            case "array":
                return [self.value(schema["items"], full=full)] * max(schema.get("minItems", 0), int(full))
            case "integer" | "number":
                return schema.get("default", schema.get("minimum", 1))
            case "boolean":
                return False
        return _text(schema)


def _text(schema: Mapping[str, Any]) -> str:
    match schema.get("format"):
        case "uuid":
            return str(uuid4())
        case "email":
            return f"{uuid4().hex}@tests.example"
        case "date-time":
            return "2030-01-01T00:00:00Z"
    for text in _TEXTS:
        if schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", 100) and re.search(
            schema.get("pattern", ""), text
        ):
            return text
    raise AssertionError(f"no text of ours is as the document wants it, add one: {schema}")
