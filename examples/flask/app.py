"""Flask under Weir: flask run"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from weir import Limiter
from weir.wsgi import RateLimitMiddleware, flask_route

app = Flask(__name__)
app.wsgi_app = RateLimitMiddleware(  # type: ignore[method-assign]
    app.wsgi_app, Limiter(Path(__file__).with_name("weir.yaml")), route=flask_route(app)
)


@app.get("/quotes/<pair>")
def quote(pair: str) -> dict[str, str]:
    return {pair: "1.0842"}
