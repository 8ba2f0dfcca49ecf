"""feeds.yaml as a JSON Schema, for editors: made from the models that check it.

It says less than they know (bounds of spans, what must not be there twice, files that must be there), and
never calls wrong what they let pass.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from aggregator.config.shape import PLACES, RESERVED, SLUG, SPAN, TOKEN, model_of, spell_span
from aggregator.settings import Rule, Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


class _Generator(GenerateJsonSchema):
    schema_dialect = DIALECT

    def timedelta_schema(self, schema: Any) -> Schema:  # noqa: ARG002
        return {"type": "string", **_form(SPAN.pattern)}

    def default_schema(self, schema: Any) -> Schema:
        """Say no default that is nothing: editors would fill it in."""
        nothing = "default" not in schema or schema["default"] in ("", (), None)
        return self.generate_inner(schema["schema"]) if nothing else super().default_schema(schema)

    def encode_default(self, dft: Any) -> Any:
        return spell_span(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 -- the key says it already
        return False


def schema_text() -> str:
    """Return the schema of feeds.yaml as it is shipped."""
    return json.dumps(_schema(), ensure_ascii=False, indent=2) + "\n"


def _schema() -> Schema:
    made = model_of(Settings).model_json_schema(schema_generator=_Generator)
    parts: dict[str, Schema] = made["$defs"]
    for name, said in _OF_PARTS.items():
        parts[name] |= said
    for (name, key), said in (*_OF_KEYS.items(), *_SHORT_FORMS.items()):
        parts[name]["properties"][key] |= said
    made["properties"]["sources"]["items"] = {"anyOf": [_ADDRESS, {"$ref": "#/$defs/Source"}]}
    return {
        "$schema": DIALECT,
        **made,
        "title": "feeds.yaml",
        "description": "What is read, and how it is published.",
    }


# ---------------------------------------------------------------- what checks say, as JSON Schema says it


def _form(pattern: str, *, other_than: Iterable[str] = ()) -> Schema:
    barred = f"(?!(?:{'|'.join(sorted(other_than))})$)" if other_than else ""
    return {"pattern": f"^{barred}(?:{pattern})$"}


def _given(key: str) -> Schema:
    return {"required": [key], "properties": {key: {"minLength": 1, "minItems": 1}}}


_URL = r"[Hh][Tt][Tt][Pp][Ss]?://(?![^/?#:]+(?::[^/?#]*)?@)\S+"  # without a user's name and password
_ADDRESS: Schema = {"type": "string", **_form(_URL)}
_ONE_OR_MORE: Schema = {"type": ["array", "string"]}
_RULES: Schema = {"items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Rule"}]}}
_TAGS: Schema = {"items": {"type": "string", **_form(r"[\s\S]*\S[\s\S]*")}}

_SCHEDULER = r"(?:tls://\S+|tcp://(?:localhost|127(?:\.\d+){3}|\[[\da-fA-F:]+\])):\d{1,5}"

_OF_KEYS: Mapping[tuple[str, str], Schema] = {
    ("Cluster", "scheduler"): _form(_SCHEDULER),
    ("Site", "url"): _form(f"(?:{_URL})?"),
    ("Site", "language"): _form("[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"),
    ("Source", "url"): _form(f"(?:{_URL})?"),
    ("Source", "opml"): _form(f"(?:{_URL})?"),
    ("Source", "id"): _form(f"(?:{SLUG.pattern})?"),
    ("Source", "tags"): _TAGS,
    ("Source", "title"): _form(r"(?:[\s\S]*\{title\}[\s\S]*)?"),
    ("Publish", "hubs"): {"items": _ADDRESS},
    ("Output", "name"): _form(SLUG.pattern, other_than=RESERVED),
    ("Output", "tags"): _TAGS,
    ("Output", "token"): _form(f"(?:{TOKEN.pattern})?"),
}
_SHORT_FORMS: Mapping[tuple[str, str], Schema] = {
    ("Source", "title_cut"): _ONE_OR_MORE,
    ("Rules", "include"): _RULES,
    ("Rules", "exclude"): _RULES,
    **{("Rule", field.name): _ONE_OR_MORE for field in fields(Rule)},
}
_OF_PARTS: Mapping[str, Schema] = {
    "Source": {"oneOf": [_given(place) for place in PLACES]},
    "Rule": {"anyOf": [_given(field.name) for field in fields(Rule)]},
    "Override": {"anyOf": [_given("ids"), _given("source"), _given("title")]},
    "Output": {"required": ["name"]},
}
