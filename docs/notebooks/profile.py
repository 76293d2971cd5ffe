# %% [markdown]
# # Who swims up at night?
#
# Many copepods feed near the surface by night and hide below it by day. Does the cruise of the
# demo show it? We count individuals per m³ in two layers, by day and by night, from an export; the
# fraction of the sample that was looked at, and the water that the net filtered, are taken into
# account by the server.

# %%
import polars as pl

from calanus.client import Calanus

calanus = Calanus()  # CALANUS_URL and CALANUS_TOKEN say which and who
project = calanus.create_project("Day and night", instrument="zooscan")
project.import_package("week.zip")

# %% [markdown]
# ## Decide first
#
# A profile of what is validated alone would depend on who had time for which sample. So all
# objects get a taxon: predicted, and here taken as they are. On real images a person looks,
# beginning with the least sure.

# %%
project.predict()
project.objects(state="predicted").validate()

# %% [markdown]
# ## Concentrations
#
# The formulae are those that the page of exports proposes; they may be kept in the project
# instead. `sub_part` is a part of the sample in this table (4 means a quarter), `tot_vol` is in
# m³.

# %%
summary = project.summary(
    "concentration",
    by="sample",
    formulae={"subsample_coef": "1/ssm.sub_part", "total_water_volume": "sam.tot_vol"},
)
print(summary.sort("concentration", descending=True).head(5))

# %% [markdown]
# ## Groups
#
# A copepod is whatever is below *Copepoda* in the tree.

# %%
copepoda = calanus.taxa["Copepoda"]
names = [name for name in summary["taxon"].unique() if copepoda in calanus.taxa.lineage(name)]
tows = project.samples().select("name", "daynight", pl.col("zmin", "zmax").cast(pl.Int32))

profile = (
    summary.filter(pl.col("taxon").is_in(names))
    .group_by("sample")
    .agg(pl.col("concentration").sum())
    .join(tows, left_on="sample", right_on="name")
    .group_by("daynight", "zmin", "zmax")
    .agg(pl.col("concentration").mean())
    .sort("daynight", "zmin")
)
print(profile)

# %% [markdown]
# ## The profile
#
# Text draws well enough, and needs no other package.

# %%
for light, layer in profile.group_by("daynight", maintain_order=True):
    print(light[0])
    for row in layer.iter_rows(named=True):
        dense = row["concentration"]
        print(f"  {row['zmin']:3d}–{row['zmax']:3d} m  {dense:6.2f}  {'█' * round(dense)}")

# %% [markdown]
# The share that is in the upper layer is the answer. Twelve tows are not many: with your own
# cruise, ask for each station by itself before you believe it.

# %%
dense = pl.col("concentration")
upper = dense.filter(pl.col("zmin") == 0).sum() / dense.sum()
share = profile.group_by("daynight").agg(upper.alias("upper")).sort("daynight")
print(share)
