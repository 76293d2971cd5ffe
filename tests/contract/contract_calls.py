"""Each operation of EcoTaxa's as its clients call it; what takes away comes last."""

from typing import Any

from contract_world import Cruise
from facts import ecotaxas
from given import PASSWORD

NOBODY: dict[str, Any] = {
    "email": "nobody@lab.example",
    "name": "Nobody Yet",
    "organisation": "Sea Lab (SEA)",
    "country": "France",
    "orcid": "0000-0002-1825-0097",
}
# A query, and a body.
CALLS: dict[str, tuple[str, Any]] = {
    "POST /login": ("", {"username": "{email}", "password": PASSWORD}),
    "GET /users/me": ("", None),
    "POST /users/reset_user_password": ("", {"email": "{email}"}),
    "GET /users": ("?ids={user_id}&fields=*default", None),
    "GET /users/search": ("?by_name=%25a%25", None),
    "GET /users/admins": ("", None),
    "GET /users/user_admins": ("", None),
    "GET /users/{user_id}": ("", None),
    "PUT /users/{user_id}": ("", {"id": "{user_id}", "email": "{email}", "name": "Ada the Head"}),
    "PUT /users/my_preferences/{project_id}": ("?key=cwd&value=nets", None),
    "GET /users/my_preferences/{project_id}": ("?key=cwd", None),
    "POST /users/create": (
        "?no_bot=127.0.0.1&no_bot=proof",
        {**NOBODY, "id": -1, "password": "Copepods#1"},
    ),
    "POST /users/activate/{user_id}/{status}": ("", {"token": None, "reason": "known here"}),
    "GET /organizations/search": ("?name=%25Sea%25", None),
    "GET /organizations": ("?ids={organization_id}", None),
    "POST /organizations/create": ("", {"id": -1, "name": "Deep Lab", "directories": ""}),
    "PUT /organizations/{organization_id}": ("", {"id": 1, "name": "Sea Laboratory (SEA)"}),
    "POST /guests/create": ("", {**NOBODY, "id": -1, "email": "guest@lab.example"}),
    "GET /guests": ("?ids={guest_id}&fields=*default", None),
    "GET /guests/search": ("?by_name=%25gil%25", None),
    "GET /guests/{guest_id}": ("", None),
    "PUT /guests/{guest_id}": ("", {**NOBODY, "id": -1, "email": "gil@sea.example"}),
    "GET /projects": ("?project_ids={project_id}", None),
    "GET /projects/search": ("?title_filter=tara&for_managing=true&fields=*summary,viewers", None),
    "POST /projects/create": ("", {"title": "Another leg", "instrument": "uvp5", "access": "0"}),
    "GET /projects/{project_id}": ("?for_managing=true", None),
    "PUT /projects/{project_id}": ("", {"title": "Tara leg 3", "comments": "warm"}),
    "GET /projects/{project_id}/collections": ("", None),
    "GET /project_set/taxo_stats": ("?ids={project_id},{other_id}&taxa_ids=all", None),
    "GET /project_set/column_stats": ("?ids={project_id}&names=fre.area,obj.depth_min", None),
    "GET /project_set/projects": ("?ids={project_id}&fields=*default", None),
    "GET /project_set/user_stats": ("?ids={project_id}", None),
    "GET /projects/{project_id}/stats": ("", None),
    "GET /projects/{project_id}/check": ("", None),
    "POST /projects/{project_id}/recompute_geo": ("", None),
    "POST /projects/{project_id}/recompute_sunpos": ("", None),
    "PUT /projects/{project_id}/prediction_settings": ("?settings=seltaxo=10,20", None),
    "GET /samples/search": ("?project_ids={project_id}&id_pattern=*station*", None),
    "GET /sample_set/taxo_stats": ("?sample_ids={sample_id}", None),
    "GET /sample/{sample_id}": ("", None),
    "GET /acquisitions/search": ("?project_id={project_id}", None),
    "GET /acquisition/{acquisition_id}": ("", None),
    "GET /process/{process_id}": ("", None),
    "GET /instruments/": ("?project_ids=all", None),
    "POST /sample_set/update": (
        "",
        {"target_ids": ["{sample_id}"], "updates": [{"ucol": "ship", "uval": "Sedna"}]},
    ),
    "POST /acquisition_set/update": (
        "",
        {"target_ids": ["{acquisition_id}"], "updates": [{"ucol": "mesh", "uval": "330"}]},
    ),
    "POST /process_set/update": (
        "",
        {"target_ids": ["{process_id}"], "updates": [{"ucol": "pixel", "uval": "9"}]},
    ),
    "POST /object_set/update": (
        "",
        {"target_ids": ["{object_id}"], "updates": [{"ucol": "area", "uval": 12.5}]},
    ),
    "POST /object_set/{project_id}/query": (
        "?fields=obj.orig_id,fre.area,img.file_name,txo.display_name,txp.name,usr.name,sam.orig_id"
        "&order_field=-obj.objdate&window_start=0&window_size=10000",
        {"statusfilter": "", "zoom": 100, "ipp": 200},
    ),
    "POST /object_set/{project_id}/summary": ("?only_total=false", {"taxo": "{taxon_id}"}),
    "POST /object_set/parents": ("", ["{object_id}", "{new_id}"]),
    "POST /object_set/classify": (
        "",
        {"target_ids": ["{new_id}"], "classifications": [10], "wanted_qualification": "V"},
    ),
    "POST /object_set/classify_auto": (
        "",
        {
            "target_ids": ["{predicted_id}"],
            "classifications": [20],
            "scores": [0.5],
            "keep_log": True,
        },
    ),
    "POST /object_set/classify_auto_multiple": (
        "",
        {
            "target_ids": ["{predicted_id}"],
            "classifications": [[20, 10]],
            "scores": [[0.6, 0.4]],
            "keep_log": True,
        },
    ),
    "POST /object_set/predictions": ("", ["{predicted_id}"]),
    "GET /object/{object_id}": ("", None),
    "POST /object_set/{project_id}/reclassify": ("?forced_id=11&reason=W", {"taxo": "{taxon_id}"}),
    "POST /object_set/{project_id}/reset_to_predicted": ("", {"taxo": "{calanoida}"}),
    "GET /object/{object_id}/history": ("", None),
    "POST /object_set/{project_id}/revert_to_history": ("?dry_run=true", {}),
    "POST /object_set/{project_id}/similarity_search/{object_id}": ("?size=0", {"filters": {}}),
    "POST /object_set/predict": (
        "",
        {
            "filters": {},
            "request": {
                "project_id": "{project_id}",
                "source_project_ids": ["{project_id}"],
                "features": ["fre.area"],
                "categories": [],
                "pre_mapping": {},
            },
        },
    ),
    "POST /object_set/export": (
        "",
        {"filters": {}, "request": {"project_id": "{project_id}", "exp_type": "TSV"}},
    ),
    "POST /object_set/export/general": (
        "",
        {
            "filters": {"taxo": "{taxon_id}"},
            "request": {"project_id": "{project_id}", "split_by": "sample"},
        },
    ),
    "POST /object_set/export/summary": (
        "",
        {"filters": {}, "request": {"project_id": "{project_id}", "quantity": "abundance"}},
    ),
    "POST /object_set/export/backup": (
        "",
        {"filters": {}, "request": {"project_id": "{project_id}"}},
    ),
    "POST /file_import/{project_id}": ("", {"source_path": "nets.zip", "taxo_mappings": {}}),
    "POST /simple_import/{project_id}": ("?dry_run=true", {"source_path": "nets", "values": {}}),
    "POST /projects/{project_id}/subset": (
        "",
        {
            "filters": {},
            "dest_prj_id": "{other_id}",
            "group_type": "S",
            "limit_type": "P",
            "limit_value": 50,
        },
    ),
    "POST /projects/{project_id}/merge": ("?source_project_id={other_id}&dry_run=true", None),
    "GET /taxa": ("", None),
    "GET /taxa/status": ("", None),
    "GET /taxa/reclassification_stats": ("?taxa_ids={taxon_id}", None),
    "GET /taxa/reclassification_history/{project_id}": ("", None),
    "GET /taxa/pull_from_central": ("", None),
    "GET /taxa/stats/push_to_central": ("", None),
    "GET /taxon/central/{taxon_id}": ("", None),
    "PUT /taxon/central": (
        "?name=Euphausiacea&parent_id=1&taxotype=P&creator_email=ada@lab.example",
        None,
    ),
    "GET /searchworms/{name}": ("", None),
    "POST /addworms/": ("", {"aphia_id": 1080}),
    "GET /taxon/{taxon_id}/usage": ("", None),
    "GET /taxon/{taxon_id}": ("", None),
    "GET /taxon_set/search": ("?query=cope&project_id={project_id}", None),
    "GET /taxon_set/query": ("?ids={taxon_id}+{calanoida}", None),
    "GET /taxon_set/wormsification": ("?ids={taxon_id}", None),
    "GET /taxo_worms": ("?taxaids={taxon_id}", None),
    "PUT /taxo_recast": (
        "",
        {
            "target_id": "{project_id}",
            "operation": "project_export",
            "recast": {"from_to": {"11": 10}, "doc": {"11": "too young"}},
        },
    ),
    "GET /taxo_recast": ("?target_id={project_id}&operation=project_export", None),
    "POST /collections/create": ("", {"title": "Nets of Bongo", "project_ids": ["{other_id}"]}),
    "GET /collections": ("?collection_ids={collection_id}&fields=*default", None),
    "GET /collections/search": ("?title=%25Tara%25", None),
    "GET /collections/aggregated_projects_properties": ("?project_ids={project_id}", None),
    "GET /collections/{collection_id}": ("", None),
    "PUT /collections/{collection_id}": (
        "",
        {
            "external_id": "?",
            "title": "Copepods of Tara",
            "short_title": "cop",
            "license": "CC BY 4.0",
            "contact_user": "{user_id}",
            "creator_users": ["{user_id}"],
            "associate_organisations": ["Sea Laboratory (SEA)"],
            "display_order": {"creators": [], "associates": []},
        },
    ),
    "PATCH /collections/{collection_id}": ("", {"abstract": "Nets, bottles and light."}),
    "GET /collections/by_title": ("?q=Copepods of Tara", None),
    "GET /collections/by_short_title": ("?q=cop", None),
    "POST /collections/export/darwin_core": (
        "",
        {"collection_id": "{collection_id}", "dry_run": True, "with_computations": ["ABO"]},
    ),
    "GET /ml_models": ("", None),
    "GET /status": ("", None),
    "GET /error": ("", None),
    "GET /noop": ("", None),
    "GET /constants": ("", None),
    "GET /migrated_ids": ("", None),
    "GET /admin/db/query": ("?q=select 1", None),
    "GET /openid/login": ("", None),
    "GET /openid/callback": ("", None),
    "GET /openid/logout": ("", None),
    "GET /common_files/": ("?path=", None),
    "GET /user_files/{sub_path}": ("", None),
    "POST /user_files/": ("", {"file": ("late.zip", b"PK\x05\x06" + bytes(18))}),
    "POST /user_files/mv/": ("", {"source_path": "moved.zip", "dest_path": "nets2.zip"}),
    "POST /user_files/create/": ("", {"source_path": "leg 3"}),
    "POST /user_files/rm/": ("", {"source_path": "old.zip"}),
    "GET /jobs/": ("?for_admin=false&job_type=FileImport&job_status=F", None),
    "GET /jobs/{job_id}/": ("", None),
    "POST /jobs/{job_id}/answer": ("", {"taxa": {}}),
    "GET /jobs/{job_id}/restart": ("", None),
    "GET /jobs/{job_id}/log": ("", None),
    "GET /jobs/{job_id}/file": ("", None),
    "DELETE /collections/{collection_id}": ("", None),
    "DELETE /jobs/{job_id}": ("", None),
    "DELETE /object_set/": ("", ["{dubious_id}"]),
    "DELETE /projects/{project_id}": ("?only_objects=true", None),
}
# Calls whose good answer holds nothing.
NOTHING = {
    "GET /common_files/",  # this installation shares no folder
    "GET /projects/{project_id}/check",  # nothing is wrong
    "GET /taxon/{taxon_id}/usage",  # calls before this one have taken the taxon away
    "POST /projects/{project_id}/recompute_geo",
    "POST /projects/{project_id}/recompute_sunpos",
}
# Calls that an installation as it comes refuses, or that are there to fail.
REFUSED = {
    "GET /error": 500,
    "GET /openid/callback": 403,  # nobody began to sign in
    "GET /openid/login": 503,  # no provider is configured
    "GET /openid/logout": 503,
    "POST /addworms/": 422,  # there is a taxon of this AphiaID
    "GET /searchworms/{name}": 503,  # no register is configured
    "POST /users/reset_user_password": 403,  # one is signed in
}


def asked(cruise: Cruise, name: str, **sent: Any) -> Any:
    """The answer to an operation, asked in the form that it takes."""
    query, body = CALLS[name]
    form = set(ecotaxas()["operations"][name]["request"])
    if form == {"multipart/form-data"}:
        return cruise.ask(name + query, files=body, **sent)
    if form == {"application/x-www-form-urlencoded"}:
        return cruise.ask(name + query, data=body, **sent)
    return cruise.ask(name + query, body, **sent)
