from fastapi import FastAPI, Request
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.util import get_ipaddr

app = FastAPI()
app.state.limiter = limiter = Limiter(key_func=get_ipaddr)
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)


@app.get("/api/quote")
@limiter.limit("6 per 6 seconds")
async def quote(request: Request):
    return {"pair": "EURUSD", "bid": "1.0841"}
