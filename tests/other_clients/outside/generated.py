"""A client that openapi-generator wrote, asked by the ids of operations.

Each answer is read by the client itself into its models, of pydantic's strict types: it raises
where a property is missing, null where it may not be, or of another type.
"""

import importlib
import inspect
import pkgutil
import time
import typing

RAW = "_without_preload_content"


class Client:
    """All operations of a generated package, whichever class they are in."""

    def __init__(self, package, address):
        self.package = importlib.import_module(package)
        self.configuration = self.package.Configuration(host=address)
        self.called = set()
        self.operations = {}
        client = self.package.ApiClient(self.configuration)
        apis = importlib.import_module(f"{package}.api")
        for found in pkgutil.iter_modules(apis.__path__):
            module = importlib.import_module(f"{apis.__name__}.{found.name}")
            for name, kind in vars(module).items():
                if name.endswith("Api"):
                    api = kind(client)
                    self.operations |= {n: getattr(api, n) for n in dir(api) if n[0] != "_"}

    def ask(self, operation, body=None, /, **given):
        """What an operation answers, as the client reads it."""
        self.called.add(operation)
        function = self.operations[operation]
        if body is not None:
            for name, parameter in inspect.signature(function).parameters.items():
                kind = model_in(parameter.annotation, self.package)
                if name[0] != "_" and name not in given and (kind or takes(parameter, body)):
                    given[name] = written(kind, body) if kind else body
                    break
        return function(**given)

    def refused(self, status, operation, body=None, /, **given):
        """Ask what is refused; the client tells the status as an exception of its own."""
        said = 200
        try:
            self.ask(operation, body, **given)
        except self.package.ApiException as refusal:
            said = refusal.status
        assert said == status, (operation, said)

    def wait(self, job_id):
        """A job that ended, or asks."""
        while True:
            job = self.ask("get_job", job_id=job_id)
            state = getattr(job.state, "value", job.state)
            assert state != "E", job.errors
            if state in ("F", "A"):
                return job
            time.sleep(0.3)

    def file(self, job_id):
        """The file of a job as it comes, which a client of EcoTaxa's document cannot decode."""
        self.called.add("get_job_file")
        answer = self.operations["get_job_file" + RAW](job_id=job_id)
        return answer.read()


def model_in(annotation, package):
    """The model that a parameter takes, perhaps among others."""
    if isinstance(annotation, str):
        annotation = eval(annotation, {**vars(package), **vars(typing)})  # noqa: S307 - of the client
    for kind in (annotation, *typing.get_args(annotation)):
        if hasattr(kind, "from_dict"):
            return kind
    return None


def written(kind, body):
    """A body as a model of the client, which sends what was given and no more."""
    found = kind.from_dict(body)
    found.model_fields_set.intersection_update(body)
    return found


def takes(parameter, body):
    """Whether a parameter without a model is the body: a list of ids, or any object."""
    return str(type(body).__name__) in str(parameter.annotation).lower()
