"""How HTTP asks for taxa: the tree, and what concerns servers outside."""

from fastapi import APIRouter

from calanus.taxonomy.routes import outside, tree

router = APIRouter(tags=["Taxonomy Tree"])
router.include_router(outside.router)  # before the tree: /taxon/central is no taxon
router.include_router(tree.router)
