"""pyecotaxa as its documentation tells: sign in, pull, read, write. Only the address is ours."""

import json
import sys
import zipfile
from pathlib import Path

import requests
from pyecotaxa.archive import read_tsv, write_tsv
from pyecotaxa.remote import Remote

address, username, password, project_id, folder = sys.argv[1:]

remote = Remote(api_endpoint=address)
remote.login(username, password)
[path] = remote.pull([int(project_id)], target_directory=folder)
assert path, "nothing was pulled"
with zipfile.ZipFile(path) as archive:
    [table] = [name for name in archive.namelist() if name.endswith(".tsv")]
    objects = read_tsv(archive.open(table))

# Its own way of writing, for its own package to be imported again.
package = Path(folder) / "again"
with zipfile.ZipFile(path) as archive:
    archive.extractall(package)
objects["object_seen_by"] = "pyecotaxa"
write_tsv(objects, package / table)

ours = requests.get(f"{address}jobs/", headers=remote.auth_headers, timeout=60).json()
print(
    json.dumps(
        {
            "jobs": [job["id"] for job in ours if job["type"].startswith("Export")],
            "email": remote.current_user()["email"],
            "archive": Path(path).name,
            "categories": objects["object_annotation_category"].value_counts().to_dict(),
        }
    )
)
