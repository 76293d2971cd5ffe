# %% [markdown]
# # The whole loop
#
# From a package of images to a table, in Python. You need the address of a Calanus, a token (or
# your e-mail address and password) in the environment, and a package: here `week.zip`, the drawn
# plankton of the demo. Take your own.

# %%
from calanus.client import Calanus

calanus = Calanus()  # CALANUS_URL and CALANUS_TOKEN say which and who
calanus

# %% [markdown]
# ## Bring in
#
# The upload goes on where it stopped if the line breaks. *dry_run* checks everything and writes
# nothing.

# %%
project = calanus.create_project("The loop, from a notebook", instrument="zooscan")
check = project.import_package("week.zip", dry_run=True)
print(check.result["outcome"]["levels"]["object"])

# %%
project.import_package("week.zip")
print(project.counts().head(8))

# %% [markdown]
# ## Learn
#
# The classifier learns from validated objects and suggests a taxon for those that nobody decided.
# `deep=True` also learns from the images themselves: slower, and better on real images.

# %%
taught = project.learning_set()
print(taught["objects"], "objects teach", len(taught["taxa"]), "taxa")

project.predict()
print(project.objects(state="predicted").frame("name", "taxon", "score", order="-score", first=5))

# %% [markdown]
# ## Look
#
# Small images come many at a time. A sheet of the least sure ones shows where a person is needed.

# %%
from PIL import Image

unsure = project.objects(state="predicted")
sheet = Image.new("L", (8 * 100, 3 * 100), 255)
for n, (_, picture) in enumerate(unsure.images(size=96, order="score", first=24)):
    sheet.paste(picture.convert("L"), (n % 8 * 100, n // 8 * 100))
sheet

# %% [markdown]
# ## Decide
#
# One act on many objects, kept with its author, and taken back as one.

# %%
batch = unsure.where(score=(0.9, None)).validate()
print(batch)

mistake = project.objects(taxon="detritus").classify("Copepoda")
mistake.undo()
print(project.history(limit=3))

# %% [markdown]
# ## Write out
#
# A frame to go on with, a file for R or DuckDB, a backup that makes the same project again.

# %%
frame = project.objects(state="validated").frame("taxon", "area")
print(frame.group_by("taxon").mean().sort("area"))

project.objects().save("week.parquet", "*")
project.export("week_backup.zip", kind="backup")
