"""The description of the interface, with the names that clients made from EcoTaxa's know."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

Document = dict[str, Any]
SCHEMAS = "#/components/schemas/"


def renamed(document: Document, names: Mapping[str, str]) -> Document:
    """A copy of a description with other names for some schemas, wherever they are pointed to."""
    text = json.dumps(document)
    for ours, wanted in names.items():
        text = text.replace(f'"{SCHEMAS}{ours}"', f'"{SCHEMAS}{wanted}"')
    found = cast(Document, json.loads(text))
    schemas: Document = found["components"]["schemas"]
    found["components"]["schemas"] = {
        names.get(name, name): {**schema, "title": names.get(name, schema.get("title", name))}
        for name, schema in schemas.items()
    }
    return found


def with_named_bodies(document: Document) -> Document:
    """The description with each body of several parts under EcoTaxa's name for it.

    That name tells the operation, its address and its method.
    """
    document = renamed(document, {})
    schemas: Document = document["components"]["schemas"]
    names: dict[str, str] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema: Document = content["schema"]
                name = schema.get("title") or schema.get("$ref", "").removeprefix(SCHEMAS)
                if not name.startswith("Body_"):
                    continue
                wanted = f"{operation['operationId']}{path}_{method}"
                if "$ref" in schema:
                    names[name] = "Body_" + re.sub(r"\W", "_", wanted)
                else:  # written out where it is asked for
                    schemas[name] = schema
                    content["schema"] = {"$ref": SCHEMAS + name}
    return renamed(document, names)
