"""Every operation of EcoTaxa's, the loop among them, by a client that checks types of answers."""

import json
import sys
from pathlib import Path

address, email, password, folder, package = sys.argv[1:]
sys.path.insert(0, folder)
from generated import Client  # noqa: E402 - it stands beside

client = Client("generated_client", address)
ask, refused, wait = client.ask, client.refused, client.wait
told = {}

token = ask("login", {"username": email, "password": password})
client.configuration.access_token = token
me = ask("show_current_user")
told["me"] = me.email

# The installation, people, places.
for operation in ("used_constants", "system_status", "do_nothing", "query_ml_models"):
    ask(operation)
ask("get_migrated_ids", projects="1,2")
ask("db_direct_query", q="select 1")
refused(500, "system_error")
refused(503, "openid_login")
refused(503, "openid_logout")
refused(403, "openid_callback")
NEW = {"id": -1, "name": "Nobody Yet", "organisation": "Sea Lab (SEA)", "country": "France"}
bots = ["127.0.0.1", "proof"]
nobodys = f"nobody-{me.id}-{Path(folder).name}@lab.example"
ask("create_user", {**NEW, "email": nobodys, "password": "Copepods#1"}, no_bot=bots)
[nobody] = [user for user in ask("get_users", ids="") if user.email == nobodys]
ask("get_user", user_id=nobody.id)
ask("update_user", {**NEW, "id": nobody.id, "email": nobodys}, user_id=nobody.id)
ask("activate_user", {"reason": "left"}, user_id=nobody.id, status="blocked")
ask("search_user", by_name="%a%")
ask("get_users_admins")
ask("get_admin_users")
refused(403, "reset_user_password", {"email": nobodys})
ask("create_organization", {"id": -1, "name": f"Lab of {nobodys}", "directories": ""})
[place] = ask("search_organizations", name=f"Lab of {nobodys}")
ask("update_organization", {"id": place.id, "name": f"{place.name} (L)"}, organization_id=place.id)
ask("get_organizations", ids=str(place.id))
ask("create_guest", {**NEW, "email": f"guest-{nobodys}"})
[guest] = [g for g in ask("search_guest", by_name="%body%") if g.email == f"guest-{nobodys}"]
ask("update_guest", {**NEW, "email": guest.email}, guest_id=guest.id)
ask("get_guest", guest_id=guest.id)
ask("get_guests", ids=str(guest.id))

# A project, its files, its import with questions.
project = ask("create_project", {"title": "By a strict client", "instrument": "zooscan"})
other = ask("create_project", {"title": "Beside it", "clone_of_id": project, "access": "0"})
told["uploaded"] = ask("post_user_file", file=package)
ask("create_user_file", source_path="made")
ask("move_user_file", source_path="made", dest_path="moved")
ask("list_user_files", sub_path="moved")
ask("remove_user_file", source_path="moved")
ask("list_common_files", path="")
taxa = {}
for query in ("copepoda", "detritus"):
    for taxon in ask("search_taxa", query=query, project_id=project):
        taxa[taxon.text] = taxon.id
copepoda, detritus = taxa["Copepoda"], taxa["detritus"]
question = wait(ask("import_file", {"source_path": "tow.zip"}, project_id=project).job_id)
told["question"] = question.question["missing_taxa"]
reply = {"users": {"zoe nobody": me.id}, "taxa": {"copepode": copepoda, "grunge": detritus}}
ask("reply_job_question", reply, job_id=question.id)
done = wait(question.id)
told["log"] = bool(ask("get_job_log_file", job_id=done.id))
ask("restart_job", job_id=done.id)  # which does nothing to a job that is done
ask("list_jobs", for_admin=True, job_type="FileImport")
with Path(package).open("rb") as tow:
    ask("post_user_file", file=("images.zip", tow.read()))
values = {"imgdate": "20260101", "imgtime": "101010", "latitude": "43.1", "longitude": "7.2"}
body = {"source_path": "images.zip", "values": values}
ask("simple_import", body, project_id=other, dry_run=True)
wait(ask("simple_import", body, project_id=other, dry_run=False).job_id)

