"""How HTTP asks for images and for a person's files."""

from fastapi import APIRouter

from calanus.files.routes import images, mine, resumable

router = APIRouter()
for part in (images, resumable, mine):
    router.include_router(part.router)
