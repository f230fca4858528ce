"""FastAPI under Weir: uvicorn --no-proxy-headers main:app"""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import FastAPI

from weir import Limiter
from weir.asgi import RateLimitMiddleware, starlette_route

app = FastAPI()
app.add_middleware(
    RateLimitMiddleware,
    limiter=Limiter(Path(__file__).with_name("weir.yaml")),
    route=starlette_route,
)


@app.get("/quotes/{pair}")
async def quote(pair: str) -> dict[str, str]:
    return {pair: "1.0842"}


@app.get("/reports")
async def report() -> dict[str, str]:
    """Expensive: one at a time."""
    await asyncio.sleep(0.05)
    return {"report": "done"}