# Look.
FIELDS = (
    "obj.objid,obj.orig_id,obj.latitude,obj.objdate,obj.objtime,obj.classif_qual,obj.classif_when,"
    "obj.classif_auto_score,obj.imgcount,obj.random_value,fre.area,img.file_name,img.width,"
    "txo.display_name,txp.name,usr.name,sam.orig_id,acq.instrument"
)
FILTERS = [
    {"taxo": str(copepoda), "taxochild": "Y"},
    {"statusfilter": "NV"},
    {"MapN": "90", "MapS": "-90", "MapE": "180", "MapW": "-180"},
    {"freenum": "on01", "freenumst": "10", "freenumend": "30"},
    {"filt_last_annot": str(me.id)},
]
for filters in FILTERS:
    ask("get_object_set", filters, project_id=project, fields=FIELDS, order_field="-fre.area")
    ask("get_object_set_summary", filters, project_id=project, only_total=True)
window = {"window_start": 0, "window_size": 3, "order_field": "obj.orig_id", "fields": FIELDS}
told["window"] = len(ask("get_object_set", {}, project_id=project, **window).object_ids)
new = ask(
    "get_object_set", {"statusfilter": "U"}, project_id=project, order_field="obj.orig_id"
).object_ids
every = ask("get_object_set", {}, project_id=project, order_field="obj.orig_id").object_ids
ask("query_object_set_parents", every)

# Identify, guess, go back.
order = {"target_ids": new[:2], "classifications": [copepoda, detritus]}
told["classified"] = ask("classify_object_set", {**order, "wanted_qualification": "V"})
doubt = {"target_ids": new[:1], "classifications": [-1], "wanted_qualification": "D"}
ask("classify_object_set", doubt)
guess = {**order, "target_ids": new[2:4], "scores": [0.25, 1.0], "keep_log": True}
ask("classify_auto_object_set", guess)
several = {"classifications": [[copepoda, detritus]], "scores": [[0.6, 0.4]], "keep_log": True}
ask("classify_auto_mult_object_set", {"target_ids": new[4:5], **several})
told["guesses"] = len(ask("object_set_predictions", new).result)
for object_id in (*new, every[0]):
    ask("object_query", object_id=object_id)
    told["past"] = len(ask("object_query_history", object_id=new[0]))
ask("revert_object_set_to_history", {}, project_id=project, dry_run=True)
ask("revert_object_set_to_history", {"statusfilter": "D"}, project_id=project, dry_run=False)
ask("reset_object_set_to_predicted", {"taxo": str(detritus)}, project_id=project)
ask("revert_object_set_to_history", {"taxo": str(detritus)}, project_id=project, dry_run=False)
only = {"taxo": str(detritus)}
ask("reclassify_object_set", only, project_id=project, forced_id=copepoda, reason="W")
back = {"target_ids": every[:10:2], "classifications": [detritus] * 5}
ask("classify_object_set", {**back, "wanted_qualification": "V"})
ask("reclassif_project_stats", project_id=project)
ask("reclassif_stats", taxa_ids=f"{copepoda},{detritus}")

# Numbers of projects, samples and so on; their values changed.
both = f"{project},{other}"
ask("project_set_get_stats", ids=both, taxa_ids="all")
ask("project_set_get_user_stats", ids=both)
ask("project_set_get_column_stats", ids=str(project), names="fre.area,obj.depth_min")
ask("project_set_get_projects", ids=both, fields="*all")
ask("list_projects", for_managing=True)
ask("search_projects", title_filter="strict", fields="*summary,viewers")
read = ask("project_query", project_id=project)
ask("update_project", {**read.to_dict(), "comments": "warm"}, project_id=project)
[sample] = ask("samples_search", project_ids=str(project), id_pattern="*")
ask("sample_query", sample_id=sample.sampleid)
ask("sample_set_get_stats", sample_ids=str(sample.sampleid))
[acquisition] = ask("acquisitions_search", project_id=project)
ask("acquisition_query", acquisition_id=acquisition.acquisid)
ask("process_query", process_id=acquisition.acquisid)
for operation, target, column, value in (
    ("update_samples", sample.sampleid, "latitude", "43.5"),
    ("update_acquisitions", acquisition.acquisid, "instrument", "zooscan"),
    ("update_processes", acquisition.acquisid, "orig_id", "p2"),
    ("update_object_set", every[0], "area", "12.5"),
):
    updates = [{"ucol": column, "uval": value}]
    told[operation] = ask(operation, {"target_ids": [target], "updates": updates})
ask("instrument_query", project_ids="all")
for operation in ("project_check", "project_stats"):
    ask(operation, project_id=project)
for operation in ("project_recompute_geography", "project_recompute_sunpos"):
    ask(operation, project_id=project)
