"""The whole loop, by a client that openapi-python-client wrote from our own document."""

import importlib
import json
import sys
import time
from pathlib import Path

address, username, password, generated, package = sys.argv[1:]
sys.path.insert(0, str(Path(generated).parent))
NAME = Path(generated).name
client = importlib.import_module(f"{NAME}.client")
types = importlib.import_module(f"{NAME}.types")
models = importlib.import_module(f"{NAME}.models")

told = {}


def call(operation, *words, **more):
    """One operation; its answer, of the type that the document promises."""
    tag, _, name = operation.partition("/")
    module = importlib.import_module(f"{NAME}.api.{tag}.{name}")
    answer = module.sync_detailed(*words, **more)
    assert answer.status_code == 200, (operation, answer.status_code, answer.content)
    return answer.parsed


def wait(job_id):
    """A job that ended, or asks."""
    while True:
        job = call("jobs/get_job", job_id, client=me)
        assert job.state != "E", job.errors
        if job.state in ("F", "A"):
            return job
        time.sleep(0.3)


nobody = client.Client(address)
order = models.LoginReq(username=username, password=password)
me = client.AuthenticatedClient(
    address, token=call("authentification/login", client=nobody, body=order)
)
told["me"] = call("users/show_current_user", client=me).email

order = models.CreateProjectReq(title="Made by a generated client", instrument="zooscan")
project_id = call("projects/create_project", client=me, body=order)
[copepoda] = [
    t
    for t in call("taxonomy_tree/search_taxa", client=me, query="copepoda")
    if t.text == "Copepoda"
]
[detritus] = [
    t
    for t in call("taxonomy_tree/search_taxa", client=me, query="detritus")
    if t.text == "detritus"
]

with open(package, "rb") as file:
    upload = types.File(payload=file, file_name="tow.zip", mime_type="application/zip")
    body = models.BodyPutUserFileUserFilesPost(file=upload)
    path = call("my_files/post_user_file", client=me, body=body)
told["uploaded"] = path

order = models.ImportReq(source_path=path)
asked = wait(call("projects/import_file", project_id, client=me, body=order).job_id)
told["question"] = asked.question.to_dict()
reply = {"users": {"zoe nobody": 1}, "taxa": {"copepode": copepoda.id, "grunge": detritus.id}}
body = models.ReplyJobQuestionReply.from_dict(reply)
call("jobs/reply_job_question", asked.id, client=me, body=body)
told["imported"] = str(getattr(state := wait(asked.id).state, "value", state))

found = call(
    "objects/get_object_set",
    project_id,
    client=me,
    body=models.ProjectFilters(statusfilter="U"),
    fields="obj.orig_id,fre.area",
    order_field="obj.orig_id",
)
told["unidentified"] = [row[0] for row in found.details]

order = models.ClassifyReq(
    target_ids=found.object_ids[:1], classifications=[copepoda.id], wanted_qualification="V"
)
told["classified"] = call("objects/classify_object_set", client=me, body=order)
one = call("object_/object_query", found.object_ids[0], client=me)
told["is now"] = [one.classif_id == copepoda.id, one.classif_qual, one.free_columns["area"]]

request = models.PredictionReq(
    project_id=project_id,
    source_project_ids=[project_id],
    features=["fre.area"],
    categories=[copepoda.id, detritus.id],
    pre_mapping=models.PredictionReqPreMapping(),
)
body = models.BodyPredictObjectSetObjectSetPredictPost(
    filters=models.ProjectFilters(), request=request
)
wait(call("objects/predict_object_set", client=me, body=body).job_id)
guesses = call("objects/object_set_predictions", client=me, body=found.object_ids)
told["guessed"] = len({int(row[0]) for row in guesses.result})
told["counts"] = call(
    "objects/get_object_set_summary",
    project_id,
    client=me,
    body=models.ProjectFilters(),
    only_total=False,
).to_dict()

body = models.BodyExportObjectSetGeneralObjectSetExportGeneralPost(
    filters=models.ProjectFilters(),
    request=models.GeneralExportReq(
        project_id=project_id, with_images=models.ExportImagesOptionsEnum.ALL
    ),
)
export_id = wait(call("objects/export_object_set_general", client=me, body=body).job_id).id
told["exported"] = call("jobs/get_job_file", export_id, client=me).payload.read(2).decode()

call("jobs/erase_job", export_id, client=me)
left = call("my_files/list_user_files", "", client=me).entries
told["left"] = [
    entry.name for entry in left if not entry.name.startswith("trash")
]  # an upload goes when it was imported
told["deleted"] = call("projects/erase_project", project_id, client=me)
gone = importlib.import_module(f"{NAME}.api.projects.project_query").sync_detailed(
    project_id, client=me
)
told["gone"] = [int(gone.status_code), gone.parsed.detail]
print(json.dumps(told))
