"""A web service around a language model, spoken to as to OpenAI's chat completions."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response

from helpers.serving.engine import Engine
from helpers.serving.limits import Keys, Limits, RefusedError
from helpers.serving.monitor import Watch
from helpers.serving.web.completions import add_chat
from helpers.serving.web.gate import Gate
from helpers.serving.web.service import Service

PATHS = {
    "/v1/chat/completions",
    "/v1/models",
    "/health",
    "/ready",
    "/metrics",
    "/admin/rollback",
}


def create_app(
    engine: Engine,
    limits: Limits | None = None,
    keys: Iterable[str] | None = None,
    admin_key: str | None = None,
    previous: Callable[[], Engine] | None = None,
) -> FastAPI:
    """Make the application.

    Args:
        engine: The model.
        limits: Of requests; `Limits()` if None.
        keys: The API keys, or None for everyone: then serve on loopback only.
        admin_key: Opens `/admin/rollback`; None shuts it.
        previous: Loads the model before this one.
    """
    service = Service(engine, limits or Limits())

    @asynccontextmanager
    async def lifespan(app):
        service.start()
        yield
        await service.stop()

    # No pages with documentation: they load scripts from elsewhere.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.service = service

    @app.exception_handler(RefusedError)
    async def refuse(request, error):
        request.scope["notes"]["refused"] = error.code
        return error.response()

    add_chat(app, service, Keys(keys, service.limits))
    add_watching(app, service)
    add_rollback(app, service, admin_key, previous)
    app.add_middleware(Gate, limits=service.limits)
    app.add_middleware(Watch, metrics=service.metrics, paths=PATHS)  # outermost
    return app


def add_watching(app: FastAPI, service: Service) -> None:
    """Add what a supervisor asks: is it alive, does it take requests, how busy is it?

    Args:
        app: The application.
        service: What it serves.
    """

    @app.get("/health")
    async def health():
        return {"status": "alive"}

    @app.get("/ready")
    async def ready():
        if not service.ready:
            raise RefusedError(503, "not_ready", "the server starts or shuts down", 1)
        return {"status": "ready", "model": service.batcher.engine.name}

    @app.get("/metrics")
    async def metrics():
        return Response(service.metrics.page(), media_type="text/plain; version=0.0.4")

    @app.get("/v1/models")
    async def models():
        name = service.batcher.engine.name
        return {"object": "list", "data": [{"id": name, "object": "model"}]}


def add_rollback(
    app: FastAPI,
    service: Service,
    admin_key: str | None,
    previous: Callable[[], Engine] | None,
) -> None:
    """Add the way back to the model before this one.

    Args:
        app: The application.
        service: What it serves.
        admin_key: Opens it; None shuts it.
        previous: Loads the model before; ValueError if there is none.
    """

    @app.post("/admin/rollback")
    async def rollback(request: Request):
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if admin_key is None or previous is None:
            raise RefusedError(404, "not_found", "this server has no way back")
        if not hmac.compare_digest(given.encode(), admin_key.encode()):
            raise RefusedError(401, "bad_key", "the admin key is missing or wrong")
        try:
            engine = await asyncio.to_thread(previous)  # others are answered meanwhile
        except ValueError as error:
            raise RefusedError(
                409, "no_previous", "no model can be gone back to"
            ) from error
        await service.switch(engine)
        return {"status": "rolled back", "model": engine.name}