ask("set_project_predict_settings", project_id=project, settings="seltaxo=1")
ask("set_current_user_prefs", project_id=project, key="cwd", value="nets")
told["kept"] = ask("get_current_user_prefs", project_id=project, key="cwd")

# Taxa.
ask("query_root_taxa")
ask("query_taxa", taxon_id=copepoda)
ask("query_taxa_set", ids=f"{copepoda}+{detritus}")
ask("query_taxa_usage", taxon_id=copepoda)
ask("wormsification_taxa_set", ids=f"{copepoda},{detritus}")
ask("get_taxonomy_worms", taxaids=f"{copepoda},{detritus}")
ask("get_taxon_in_central", taxon_id=copepoda)
name = f"Strict{''.join(c for c in Path(folder).name if c.isalpha())}".capitalize()
made = {"name": name, "parent_id": copepoda, "taxotype": "P", "creator_email": email}
ask("add_taxon_in_central", **made)
for operation in ("push_taxa_stats_in_central", "pull_taxa_update_from_central"):
    ask(operation)
ask("taxa_tree_status")
refused(503, "search_worms_name", name="Copepoda")
refused(503, "add_worms_taxon", {"aphia_id": 1})
recast = {"from_to": {str(detritus): copepoda}, "doc": {str(detritus): "why"}}
export = client.package.RecastOperation.PROJECT_EXPORT
kept = {"target_id": project, "operation": export, "recast": recast}
ask("update_taxonomy_recast", kept)
ask("get_taxonomy_recast", target_id=project, operation=export)

# Collections.
title = f"Nets of {Path(folder).name}"
collection = ask("create_collection", {"title": title, "project_ids": [project]})
ask("get_collection", collection_id=collection)
changed = {"external_id": "?", "title": title, "short_title": title, "license": "CC BY 4.0"}
people = {"project_ids": [project], "display_order": {"creators": [], "associates": []}}
ask("update_collection", {**changed, **people}, collection_id=collection)
ask("patch_collection", {"abstract": "Nets."}, collection_id=collection)
ask("list_collections", collection_ids=str(collection))
ask("search_collections", title="%Nets%")
ask("collection_by_title", q=title)
ask("collection_by_short_title", q=title)
ask("project_collections", project_id=project)
ask("collection_aggregated_projects_properties", project_ids=both)
core = {"collection_id": collection, "dry_run": True, "with_computations": ["ABO"]}
ask("darwin_core_format_export", core)

# Predict, with deep features; look alike.
network = ask("query_ml_models")[0].name
ask("update_project", {**read.to_dict(), "cnn_network_id": network}, project_id=project)
request = {
    "project_id": project,
    "source_project_ids": [project],
    "features": ["fre.area"],
    "categories": [copepoda, detritus],
    "use_scn": True,
    "pre_mapping": {},
}
wait(ask("predict_object_set", {"filters": {}, "request": request}).job_id)
near = {"project_id": project, "object_id": every[0], "size": 3}
told["alike"] = len(ask("get_object_set_similarity_search", {}, **near).neighbor_ids)
told["counts"] = ask("get_object_set_summary", {}, project_id=project, only_total=False).to_dict()

# Take it out; copy, merge, delete.
jobs = []
for operation, wanted in (
    ("export_object_set", {"exp_type": "TSV", "tsv_entities": "OPAS"}),
    ("export_object_set_general", {"split_by": "sample", "with_images": "all"}),
    ("export_object_set_summary", {"quantity": "abundance", "summarise_by": "sample"}),
    ("export_object_set_backup", {}),
):
    wanted = {"filters": {}, "request": {"project_id": project, **wanted}}
    jobs.append(wait(ask(operation, wanted).job_id).id)
told["files"] = [client.file(job)[:2].decode(errors="replace") for job in jobs]
part = {"filters": {"taxo": str(copepoda)}, "dest_prj_id": other, "group_type": "S"}
empty = ask("create_project", {"title": "A part"})
part |= {"dest_prj_id": empty, "limit_type": "P", "limit_value": 50.0}
wait(ask("project_subset", part, project_id=project).job_id)
for dry_run in (True, False):
    ask("project_merge", project_id=project, source_project_id=other, dry_run=dry_run)
for job in jobs:
    ask("erase_job", job_id=job)
ask("erase_object_set", every[:1])
ask("erase_collection", collection_id=collection)
for each in (project, empty):
    ask("erase_project", project_id=each)
refused(404, "project_query", project_id=project)
told["called"] = sorted(client.called)
print(json.dumps(told))
