"""How HTTP asks for predictions. Paths, names and shapes are EcoTaxa's, where it has them."""

from fastapi import APIRouter
from pydantic import BaseModel

from calanus.features.extractors import EXTRACTORS

router = APIRouter()


class MLModel(BaseModel):
    name: str


@router.get("/ml_models", operation_id="query_ml_models", tags=["misc"])
def query_ml_models() -> list[MLModel]:
    """The deep-feature models a project may choose."""
    return [MLModel(name=name) for name in EXTRACTORS]
