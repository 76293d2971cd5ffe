"""What schemathesis is told about the world that it fuzzes; it runs in the tools' environment.

The interface is described once more before it is fuzzed: wherever it asks for a project, an object
or a path by name, those that exist are offered beside what schemathesis makes up, since an id that
is drawn at random only ever tests how "there is no such thing" is said.
"""

import json
import os
import re
import urllib.parse
import urllib.request

import schemathesis

KNOWN = json.loads(os.environ["CALANUS_FUZZ_KNOWN"])
ROLE = os.environ["CALANUS_FUZZ_ROLE"]
MEANT = os.environ["CALANUS_FUZZ_MODE"] == "positive"  # all is meant well
KEEPER = os.environ["CALANUS_FUZZ_KEEPER"]
TALLY = os.environ["CALANUS_FUZZ_TALLY"]
MEND_EVERY = 150  # calls
ODD = (0, 2**63)  # numbers that ids are not
TYPES = {"integer": int, "number": int, "string": str, "object": dict}
REFERENCE = re.compile(r'"#/components/schemas/([\w.-]+)"')
CLOCK = r"\d\d:\d\d:\d\d(\.\d+)?"
ZONELESS = {"date-time": rf"^\d{{4}}-\d\d-\d\dT{CLOCK}(Z|\+00:00)?$", "time": rf"^{CLOCK}$"}

token = ""
calls = 0


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Offer what exists; leave out streams, which never end by themselves."""
    for path, operations in list(raw_schema["paths"].items()):
        for method, operation in list(operations.items()):
            if "text/event-stream" in operation["responses"]["200"].get("content", {}):
                del operations[method]
                continue
            for parameter in operation.get("parameters", []):
                own = f"{operation['operationId']}.{parameter['name']}"
                name = own if own in KNOWN else parameter["name"]
                offer(name, parameter, "schema", alone=True)
            body(operation)
        if not operations:
            del raw_schema["paths"][path]
    models = raw_schema["components"]["schemas"]
    answered = answered_models(raw_schema)
    for model_name, model in models.items():
        without_zones(model)
        for name in model.get("properties", {}):
            offer(name, model["properties"], name, alone=model_name not in answered)


def body(operation):
    """A body that is known as a whole, or a bare list of ids."""
    whole = KNOWN.get(f"{operation['operationId']}.body")
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if whole and MEANT:
            content["schema"] = {"enum": whole}
        elif content["schema"].get("type") == "array":
            offer("object_ids", content, "schema", alone=True)


def answered_models(raw_schema):
    """The models that come in answers, which must stay as wide as they are."""
    found, models = set(), raw_schema["components"]["schemas"]
    wanted = [
        operation["responses"]
        for operations in raw_schema["paths"].values()
        for operation in operations.values()
    ]
    while wanted:
        named = set(REFERENCE.findall(json.dumps(wanted.pop()))) - found
        found |= named
        wanted += [models[name] for name in named]
    return found


def without_zones(schema):
    """Times are EcoTaxa's, in UTC without saying so, which RFC 3339 would have them do."""
    if isinstance(schema, list):
        for each in schema:
            without_zones(each)
    elif isinstance(schema, dict):
        if str(schema.get("format")) in ZONELESS:
            schema["pattern"] = ZONELESS[schema.pop("format")]
        for each in schema.values():
            without_zones(each)


def offer(name, holder, key, *, alone, odd=ODD):
    """Have a name ask for what is there: an id always, with ids that nothing has; a text only where
    all is meant well, so that texts of all kinds are tried, too."""
    schema = holder.get(key)
    if not isinstance(schema, dict):
        return  # an array of anything, or of told places
    for choice in schema.get("anyOf", []):
        if choice.get("type") == "array":
            offer(name, choice, "items", alone=alone, odd=())
    if schema.get("type") == "array":
        offer(name, schema, "items", alone=alone, odd=())
        return
    types = {schema.get("type")} | {choice.get("type") for choice in schema.get("anyOf", [])}
    values = [value for value in KNOWN.get(name, []) if type(value) in allowed(types)]
    if not values and "string" in types:
        values = [str(value) for value in KNOWN.get(name, [])]
    if not values:
        return
    if not alone or ("integer" not in types and not MEANT):
        return
    odd = odd if "integer" in types else ()
    nothing = [None] if schema.get("nullable") else []
    kept = {said: schema[said] for said in ("default",) if said in schema}
    holder[key] = {"enum": [*values, *odd, *nothing], **kept}


def allowed(types):
    """The types of Python that go with those of JSON."""
    return {TYPES[type_] for type_ in types & set(TYPES)}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sign in; now and then have the world mended, and sign in anew; go nowhere else."""
    global calls
    kwargs["allow_redirects"] = False
    calls += 1
    if calls % MEND_EVERY == 1:
        renew()
    if token:
        case.headers["Authorization"] = f"Bearer {token}"


def renew():
    """A world as it was, and a fresh token."""
    global token
    with urllib.request.urlopen(f"{KEEPER}/{urllib.parse.quote(ROLE)}") as answer:
        token = json.load(answer)


@schemathesis.hook
def after_call(context, case, response):
    """Count; and mend at once what makes every further call say the same."""
    operation = case.operation.definition.raw.get("operationId")
    with open(TALLY, "a") as tally:
        tally.write(f"{ROLE}\t{operation}\t{response.status_code}\n")
    if response.status_code == 401 and token:
        renew()
