"""The JSON Schema of `config.yaml`, for editors: the whole contract, also what is not available yet."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from crawler.config.shape import RootKeys


def json_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    made = RootKeys.model_json_schema(schema_generator=_WithoutNull)
    title = {"title": "crawler configuration", "description": "config.yaml of the crawler"}
    return {"$schema": GenerateJsonSchema.schema_dialect, **made, **title}


class _WithoutNull(GenerateJsonSchema):
    """A key without a default is absent when it is not written; it cannot be written as null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)
