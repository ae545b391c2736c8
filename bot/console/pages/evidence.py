"""Evidence: the files that show why something may be said. Always a download, never shown as a page of ours."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.responses import Response

from bot.console.errors import NotFound
from bot.console.visit import Visit, needs
from bot.errors import NotAllowed

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_phrases"))]


@router.get("/evidence/{sha256}")
async def evidence(sha256: str, visit: See) -> Response:
    """One file, whole and as it was brought."""
    try:
        file, data = await visit.house.ports.shelf.evidence(sha256)
    except NotAllowed:
        raise NotFound("error.missing") from None
    name = quote(file.name.encode("utf-8", "replace"))
    return Response(
        data, media_type=file.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )  # fmt: skip
